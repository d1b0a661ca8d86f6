//! Token keys and database passwords appear in no log, help text, error or file that the server writes.

use serde_json::json;
use userbook_tests::binary::{Answer, Server, command, send};

use crate::support::{Folder, KEY, seed};

/// A key of no token.
const WRONG: &str = "a-key-that-was-stolen-elsewhere";
/// The password in a URL.
const PASSWORD: &str = "hunter2hunter2";

fn ask(server: &Server, method: &str, authorization: &str) -> Answer {
    let headers = [("authorization", authorization), ("content-type", "application/json")];
    let body = json!({"name": "Ada", "last_login": "soon"}).to_string();
    send(server.address, method, "/api/v3/core/users/101/", &headers, Some(body.as_bytes())).unwrap()
}

#[test]
fn token_keys_are_in_no_log_and_in_no_file() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let mut verbose = command();
    verbose.env("USERBOOK_LOG", "trace");
    let server = Server::try_start_by(verbose, &["--database", &folder.database(), "--seed", &path]).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut answers = Vec::new();
    for method in ["GET", "PATCH", "OPTIONS", "POST", "HEAD"] {
        for (key, scheme) in [(KEY, "Bearer"), (WRONG, "Bearer"), (WRONG, "Basic"), (KEY, "Token")] {
            answers.push(ask(&server, method, &format!("{scheme} {key}")));
        }
    }
    assert!([200, 400, 403, 405].iter().all(|status| answers.iter().any(|answer| answer.status == *status)));
    let (rest, log) = server.log();
    assert!(log.contains("TRACE"), "nothing was logged: {log}");
    for key in [KEY, WRONG] {
        assert!(!rest.contains(key) && !log.contains(key), "{key}");
        for answer in &answers {
            assert!(!String::from_utf8_lossy(&answer.body).contains(key), "{answer:?}");
            assert!(answer.headers.iter().all(|(_, value)| !value.contains(key)), "{answer:?}");
        }
        for file in std::fs::read_dir(folder.path("")).unwrap() {
            let file = file.unwrap().path();
            let bytes = std::fs::read(&file).unwrap();
            let found = bytes.windows(key.len()).any(|window| window == key.as_bytes());
            assert!(!found, "{key} in {}", file.display());
        }
    }
}

#[test]
fn first_token_is_printed_once_and_stored_nowhere() {
    let folder = Folder::new();
    let mut verbose = command();
    verbose.env("USERBOOK_LOG", "trace");
    let server = Server::try_start_by(verbose, &["--database", &folder.database()]).unwrap();
    let key = server.greeting.split("Bearer ").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    assert_eq!(ask(&server, "PATCH", &format!("Bearer {key}")).status, 404);
    let (rest, log) = server.log();
    assert!(key.len() == 64 && !rest.contains(&key) && !log.contains(&key));
    let again = Server::start(&["--database", &folder.database()]);
    assert!(!again.greeting.contains(&key));
    let database = std::fs::read(folder.path("users.db")).unwrap();
    assert!(!database.windows(key.len()).any(|window| window == key.as_bytes()));
}

#[test]
fn database_passwords_are_in_no_error_and_in_no_help() {
    for url in [
        // No server listens at port 1; the other URLs are invalid.
        format!("postgres://ada:{PASSWORD}@127.0.0.1:1/users"),
        format!("mysql://ada:{PASSWORD}@127.0.0.1:1/users"),
        format!("postgres://ada:{PASSWORD}@127.0.0.1:port/users"),
        format!("mysql://ada:{PASSWORD}@[::1/users"),
        format!("mariadb//ada:{PASSWORD}@127.0.0.1/users"),
        format!("oracle://ada:{PASSWORD}@127.0.0.1/users"),
    ] {
        let mut verbose = command();
        verbose.env("USERBOOK_LOG", "trace");
        let error = Server::try_start_by(verbose, &["--database", &url, "--start-timeout", "1"]);
        let error = error.expect_err(&url);
        assert!(!error.is_empty() && !error.contains(PASSWORD), "{url}: {error}");
    }
    let url = format!("postgres://ada:{PASSWORD}@127.0.0.1:1/users");
    for arguments in [&["--help"][..], &["-h"], &["--policy", "x"]] {
        let output = command().env("USERBOOK_DATABASE", &url).args(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(!text.is_empty() && !text.contains(PASSWORD), "{text}");
    }
}
