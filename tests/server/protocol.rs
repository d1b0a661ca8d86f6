//! Framing and representation: `Host`, encodings, entity tags, errors below `/api/`, security headers.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};
use userbook_tests::binary::{Answer, Server, parse, receive_one, send};

use crate::support::{Folder, KEY, request, seed};

fn served(folder: &Folder) -> Server {
    let path = folder.seed(&seed(30));
    Server::start(&["--database", &folder.database(), "--seed", &path])
}

fn raw(server: &Server, request: &str) -> Answer {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    parse(&answer).unwrap()
}

fn ask(server: &Server, method: &str, target: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
    let bearer = format!("Bearer {KEY}");
    let all = [&[("authorization", bearer.as_str())], headers].concat();
    send(server.address, method, target, &all, body).unwrap()
}

#[test]
fn exactly_one_host_is_required() {
    let folder = Folder::new();
    let server = served(&folder);
    let get = |version: &str, hosts: &str| {
        let text = format!("GET /api/v3/root/config/ HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        raw(&server, &text)
    };
    assert_eq!(get("1.1", "host: x\r\n").status, 200);
    assert_eq!(get("1.0", "").status, 200);
    for hosts in ["", "host: x\r\nhost: x\r\n"] {
        let answer = get("1.1", hosts);
        assert_eq!(answer.status, 400, "{hosts:?}");
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["code"], "invalid_host");
    }
}

/// The parser refuses these requests before the server sees them. The response says what to do.
#[test]
fn requests_that_are_not_http_are_explained() {
    let folder = Folder::new();
    let server = served(&folder);
    let list = "/api/v3/core/users/?attributes=";
    let get = |target: &str, headers: &str| {
        format!("GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n{headers}\r\n")
    };
    let detail = |request: &str, status: u16| {
        let answer = raw(&server, request);
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        body["detail"].as_str().unwrap().to_owned()
    };
    let unescaped = get(&format!("{list}{{\"n\":601}}"), "");
    assert!(detail(&unescaped, 400).contains("\" is %22"));
    // On a connection that was used before, too.
    let mut stream = TcpStream::connect(server.address).unwrap();
    let escaped = get(&format!("{list}{{%22n%22:601}}"), "");
    stream.write_all(escaped.as_bytes()).unwrap();
    assert_eq!(receive_one(&mut stream).unwrap().status, 200);
    stream.write_all(unescaped.as_bytes()).unwrap();
    let answer = receive_one(&mut stream).unwrap();
    assert_eq!(answer.status, 400);
    assert!(String::from_utf8_lossy(&answer.body).contains("%22"));
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the connection is closed");

    let large = "x".repeat(70_000);
    for request in [get(&format!("{list}{large}"), ""), get("/", &format!("x: {large}\r\n"))] {
        assert!(detail(&request, 431).contains("too large"));
    }
}

#[test]
fn compressed_request_bodies_are_415() {
    let folder = Folder::new();
    let server = served(&folder);
    let patch = |encoding: &str| {
        let headers = [("content-type", "application/json"), ("content-encoding", encoding)];
        ask(&server, "PATCH", "/api/v3/core/users/101/", &headers, Some(br#"{"name": "x"}"#))
    };
    assert_eq!(patch("identity").status, 200);
    for encoding in ["gzip", "br", "identity, gzip"] {
        let answer = patch(encoding);
        assert_eq!(answer.status, 415, "{encoding}");
        assert!(String::from_utf8_lossy(&answer.body).contains("content encoding"), "{encoding}");
    }
}

#[test]
fn compressed_responses_have_tags_that_compare() {
    let folder = Folder::new();
    let server = served(&folder);
    let large = json!({"attributes": {"text": "abc ".repeat(1000)}});
    assert_eq!(request(&server, "PATCH", "101/", &large).status, 200);
    let target = "/api/v3/core/users/101/";
    let plain = ask(&server, "GET", target, &[], None);
    let packed = ask(&server, "GET", target, &[("accept-encoding", "gzip")], None);
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() < plain.body.len() / 2);
    let (plain_tag, packed_tag) = (plain.header("etag").unwrap(), packed.header("etag").unwrap());
    assert_ne!(plain_tag, packed_tag);
    for tag in [plain_tag, packed_tag] {
        let unchanged = ask(&server, "GET", target, &[("if-none-match", tag)], None);
        assert_eq!(unchanged.status, 304, "{tag}");
        let headers = [("if-match", tag), ("content-type", "application/json")];
        // The dry run leaves the tag valid for the next round.
        let write =
            ask(&server, "PATCH", &format!("{target}?dry_run=true"), &headers, Some(br#"{"name": "x"}"#));
        assert_eq!(write.status, 200, "{tag}");
    }
    let stale = [("if-match", "\"0-gzip\""), ("content-type", "application/json")];
    assert_eq!(ask(&server, "PATCH", target, &stale, Some(br#"{"name": "x"}"#)).status, 412);
    let list = ask(&server, "GET", "/api/v3/core/users/", &[("accept-encoding", "gzip")], None);
    assert_eq!((list.status, list.header("content-encoding")), (200, Some("gzip")));
}

#[test]
fn unknown_operations_have_a_body_and_differ_from_missing_users() {
    let folder = Folder::new();
    let server = served(&folder);
    for (method, path) in [
        ("GET", "/api/v3/core/tokens/"),
        ("GET", "/api/v3/core/users"),
        ("GET", "/api/v3/nothing.js"),
        ("GET", "/api/v3/%ff"),
        ("GET", "/api/v2/"),
        ("GET", "/api/"),
        ("POST", "/api/v3/"),
        ("POST", "/api/v3/schema/"),
        ("DELETE", "/api/v3/nothing.js"),
    ] {
        let plain = ask(&server, method, path, &[], None);
        let body: Value = serde_json::from_slice(&plain.body).unwrap_or_else(|_| panic!("{path}: {plain:?}"));
        assert_eq!(
            (plain.status, &body["detail"], &body["code"]),
            (404, &json!("Not found."), &json!("unknown_operation"))
        );
        let problem = ask(&server, method, path, &[("accept", "application/problem+json")], None);
        let body: Value = serde_json::from_slice(&problem.body).unwrap();
        assert_eq!((problem.status, &body["code"]), (404, &json!("unknown_operation")), "{path}");
        assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    }
    let missing = ask(&server, "GET", "/api/v3/core/users/999/", &[], None);
    assert_eq!(missing.body, br#"{"detail":"Not found."}"#);
}

#[test]
fn answers_with_personal_data_are_not_stored() {
    let folder = Folder::new();
    let server = served(&folder);
    for path in [
        "/api/v3/core/users/101/",
        "/api/v3/core/users/",
        "/api/v3/core/users/999/",
        "/api/v3/none/",
        "/-/health/live/",
    ] {
        let answer = ask(&server, "GET", path, &[], None);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    let user = ask(&server, "GET", "/api/v3/core/users/101/", &[], None);
    assert!(user.headers.iter().any(|(name, value)| name == "vary" && value.contains("Authorization")));
    let schema = ask(&server, "GET", "/api/v3/schema/", &[], None);
    assert!(schema.header("content-security-policy").is_some());
    let page = ask(&server, "GET", "/api/v3/swagger-initializer.js", &[], None);
    assert!(!String::from_utf8_lossy(&page.body).contains("persistAuthorization\": true"));
}

#[test]
fn avatars_of_users_are_images() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let avatars = ["--avatars", "attributes.picture,none"];
    let server = Server::start(&[&["--database", "memory:", "--seed", &path], &avatars[..]].concat());
    for (url, shown) in [
        ("https://example.com/p.png", true),
        ("HTTPS://example.com/p.png", true),
        ("data:image/png;base64,AA==", true),
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("//evil.example/x", false),
        ("\njavascript:x", false),
        ("http://example.com/p.png", false),
    ] {
        let answer = request(&server, "PATCH", "101/", &json!({"attributes": {"picture": url}}));
        let user: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(user["avatar"] == url, shown, "{url}");
    }
}
