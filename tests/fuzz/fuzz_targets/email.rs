//! Texts for `email`, through the core and through the endpoint under both policies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use userbook::field::EmailAddress;
use userbook_fuzz::Fixture;

fuzz_target!(|text: &str| {
    let parsed = EmailAddress::parse(text);
    if let Ok(email) = &parsed {
        let kept = email.as_str();
        assert!(
            text.contains(kept) && kept.chars().count() <= EmailAddress::MAX_LENGTH && !kept.contains('\0')
        );
        assert_eq!(EmailAddress::parse(kept).as_ref(), Ok(email), "not stable");
        assert!(
            kept.is_empty()
                || kept.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
        );
        assert!(!kept.contains(['\r', '\n']), "a line break would allow header injection");
    }
    for hardened in [true, false] {
        let fixture = Fixture::new(hardened);
        let answer =
            fixture.send_as("root", "PATCH", 2, "application/json", json!({ "email": text }).to_string());
        let expected = parsed.as_ref().ok().filter(|email| !hardened || email.is_rfc());
        match expected {
            Some(email) => {
                assert_eq!(answer.status, 200, "{answer:?}");
                assert_eq!(fixture.row(2).email, email.as_str());
            }
            None => {
                assert_eq!(answer.status, 400, "{answer:?}");
                assert!(answer.json()["email"].is_array(), "{answer:?}");
                assert_eq!((fixture.row(2).email.as_str(), fixture.events().len()), ("ann@example.com", 0));
            }
        }
    }
});
