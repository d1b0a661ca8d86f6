//! The example with rules of the host, over HTTP.

use serde_json::{Value, json};

use crate::process::Listening;

const HEAD: (&str, &str) = ("cookie", "session=head");
const ADA: &str = "/api/v3/core/users/2/";
const BOB: &str = "/api/v3/core/users/3/";

fn send(app: &Listening, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let answer = app.send(method, path, HEAD, Some(body));
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

#[test]
fn host_rules_see_actor_target_and_new_values() {
    let app = Listening::start("host_rules", &[]);
    let elsewhere = json!({
        "detail": "Move people only within your own part of the tree.",
        "code": "denied_by_rule",
        "params": {"rule": "own_subtree"},
    });
    let patch = |path: &str, body: Value| send(&app, "PATCH", path, &body);

    assert_eq!(patch(ADA, json!({"path": "staff/eu/paris"})).0, 200);
    for path in ["staff/europe", "staff", "users"] {
        assert_eq!(patch(ADA, json!({"path": path})), (403, elsewhere.clone()), "to {path}");
        let dry = send(&app, "PATCH", &format!("{ADA}?dry_run=true"), &json!({"path": path}));
        assert_eq!(dry, (403, elsewhere.clone()), "a dry run to {path}");
    }
    assert_eq!(patch(BOB, json!({"path": "staff/eu"})), (403, elsewhere.clone()));
    assert_eq!(patch(BOB, json!({"name": "Bob"})).0, 200, "the rule is about paths only");

    assert_eq!(patch(ADA, json!({"is_active": false})).0, 200);
    let (status, answer) = patch(ADA, json!({"is_active": true}));
    assert_eq!((status, &answer["params"]["rule"]), (403, &json!("no_activation")));

    let taken = json!({"email": ["A customer has this address."]});
    assert_eq!(patch(ADA, json!({"email": "customer@example.com"})), (400, taken.clone()));
    assert_eq!(patch(ADA, json!({"email": "ada@example.com"})).0, 200);
    let create = |path: &str, email: &str| {
        let body = json!({"username": "new", "name": "New", "path": path, "email": email});
        send(&app, "POST", "/api/v3/core/users/", &body)
    };
    assert_eq!(create("staff/eu", "customer@example.com"), (400, taken));
    assert_eq!(create("users", "new@example.com"), (403, elsewhere));
    assert_eq!(create("staff/eu", "new@example.com").0, 201);
}
