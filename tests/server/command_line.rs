//! Start, rejected start, and stop of the server.

use serde_json::{Value, json};
use userbook_tests::binary::{Server, command, send};

use crate::support::{ADMINS, Folder, KEY, request, seed};

/// Returns the quoted text after `name` in a `curl` line.
fn quoted<'a>(line: &'a str, name: &str) -> &'a str {
    line.split_once(name).and_then(|(_, rest)| rest.split_once('\'')).unwrap().0
}

#[test]
fn empty_database_gets_an_administrator_and_the_printed_command_works() {
    let folder = Folder::new();
    let server = Server::start(&["--database", &folder.database()]);
    let line = server.greeting.lines().find(|line| line.contains("curl ")).unwrap().trim();
    let token = quoted(line, "'Authorization: Bearer ");
    let body = line.rsplit_once("-d '").unwrap().1.trim_end_matches('\'');
    assert!(line.contains(&format!("-X PUT http://{}/api/v3/core/users/1/", server.address)), "{line}");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let put =
        || send(server.address, "PUT", "/api/v3/core/users/1/", &headers, Some(body.as_bytes())).unwrap();
    let answer = put();
    assert_eq!(answer.status, 200, "{answer:?}");
    let shown: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((&shown["username"], &shown["is_superuser"]), (&json!("akadmin"), &json!(true)));
    // No file contains the key, the database neither.
    for file in ["users.db", "users.db-wal"] {
        let bytes = std::fs::read(folder.path(file)).unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "{file}");
    }
    // The key is shown once: the next start finds a database that is not empty.
    server.kill();
    let again = Server::start(&["--database", &folder.database()]);
    assert!(!again.greeting.contains("curl"), "{}", again.greeting);
    let get = send(again.address, "GET", "/api/v3/core/users/1/", &headers[..1], None).unwrap();
    assert_eq!(get.status, 200);
}

#[test]
fn seed_applies_only_to_an_empty_database() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let arguments = ["--database", &folder.database(), "--seed", &path];
    let server = Server::start(&arguments);
    assert_eq!(request(&server, "PATCH", "101/", &json!({"name": "Seeded"})).status, 200);
    server.kill();
    let error = Server::try_start(&arguments).unwrap_err();
    assert!(error.contains("a seed requires an empty database"), "{error}");
    let server = Server::start(&arguments[..2]);
    let answer = request(&server, "GET", "101/", &json!(null));
    let shown: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(shown["name"], "Seeded");
    assert_eq!(shown["uid"].as_str().unwrap().len(), 64);
}

#[test]
fn invalid_settings_are_named_in_the_error() {
    let folder = Folder::new();
    for (arguments, expected) in [
        (["--database", "oracle:x"], "unknown database"),
        (["--seed", "/nowhere/seed.json"], "seed file"),
        (["--seed", &folder.seed(&json!({"install_id": 1}))], "seed file"),
        (["--policy", "lenient"], "policy"),
        (["--avatars", "gravatar"], "avatars"),
    ] {
        let database = ["--database", "memory:"];
        let all: Vec<&str> = if arguments[0] == "--database" {
            arguments.to_vec()
        } else {
            database.into_iter().chain(arguments).collect()
        };
        let error = Server::try_start(&all).unwrap_err();
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[test]
fn environment_variables_set_options() {
    let folder = Folder::new();
    let output = command()
        .env("USERBOOK_DATABASE", folder.database())
        .env("USERBOOK_SEED", folder.seed(&json!([])))
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("seed file"));
}

#[test]
fn avatar_and_policy_options_take_effect() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let arguments = ["--database", "memory:", "--seed", &path, "--avatars", "attributes.picture,none"];
    let server = Server::start(&arguments);
    let patch = json!({"attributes": {"picture": "https://example.com/p.png"}});
    let shown: Value = serde_json::from_slice(&request(&server, "PATCH", "101/", &patch).body).unwrap();
    assert_eq!(shown["avatar"], "https://example.com/p.png");
    // The default policy is the hardened one.
    assert_eq!(request(&server, "PATCH", "1/", &json!({"is_active": false})).status, 400);
    assert_eq!(request(&server, "PATCH", "1/", &json!({"groups": [ADMINS]})).status, 200);
    let lenient = Server::start(&[&arguments[..], &["--policy", "authentik-2025.2"]].concat());
    assert_eq!(request(&lenient, "PATCH", "1/", &json!({"is_active": false})).status, 200);
}

#[test]
fn sigterm_finishes_running_requests() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let path = folder.seed(&seed(8));
        let server = Server::start(&["--database", &folder.database(), "--seed", &path]);
        let address = server.address;
        let writers: Vec<_> = (1..=8)
            .map(|n| {
                std::thread::spawn(move || {
                    let bearer = format!("Bearer {KEY}");
                    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
                    let target = format!("/api/v3/core/users/{}/", 100 + n);
                    let mut last = None;
                    for round in 0.. {
                        let body = json!({"name": format!("{round}")}).to_string();
                        match send(address, "PATCH", &target, &headers, Some(body.as_bytes())) {
                            Ok(answer) => {
                                assert_eq!(answer.status, 200);
                                last = Some(round);
                            }
                            // Later connections are rejected; no connection is cut in the middle.
                            Err(_) => break,
                        }
                    }
                    last
                })
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(200));
        let (status, _) = server.stop(signal);
        assert!(status.success(), "{signal}: {status}");
        let acknowledged: Vec<_> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        let server = Server::start(&["--database", &folder.database()]);
        for (n, last) in (101..).zip(acknowledged) {
            let answer = request(&server, "GET", &format!("{n}/"), &json!(null));
            let shown: Value = serde_json::from_slice(&answer.body).unwrap();
            let name: Option<i32> = shown["name"].as_str().unwrap().parse().ok();
            // Acknowledged writes must be stored; a write after the last acknowledgement may be stored.
            assert!(name >= last, "{n}: {name:?} after {last:?}");
        }
    }
}

#[test]
fn tokens_and_permissions_of_a_seed_take_effect() {
    userbook_tests::serving::permissions_of_the_seed_are_kept(&Folder::new().database());
}
