//! Merge patches on attributes: two JSON texts on separate lines, first the stored value, then the patch.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use userbook::field::Attributes;
use userbook_fuzz::{Fixture, fixture::json_of};

const MERGE: &str = "application/merge-patch+json";

fuzz_target!(|input: &[u8]| {
    let Some(at) = input.iter().position(|byte| *byte == b'\n') else { return };
    let (stored, patch) = (json_of(&input[..at]), json_of(&input[at + 1..]));
    let (Ok(stored @ Value::Object(_)), Ok(patch)) = (stored, patch) else { return };
    let fixture = Fixture::new(true);
    let put = json!({ "attributes": stored }).to_string();
    if fixture.send_as("root", "PATCH", 2, "application/json", put).status != 200 {
        return;
    }
    // A double may be printed differently with the same value.
    let stored = fixture.row(2).attributes.into_value();
    let events = fixture.events().len();
    let answer = fixture.send_as("root", "PATCH", 2, MERGE, json!({ "attributes": patch }).to_string());
    let after = fixture.row(2).attributes.into_value();
    if answer.status == 200 {
        let expected = merged(stored.clone(), &patch);
        assert!(patch.is_object(), "{answer:?}");
        // Numbers with equal values are equal: a different spelling is not written.
        assert!(
            after == expected || (after == stored && fixture.events().len() == events),
            "{after} not {expected}"
        );
        assert!(Attributes::try_from(after.clone()).is_ok());
        assert_eq!(answer.json()["attributes"], after);
        // A repeated patch changes nothing: RFC 7396 is idempotent.
        let events = fixture.events().len();
        assert_eq!(
            fixture.send_as("root", "PATCH", 2, MERGE, json!({ "attributes": patch }).to_string()).status,
            200
        );
        assert_eq!((fixture.row(2).attributes.into_value(), fixture.events().len()), (after, events));
    } else {
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!((after, fixture.events().len()), (stored, events));
    }
});

/// A literal implementation of RFC 7396 §2.
fn merged(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Value::Object(target) => target,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let old = target.remove(name).unwrap_or(Value::Null);
            target.insert(name.clone(), merged(old, value));
        }
    }
    Value::Object(target)
}
