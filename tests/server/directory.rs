//! Requests that clients send around an update, on the reference server.

use serde_json::{Value, json};
use userbook_tests::binary::{Server, send};

use crate::support::{ADMINS, Folder, KEY, seed};

#[test]
fn lists_groups_and_configuration_are_served() {
    let folder = Folder::new();
    let seed = folder.seed(&seed(3));
    let server = Server::start(&["--database", &folder.database(), "--seed", &seed]);
    let bearer = format!("Bearer {KEY}");
    let ask = |method: &str, path: &str, body: Option<&str>| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        send(server.address, method, &format!("/api/v3{path}"), &headers, body.map(str::as_bytes)).unwrap()
    };
    let json = |path: &str| -> Value {
        let answer = ask("GET", path, None);
        assert_eq!(answer.status, 200, "{path}");
        serde_json::from_slice(&answer.body).unwrap()
    };
    let page = json("/core/users/?search=user&page_size=2&page=2");
    assert_eq!((&page["pagination"]["count"], &page["results"][0]["username"]), (&json!(3), &json!("user3")));
    assert_eq!(json("/core/users/me/")["user"]["username"], "admin");
    assert_eq!(json("/core/groups/?name=admins")["results"][0]["users"], json!([1]));
    assert_eq!(json("/root/config/")["capabilities"], json!([]));
    let path = format!("/core/groups/{ADMINS}/add_user/");
    assert_eq!(ask("POST", &path, Some(r#"{"pk": 101}"#)).status, 204);
    assert_eq!(json(&format!("/core/groups/{ADMINS}/"))["users"], json!([1, 101]));
    let path = format!("/core/groups/{ADMINS}/remove_user/");
    assert_eq!(ask("POST", &path, Some(r#"{"pk": 101}"#)).status, 204);
    assert_eq!(json("/core/users/101/")["is_superuser"], false);
}
