//! Merge patches on attributes: two JSON texts with a line between them, first what is stored, then the patch.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use userbook::field::Attributes;
use userbook_fuzz::{Scene, scene::json_of};

const MERGE: &str = "application/merge-patch+json";

fuzz_target!(|input: &[u8]| {
    let Some(at) = input.iter().position(|byte| *byte == b'\n') else { return };
    let (stored, patch) = (json_of(&input[..at]), json_of(&input[at + 1..]));
    let (Ok(stored @ Value::Object(_)), Ok(patch)) = (stored, patch) else { return };
    let scene = Scene::new(true);
    let put = json!({ "attributes": stored }).to_string();
    if scene.ask("root", "PATCH", 2, "application/json", put).status != 200 {
        return;
    }
    // A double may come back as another text of the same value.
    let stored = scene.row(2).attributes.into_value();
    let events = scene.events().len();
    let answer = scene.ask("root", "PATCH", 2, MERGE, json!({ "attributes": patch }).to_string());
    let after = scene.row(2).attributes.into_value();
    if answer.status == 200 {
        let expected = merged(stored.clone(), &patch);
        assert!(patch.is_object(), "{answer:?}");
        // Numbers of one value are one: what differs only in their spelling is not written.
        assert!(after == expected || (after == stored && scene.events().len() == events), "{after} not {expected}");
        assert!(Attributes::try_from(after.clone()).is_ok());
        assert_eq!(answer.json()["attributes"], after);
        // The same again changes nothing: RFC 7396 is idempotent.
        let events = scene.events().len();
        assert_eq!(scene.ask("root", "PATCH", 2, MERGE, json!({ "attributes": patch }).to_string()).status, 200);
        assert_eq!((scene.row(2).attributes.into_value(), scene.events().len()), (after, events));
    } else {
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!((after, scene.events().len()), (stored, events));
    }
});

/// RFC 7396 §2, word for word.
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
