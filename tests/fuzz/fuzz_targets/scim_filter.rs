//! Filters of SCIM. The first byte chooses the strictness.
#![no_main]

use libfuzzer_sys::fuzz_target;
use userbook_fuzz::scim::{MANAGED, Provider};
use userbook_scim::Strictness;

fuzz_target!(|text: &str| {
    let Some(first) = text.chars().next() else { return };
    let filter = &text[first.len_utf8()..];
    let strictness = if first == 's' { Strictness::strict() } else { Strictness::lenient() };
    let provider = Provider::new(strictness);
    let Some(found) = provider.count(filter) else { return };
    let all = u64::try_from(MANAGED.len()).expect("few users");
    // A filter and its negation find every user once. The added parts can exceed a limit.
    if let Some(others) = provider.count(&format!("not ({filter})")) {
        assert_eq!(found + others, all, "{filter}");
    }
    // The result does not depend on whether an index serves the search.
    if let Some(scanned) = provider.count(&format!("({filter}) or userType eq \"no such type\"")) {
        assert_eq!(found, scanned, "{filter}");
    }
    if let Some(narrowed) = provider.count(&format!("id pr and ({filter})")) {
        assert_eq!(found, narrowed, "{filter}");
    }
    assert!(provider.events().is_empty(), "a search writes nothing");
});
