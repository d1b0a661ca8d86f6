//! A fake authentik for tests of other programs: the same requests get the same answers in every process.

use std::path::Path;

use serde_json::{Value, json};
use userbook_tests::binary::{Server, send};

use crate::support::Folder;

const TIME: &str = "2025-01-01T00:00:00Z";
const KEY: &str = "Bearer key-of-the-admin";

/// Requests that create ids, times, entity tags and a token.
fn requests() -> [(&'static str, &'static str, Value); 6] {
    [
        ("POST", "core/users/", json!({"username": "eve", "name": "Eve"})),
        ("POST", "core/groups/", json!({"name": "Readers", "users": [7]})),
        ("POST", "core/users/service_account/", json!({"name": "robot", "create_group": true})),
        ("PATCH", "core/users/7/", json!({"name": "Ada King"})),
        ("GET", "core/users/?ordering=-date_joined", Value::Null),
        ("GET", "core/groups/?include_children=true", Value::Null),
    ]
}

/// Starts a server and returns its answers: status, entity tag, body.
fn answers(options: &[&str]) -> Vec<(u16, String, Value)> {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/seed.json");
    let seed = seed.to_str().unwrap();
    let first = ["--database", "memory:", "--seed", seed, "--release", "2026.8"];
    let server = Server::start(&[&first[..], options].concat());
    let ask = |(method, path, body): (&str, &str, Value)| {
        let headers = [("authorization", KEY), ("content-type", "application/json")];
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let path = format!("/api/v3/{path}");
        let answer = send(server.address, method, &path, &headers, body.as_deref()).unwrap();
        let tag = answer.headers.iter().find(|(name, _)| name == "etag").map(|(_, tag)| tag.clone());
        (answer.status, tag.unwrap_or_default(), serde_json::from_slice(&answer.body).unwrap())
    };
    requests().into_iter().map(ask).collect()
}

#[test]
fn fixed_time_and_numbered_ids_repeat_every_answer() {
    let options = ["--fixed-time", TIME, "--numbered-ids"];
    let first = answers(&options);
    assert_eq!(first, answers(&options));
    let [user, group, account, ..] = first.as_slice() else { panic!("there are six answers") };
    assert_eq!((user.0, group.0, account.0), (201, 201, 200));
    assert_eq!((&user.2["date_joined"], &user.2["last_updated"]), (&json!(TIME), &json!(TIME)));
    assert!(user.2["uuid"].as_str().unwrap().starts_with("7e570000-0000-4000-8000-"), "{}", user.2["uuid"]);
    assert!(!user.1.is_empty() && !group.1.is_empty(), "users and groups have entity tags");
    // The system's time and random ids differ.
    let (free, again) = (answers(&[]), answers(&[]));
    assert_ne!(free[0].2["uuid"], again[0].2["uuid"]);
    assert_ne!(free[2].2["token"], again[2].2["token"]);
    assert_ne!(free[0].2["date_joined"], json!(TIME));
}

#[test]
fn a_database_that_outlives_the_process_rejects_guessable_ids() {
    let folder = Folder::new();
    for options in [&["--numbered-ids"][..], &["--fixed-time", TIME]] {
        let error = Server::try_start(&[&["--database", &folder.database()], options].concat()).unwrap_err();
        assert!(error.contains("require --database memory:"), "{error}");
        assert!(!folder.path("users.db").exists(), "nothing is created");
    }
}
