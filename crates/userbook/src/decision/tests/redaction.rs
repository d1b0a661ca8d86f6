//! Events contain no secrets.

use serde_json::{Value, json};

use super::fixture::Fixture;
use crate::{event::FieldDiff, update::UserUpdate};

fn attributes(diff: &crate::event::Diff) -> (Value, Value) {
    match diff.get("attributes") {
        Some(FieldDiff::Value { old, new }) => ((**old).clone(), (**new).clone()),
        other => panic!("no attributes but {other:?}"),
    }
}

#[test]
fn values_under_secret_paths_are_replaced() {
    let secret = json!("[redacted]");
    for (path, old, new, changed, recorded) in [
        (
            vec!["pin"],
            json!({"pin": 1, "c": 1}),
            json!({"pin": 2, "b": 1, "c": 1}),
            (json!({"pin": 1}), json!({"pin": 2, "b": 1})),
            (json!({"pin": secret}), json!({"pin": secret, "b": 1})),
        ),
        (
            vec!["pin"],
            json!({}),
            json!({"pin": {"deep": [1]}}),
            (json!({}), json!({"pin": {"deep": [1]}})),
            (json!({}), json!({"pin": secret})),
        ),
        (
            vec!["totp", "seed"],
            json!({"totp": {"seed": "a", "name": "phone"}, "seed": 1}),
            json!({"totp": {"name": "phone"}, "seed": 2}),
            (json!({"totp": {"seed": "a"}, "seed": 1}), json!({"totp": {}, "seed": 2})),
            (json!({"totp": {"seed": secret}, "seed": 1}), json!({"totp": {}, "seed": 2})),
        ),
        // A path that ends at a value without members cannot be followed further.
        (
            vec!["totp", "seed"],
            json!({"totp": [{"seed": 1}]}),
            json!({"totp": "s"}),
            (json!({"totp": [{"seed": 1}]}), json!({"totp": "s"})),
            (json!({"totp": secret}), json!({"totp": secret})),
        ),
        (
            vec!["pin"],
            json!([{"pin": 1}]),
            json!({"pin": 2}),
            (json!([{"pin": 1}]), json!({"pin": 2})),
            (secret.clone(), json!({"pin": secret})),
        ),
        (
            vec![],
            json!({"a": 1}),
            json!({"b": 1}),
            (json!({"a": 1}), json!({"b": 1})),
            (secret.clone(), secret.clone()),
        ),
        (
            vec!["elsewhere"],
            json!({"a": 1, "c": [1]}),
            json!({"a": 2, "c": [1]}),
            (json!({"a": 1}), json!({"a": 2})),
            (json!({"a": 1}), json!({"a": 2})),
        ),
    ] {
        let stored = old.clone();
        let fixture = Fixture::new(UserUpdate::patch().attributes(new.clone()))
            .user(|user| user.attributes = stored.into())
            .policy(|policy| policy.with_secret_attribute(path.iter().copied()));
        let commit = fixture.commit();
        assert_eq!(attributes(&commit.change.event.diff), recorded);
        assert_eq!(attributes(&commit.diff), changed, "the caller's own diff is not redacted");
        let written = commit.change.fields.attributes.unwrap();
        assert_eq!(Value::from(written), new, "the whole value is written");
    }
}
