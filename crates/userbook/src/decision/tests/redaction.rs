//! Secrets do not reach the event.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::{FieldDiff, UserUpdate};

fn attributes(diff: &crate::Diff) -> (Value, Value) {
    match diff.get("attributes") {
        Some(FieldDiff::Value { old, new }) => ((**old).clone(), (**new).clone()),
        other => panic!("no attributes but {other:?}"),
    }
}

#[test]
fn values_under_secret_paths_are_replaced() {
    let secret = json!("[redacted]");
    for (path, old, new, old_told, new_told) in [
        (
            vec!["pin"],
            json!({"pin": 1}),
            json!({"pin": 2, "b": 1}),
            json!({"pin": secret}),
            json!({"pin": secret, "b": 1}),
        ),
        (vec!["pin"], json!({}), json!({"pin": {"deep": [1]}}), json!({}), json!({"pin": secret})),
        (
            vec!["totp", "seed"],
            json!({"totp": {"seed": "a", "name": "phone"}, "seed": 1}),
            json!({"totp": {"name": "phone"}, "seed": 2}),
            json!({"totp": {"seed": secret, "name": "phone"}, "seed": 1}),
            json!({"totp": {"name": "phone"}, "seed": 2}),
        ),
        // A path that runs into something without members cannot be told apart any further.
        (
            vec!["totp", "seed"],
            json!({"totp": [{"seed": 1}]}),
            json!({"totp": "s"}),
            json!({"totp": secret}),
            json!({"totp": secret}),
        ),
        (vec!["pin"], json!([{"pin": 1}]), json!({"pin": 2}), secret.clone(), json!({"pin": secret})),
        (vec![], json!({"a": 1}), json!({"b": 1}), secret.clone(), secret.clone()),
        (vec!["elsewhere"], json!({"a": 1}), json!({"a": 2}), json!({"a": 1}), json!({"a": 2})),
    ] {
        let stored = old.clone();
        let scene = Scene::new(UserUpdate::patch().attributes(new.clone()))
            .user(|user| user.attributes = stored.into())
            .policy(|policy| policy.with_secret_attribute(path.iter().copied()));
        let commit = scene.commit();
        assert_eq!(attributes(&commit.change.event.diff), (old_told, new_told));
        assert_eq!(attributes(&commit.diff), (old, new), "the caller's own diff is whole");
        let written = commit.change.fields.attributes.unwrap();
        assert_eq!(Value::from(written), attributes(&commit.diff).1, "and so is what is written");
    }
}
