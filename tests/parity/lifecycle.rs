//! Requests that create and delete users and groups, and what belongs to them: service accounts, passwords, references.

use userbook::authz::Permission;
use userbook_tests::corpus::Case;

use crate::{
    request::Sent,
    variants::{case, check_as, sent},
};

const JSON: (&str, &[u8]) = ("content-type", b"application/json");
const DRY_RUN: &str = "?dry_run=true";

/// Returns a case whose actor has every permission.
fn administrator() -> Case {
    let mut case = case();
    case.recorded.actor.permissions = Permission::ALL.iter().map(|it| it.as_str().to_owned()).collect();
    case
}

fn send(case: &Case, method: &str, target: &str, body: &str) -> Sent {
    sent(case, method, format!("/api/v3/core/{target}").as_bytes(), &[JSON], body.as_bytes())
}

fn group(case: &Case) -> String {
    format!("groups/{}/", case.given.groups[0].pk)
}

#[test]
fn users_are_created_and_deleted() {
    check_as(&administrator(), &[200, 201, 204, 400, 404, 405, 415], |case| {
        let bodies = [
            r#"{"username": "new", "name": "New", "groups": [], "attributes": {"a": [1, 1.0, null]}}"#,
            r#"{"username": "new", "name": "", "type": "service_account", "last_login": "2024-01-01T00:00Z"}"#,
            r#"{"username": "", "email": "nowhere", "is_active": "perhaps", "groups": ["x"], "type": 1}"#,
            "{}",
            "[]",
            "{",
            "",
        ];
        let mut requests: Vec<Sent> = bodies.iter().map(|body| send(case, "POST", "users/", body)).collect();
        requests.push(send(case, "POST", &format!("users/{DRY_RUN}"), bodies[0]));
        requests.push(sent(case, "POST", b"/api/v3/core/users/", &[("content-type", b"text/plain")], b"x"));
        for target in ["U", "U?dry_run=true", "U?allow_self_lockout=true", "/api/v3/core/users/999999/"] {
            requests.push(sent(case, "DELETE", target.as_bytes(), &[], b"ignored"));
        }
        requests.push(send(case, "DELETE", "users/", ""));
        requests
    });
}

#[test]
fn groups_are_created_changed_and_deleted() {
    check_as(&administrator(), &[200, 201, 204, 400, 404, 412], |case| {
        let one = group(case);
        let bodies = [
            r#"{"name": "new", "users": [], "attributes": {"a": 1}, "parent": null}"#,
            r#"{"name": "new", "is_superuser": false, "parent": "", "roles": []}"#,
            r#"{"name": "", "parent": "x", "users": ["y", 1.5], "attributes": [], "roles": ["z"]}"#,
            "{}",
            "{",
        ];
        let mut requests = Vec::new();
        for (method, target) in [("POST", "groups/"), ("PUT", &one), ("PATCH", &one)] {
            for query in ["", DRY_RUN, "?include_users=false"] {
                requests.extend(bodies.map(|body| send(case, method, &format!("{target}{query}"), body)));
            }
        }
        requests.push(send(case, "DELETE", &one, ""));
        requests.push(send(case, "DELETE", &format!("{one}{DRY_RUN}"), ""));
        requests.push(send(case, "DELETE", "groups/00000000-0000-4000-8000-00000000dead/", ""));
        let target = format!("/api/v3/core/{one}");
        let stale: &[(&str, &[u8])] = &[("if-match", b"\"stale\"")];
        requests.push(sent(case, "DELETE", target.as_bytes(), stale, b""));
        requests
    });
}

#[test]
fn service_accounts_passwords_and_references() {
    check_as(&administrator(), &[200, 400, 404, 405], |case| {
        let mut requests = vec![
            send(case, "POST", "users/service_account/", r#"{"name": "robot", "create_group": true}"#),
            send(case, "POST", "users/service_account/", r#"{"name": ""}"#),
            send(case, "POST", "users/service_account/?dry_run=true", r#"{"name": "robot"}"#),
            send(case, "GET", "users/service_account/", ""),
            send(case, "GET", &format!("{}used_by/", group(case)), ""),
            send(case, "GET", "groups/00000000-0000-4000-8000-00000000dead/used_by/", ""),
        ];
        let below = |method: &str, action: &str, body: &str| {
            sent(case, method, format!("U{action}/").as_bytes(), &[JSON], body.as_bytes())
        };
        requests.extend([
            below("GET", "used_by", ""),
            below("POST", "set_password", r#"{"password": "x"}"#),
            below("POST", "set_password", "{}"),
            below("POST", "recovery", ""),
            below("POST", "recovery_email", ""),
            below("DELETE", "set_password", ""),
        ]);
        requests
    });
}
