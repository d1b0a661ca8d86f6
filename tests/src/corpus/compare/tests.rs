//! Planted mismatches and harmless differences.

use serde_json::{Value, json};

use super::*;

/// A case about user 1; an accepted request renames this user.
#[expect(clippy::needless_pass_by_value, reason = "every caller makes the body on the spot")]
fn case(expect: &str, status: u16, body: Value) -> Case {
    let user = |name: &str| {
        json!({
            "pk": 1, "uuid": "00000000-0000-0000-0000-000000000001", "username": "ann", "name": name,
            "email": "", "is_active": true, "last_login": null, "path": "users", "type": "internal",
            "attributes": {}, "groups": [], "password_change_date": "2024-01-01T00:00:00Z",
        })
    };
    let after = if status < 300 { user("New") } else { user("Old") };
    let recorded = json!({
        "id": "x", "expect": expect, "after": {"user": after},
        "actor": {"user_pk": null, "permissions": [], "object_permissions": [], "token": null},
        "request": {"method": "PUT", "path": "/", "headers": {}},
        "response": {"status": status, "headers": {"allow": "GET, PUT, DELETE"}, "body": body},
    });
    let given = json!({"install_id": "", "groups": [], "users": [user("Old")]});
    Case {
        recorded: serde_json::from_value(recorded).unwrap(),
        given: serde_json::from_value(given).map(std::sync::Arc::new).unwrap(),
        state: String::new(),
    }
}

fn found(case: &Case, status: u16, body: &str, name: &str) -> Vec<String> {
    let mut user = case.given.users[0].row();
    name.clone_into(&mut user.name);
    let allow = Some("PUT, GET".to_owned());
    faults(case, &Observed { status, allow, body: body.into(), row: Some(row(&user)) })
}

#[test]
fn exact_responses_must_match() {
    let ok = case("exact", 200, json!({"a": 1, "groups": ["x", "y"], "list": [1, 2]}));
    let same = r#"{"list": [1.0, 2], "groups": ["y", "x"], "a": 1e0}"#;
    assert_eq!(found(&ok, 200, same, "New"), Vec::<String>::new());
    for (status, body, name) in [
        (201, same, "New"),
        (200, same, "Old"),
        (200, r#"{"a": 1, "groups": ["x", "y"], "list": [2, 1]}"#, "New"),
        (200, r#"{"a": 1, "groups": ["x", "y", "y"], "list": [1, 2]}"#, "New"),
        (200, r#"{"a": 1, "groups": ["x", "y"], "list": [1, 2], "more": null}"#, "New"),
        (200, r#"{"groups": ["x", "y"], "list": [1, 2]}"#, "New"),
        (200, r#"{"a": "1", "groups": ["x", "y"], "list": [1, 2]}"#, "New"),
        (200, "", "New"),
        (200, "{", "New"),
    ] {
        assert_ne!(found(&ok, status, body, name), Vec::<String>::new(), "{status} {body} {name}");
    }
}

#[test]
fn allow_header_is_compared_on_405_without_delete() {
    let mut refused = case("exact", 405, json!({}));
    assert_eq!(found(&refused, 405, "{}", "Old"), Vec::<String>::new());
    refused.recorded.response.headers.insert("allow".to_owned(), "GET, PUT, PATCH".to_owned());
    assert_ne!(found(&refused, 405, "{}", "Old"), Vec::<String>::new());
}

#[test]
fn parse_errors_match_by_kind() {
    let broken = case("parse_error", 400, json!({"detail": "JSON parse error - x"}));
    assert_eq!(found(&broken, 400, r#"{"detail": "JSON parse error: y"}"#, "Old"), Vec::<String>::new());
    for (status, body, name) in [
        (422, r#"{"detail": "JSON parse error"}"#, "Old"),
        (400, r#"{"detail": "no"}"#, "Old"),
        (400, r#"{"detail": "JSON parse error"}"#, "New"),
        (400, "", "Old"),
    ] {
        assert_ne!(found(&broken, status, body, name), Vec::<String>::new(), "{status} {body} {name}");
    }
}

#[test]
fn messages_may_differ_but_fields_must_match() {
    let refused = case("message", 400, json!({"type": ["a"]}));
    assert_eq!(found(&refused, 400, r#"{"type": ["b"]}"#, "Old"), Vec::<String>::new());
    for (status, body, name) in [
        (403, r#"{"type": ["a"]}"#, "Old"),
        (400, r#"{"groups": ["a"]}"#, "Old"),
        (400, r#"{"type": ["a"], "groups": ["a"]}"#, "Old"),
        (400, r#"{"type": ["a"]}"#, "New"),
        (400, r#"["type"]"#, "Old"),
    ] {
        assert_ne!(found(&refused, status, body, name), Vec::<String>::new(), "{status} {body} {name}");
    }
}

#[test]
fn quirks_are_rejected_or_applied_completely() {
    let quirk = case("quirk", 200, json!({"a": 1}));
    assert_eq!(found(&quirk, 200, r#"{"a": 1}"#, "New"), Vec::<String>::new());
    assert_eq!(found(&quirk, 404, r#"{"detail": "no"}"#, "Old"), Vec::<String>::new());
    for (status, body, name) in [
        (200, r#"{"a": 2}"#, "New"),
        (200, r#"{"a": 1}"#, "Old"),
        (400, "{}", "New"),
        (500, "{}", "Old"),
        (400, "no", "Old"),
    ] {
        assert_ne!(found(&quirk, status, body, name), Vec::<String>::new(), "{status} {body} {name}");
    }
    let refused = case("quirk", 400, json!({}));
    assert_eq!(found(&refused, 200, r#"{"any": 1}"#, "New"), Vec::<String>::new());
}

#[test]
fn recorded_server_errors_match_any_clean_response() {
    let fault = case("reference_fault", 500, json!(""));
    assert_eq!(found(&fault, 200, "{}", "New"), Vec::<String>::new());
    assert_eq!(found(&fault, 400, "{}", "Old"), Vec::<String>::new());
    for (status, body, name) in [(500, "{}", "Old"), (400, "{}", "New"), (200, "<html>", "New")] {
        assert_ne!(found(&fault, status, body, name), Vec::<String>::new(), "{status} {body} {name}");
    }
}

#[test]
fn unrouted_requests_must_be_not_found() {
    let unrouted = case("unrouted", 405, json!(""));
    for status in [404, 405, 301, 308] {
        assert_eq!(found(&unrouted, status, "", "Old"), Vec::<String>::new());
    }
    for (status, body, name) in [(200, "", "Old"), (404, "<html>", "Old"), (404, "", "New"), (302, "", "Old")]
    {
        assert_ne!(found(&unrouted, status, body, name), Vec::<String>::new(), "{status} {body} {name}");
    }
}
