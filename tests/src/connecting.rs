//! Tests of SCIM connections of the reference server as a process, on a database named by URL.

use serde_json::{Value, json};

use crate::{
    binary::{Answer, Server, send},
    serving::administer,
};

/// Runs a command that succeeds; returns its standard output.
pub(crate) fn done(url: &str, arguments: &[&str]) -> String {
    let output = administer(url, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("the output is text")
}

/// Runs a command that fails; returns its standard error.
fn refused(url: &str, arguments: &[&str]) -> String {
    let output = administer(url, arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn ask(server: &Server, token: &str, method: &str, target: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/scim+json")];
    let body = (!body.is_null()).then(|| body.to_string());
    send(server.address, method, target, &headers, body.as_deref().map(str::as_bytes)).expect("an answer")
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("the body is JSON")
}

const USERS: &str = "/scim/v2/Users";

/// An identity provider connects, creates a user, and is disconnected; its token opens the SCIM service only.
pub fn scim_connections_work_beside_a_server(url: &str) {
    let demo: Value = serde_json::from_str(&done(url, &["demo", "--json"])).expect("JSON");
    let admin = demo["tokens"][0]["key"].as_str().expect("a key");
    let server =
        Server::start(&["--database", url, "--scim", "--scim-url", "https://app.example.com/scim/v2"]);
    let printed = done(url, &["scim", "connect", "okta"]);
    let token = printed.trim();
    assert!(printed.ends_with('\n') && token.len() >= 64, "{printed:?}");
    assert!(token.chars().all(|c| c.is_ascii_hexdigit()), "the token is alone: {printed:?}");
    let status = |token: &str, target: &str| ask(&server, token, "GET", target, &Value::Null).status;
    assert_eq!(status(token, USERS), 200);
    assert_eq!(status(admin, USERS), 401, "a token of the API");
    assert_eq!(status("other", USERS), 401);
    assert_eq!(status(token, "/api/v3/core/users/"), 403, "a token of a connection");

    let new = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "rosa@example.com", "externalId": "00u1", "active": true,
        "name": {"givenName": "Rosa", "familyName": "Luxemburg"},
        "emails": [{"value": "rosa@example.com", "type": "work", "primary": true}],
    });
    let created = ask(&server, token, "POST", USERS, &new);
    assert_eq!(created.status, 201, "{}", String::from_utf8_lossy(&created.body));
    let created = json_of(&created);
    let location = created["meta"]["location"].as_str().expect("a location");
    let id = created["id"].as_str().expect("an id");
    assert_eq!(location, format!("https://app.example.com/scim/v2/Users/{id}"));
    assert_eq!(ask(&server, token, "POST", USERS, &new).status, 409);
    let listed = json_of(&ask(&server, token, "GET", USERS, &Value::Null));
    assert_eq!(listed["totalResults"], 1, "a connection sees only what it manages");
    let exported = done(url, &["export", "-", "--format", "jsonl"]);
    assert!(exported.contains(r#""external_ids":{"scim:okta":"00u1"}"#), "the user names the connection");

    commands_manage_the_connection(url, &server, token);
    assert_eq!(
        ask(&server, admin, "GET", "/api/v3/core/users/?username=rosa%40example.com", &Value::Null).status,
        200
    );
    let left =
        json_of(&ask(&server, admin, "GET", "/api/v3/core/users/?username=rosa%40example.com", &Value::Null));
    assert_eq!(left["pagination"]["count"], 1, "users stay after their connection");
}

fn commands_manage_the_connection(url: &str, server: &Server, token: &str) {
    let status = |token: &str| ask(server, token, "GET", USERS, &Value::Null).status;
    let list = || -> Value { serde_json::from_str(&done(url, &["scim", "list", "--json"])).expect("JSON") };
    let okta = &list()[0];
    let shown = json!({
        "name": "okta", "account": okta["account"], "is_active": true, "deactivate": false, "strict": false,
    });
    assert_eq!(list(), json!([shown]));
    let table = done(url, &["scim", "list"]);
    assert!(table.contains("okta") && !table.contains(token), "{table}");

    assert!(refused(url, &["scim", "connect", "okta"]).contains("username: "), "the account exists");
    assert!(refused(url, &["scim", "connect", "Okta"]).contains("external source"));
    assert!(refused(url, &["scim", "disconnect", "entra"]).contains("no connection \"entra\""));
    done(url, &["user", "create", "scim-entra"]);
    assert!(refused(url, &["scim", "connect", "entra"]).contains("username: "));
    assert_eq!(list().as_array().map(Vec::len), Some(1), "a refused account leaves no connection");
    done(url, &["scim", "connect", "other", "--deactivate", "--strict"]);
    assert_eq!(list()[1]["deactivate"], true);
    assert_eq!(list()[1]["strict"], true);

    done(url, &["user", "deactivate", "scim-okta"]);
    assert_eq!(status(token), 401, "an inactive account stops the connection");
    assert_eq!(list()[0]["is_active"], false);
    done(url, &["user", "update", "scim-okta", "--active", "true"]);
    assert_eq!(status(token), 200);
    let renewed = done(url, &["scim", "renew", "okta"]);
    assert_eq!((status(token), status(renewed.trim())), (401, 200));
    done(url, &["scim", "disconnect", "okta"]);
    assert_eq!(status(renewed.trim()), 401);
    assert_eq!(list().as_array().map(Vec::len), Some(1));
    let check: Value = serde_json::from_str(&done(url, &["check", "--json"])).expect("JSON");
    assert_eq!(check, json!({"problems": []}));

    // A new connection of the same name manages the same users.
    let again = done(url, &["scim", "connect", "okta", "--json"]);
    let again: Value = serde_json::from_str(&again).expect("JSON");
    let token = again["token"].as_str().expect("a token");
    let listed = json_of(&ask(server, token, "GET", USERS, &Value::Null));
    assert_eq!((&again["name"], &listed["totalResults"]), (&json!("okta"), &json!(1)));
}
