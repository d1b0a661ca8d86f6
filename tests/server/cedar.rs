//! Policy files instead of stored permissions.

use serde_json::{Value, json};
use userbook_tests::binary::{Answer, Server, send};

use crate::support::{Folder, request, seed};

/// The key of user 101's token.
const OWN_KEY: &str = "a-key-of-one's-own";

/// Returns the path of an example policy of `userbook-cedar`.
fn example(name: &str) -> String {
    format!("{}/../crates/userbook-cedar/policies/{name}.cedar", env!("CARGO_MANIFEST_DIR"))
}

fn seed_with_own_token() -> Value {
    let mut seed = seed(2);
    let token = json!({"key": OWN_KEY, "intent": "api", "expiring": false, "expires": null, "user_pk": 101});
    seed["tokens"].as_array_mut().unwrap().push(token);
    // The policies count, not the granted permissions.
    let granted = json!({"user_pk": 101, "permission": "authentik_core.view_user"});
    seed["permissions"].as_array_mut().unwrap().push(granted);
    seed
}

/// Sends JSON to a user's URL as user 101.
fn own_request(server: &Server, method: &str, target: &str, body: &Value) -> (u16, Value) {
    let bearer = format!("Bearer {OWN_KEY}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let target = format!("/api/v3/core/users/{target}");
    let Answer { status, body, .. } =
        send(server.address, method, &target, &headers, Some(body.to_string().as_bytes())).unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[test]
fn policies_decide_access() {
    let folder = Folder::new();
    let path = folder.seed(&seed_with_own_token());
    let policies = example("self_service");
    let server = Server::start(&["--database", &folder.database(), "--seed", &path, "--cedar", &policies]);

    let new = json!({"name": "Own Name", "email": "own@example.com", "attributes": {"theme": "dark"}});
    let (status, shown) = own_request(&server, "PATCH", "101/", &new);
    assert_eq!((status, &shown["name"], &shown["attributes"]), (200, &new["name"], &new["attributes"]));

    let (status, denial) = own_request(&server, "PATCH", "101/", &json!({"username": "root", "name": "x"}));
    assert_eq!((status, &denial["code"]), (403, &json!("permission_denied")));
    assert_eq!(denial["fields"], json!({"username": "Ask the help desk to change this."}));

    // Other users and missing users get the same response.
    for target in ["102/", "999/"] {
        for method in ["GET", "PATCH"] {
            let answer = own_request(&server, method, target, &json!({}));
            assert_eq!(answer, (404, json!({"detail": "Not found."})), "{method} {target}");
        }
    }
    // Administrators keep their access.
    let answer = request(&server, "PATCH", "101/", &json!({"username": "renamed"}));
    assert_eq!(answer.status, 200, "{answer:?}");
    let (_, shown) = own_request(&server, "GET", "101/", &json!(null));
    assert_eq!((&shown["username"], &shown["name"]), (&json!("renamed"), &json!("Own Name")));

    // The same database with its own permissions: the caller may view all users and change none.
    server.kill();
    let server = Server::start(&["--database", &folder.database()]);
    assert_eq!(own_request(&server, "GET", "102/", &json!(null)).0, 200);
    assert_eq!(own_request(&server, "PATCH", "101/", &json!({"name": "x"})).0, 403);
}

#[test]
fn invalid_policies_prevent_the_start() {
    let folder = Folder::new();
    let path = folder.path("mine.cedar").display().to_string();
    let database = folder.database();
    for (text, expected) in [
        ("permit (principal, action, resource)", "mine.cedar: 1:37: unexpected end of input"),
        (
            "// Superusers\npermit (principal is User, action, resource)\nwhen { principal.superusr };",
            "mine.cedar: 3:8: attribute `superusr`",
        ),
        ("permit (principal, action == Action::\"fly\", resource);", "mine.cedar: 1:30: unrecognized action"),
    ] {
        std::fs::write(&path, text).unwrap();
        let denial = Server::try_start(&["--database", &database, "--cedar", &path]).unwrap_err();
        assert!(denial.contains(expected), "{text}: {denial}");
        assert!(!folder.path("users.db").exists(), "{text}: no database is made for it");
    }
    let missing = Server::try_start(&["--database", &database, "--cedar", "nowhere.cedar"]).unwrap_err();
    assert!(missing.contains("policy file nowhere.cedar: No such file"), "{missing}");
}
