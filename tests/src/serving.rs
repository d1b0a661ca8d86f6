//! Tests of the reference server as a process, on a database named by URL.

use std::{
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    binary::{Server, command, send},
    receiver::{Decide, Received, Receiver, wait_for},
};

/// Creates an administrator in a blank database, and keeps the data across restarts.
pub fn empty_database_gets_an_administrator_and_keeps_data_across_restarts(url: &str) {
    let server = Server::start(&["--database", url]);
    let token = server
        .greeting
        .split_once("Bearer ")
        .expect("is there")
        .1
        .split_once('\'')
        .expect("is there")
        .0
        .to_owned();
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let patch = json!({"name": "Ada"}).to_string();
    let ask = |server: &Server, method: &str, body: Option<&str>| {
        let target = "/api/v3/core/users/1/";
        send(server.address, method, target, &headers, body.map(str::as_bytes)).expect("is there")
    };
    assert_eq!(ask(&server, "PATCH", Some(&patch)).status, 200);
    server.kill();

    let again = Server::start(&["--database", url]);
    assert!(!again.greeting.contains("Bearer"), "{}", again.greeting);
    let shown: Value = serde_json::from_slice(&ask(&again, "GET", None).body).expect("is there");
    assert_eq!((&shown["username"], &shown["name"]), (&json!("akadmin"), &json!("Ada")));
    let stranger =
        send(again.address, "GET", "/api/v3/core/users/1/", &[("authorization", "Bearer x")], None);
    assert_eq!(stranger.expect("is there").status, 403);
    drop(again);
}

/// Returns the token that the first start printed.
pub fn printed_token(server: &Server) -> Option<String> {
    let (_, after) = server.greeting.split_once("Bearer ")?;
    Some(after.split_once('\'')?.0.to_owned())
}

/// Two processes start at once on a blank database: one of them prints a token, which works at both.
pub fn two_starts_at_once_print_one_working_token(url: &str) {
    two_starts_at_once_by(command, url);
}

/// As [`two_starts_at_once_print_one_working_token`], by prepared commands.
pub fn two_starts_at_once_by(prepare: impl Fn() -> Command + Sync, url: &str) {
    let patient = ["--lock-timeout", "60", "--statement-timeout", "60", "--acquire-timeout", "60"];
    let arguments = [&["--database", url], &patient[..]].concat();
    let start = || Server::try_start_by(prepare(), &arguments).expect("the server starts");
    let servers = std::thread::scope(|scope| {
        let both = [scope.spawn(start), scope.spawn(start)];
        both.map(|server| server.join().expect("the server starts"))
    });
    let tokens: Vec<String> = servers.iter().filter_map(printed_token).collect();
    let [token] = tokens.as_slice() else { panic!("{} tokens were printed", tokens.len()) };
    for server in &servers {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let answer = send(server.address, "GET", "/api/v3/core/users/", &headers, None).expect("an answer");
        let shown: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!((answer.status, &shown["pagination"]["count"]), (200, &json!(1)));
    }
}

/// Runs an administration command on this database.
pub fn administer(url: &str, arguments: &[&str]) -> Output {
    command().args(arguments).args(["--database", url]).output().expect("the command runs")
}

/// The commands work while a server uses the database, and the server sees what they do.
pub fn administration_commands_work_beside_a_server(url: &str) {
    let done = |arguments: &[&str]| -> Value {
        let output = administer(url, arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {error}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {output:?}"))
    };
    let demo = done(&["demo", "--json"]);
    let server = Server::start(&["--database", url]);
    let key = demo["tokens"][0]["key"].as_str().expect("a key");
    let status = |method: &str, target: &str, body: Option<&str>| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let target = format!("/api/v3/core/users/{target}");
        send(server.address, method, &target, &headers, body.map(str::as_bytes)).expect("an answer").status
    };
    let created = done(&["user", "create", "bob", "--group", "Help desk", "--json"]);
    let bob = created["user"]["pk"].to_string();
    assert_eq!(status("GET", &format!("{bob}/"), None), 200);
    assert_eq!(done(&["user", "list", "--json"]).as_array().map(Vec::len), Some(11));
    assert_eq!(done(&["user", "list", "--superusers", "--json"]).as_array().map(Vec::len), Some(2));
    done(&["group", "create", "Ops", "--parent", "Engineering", "--json"]);
    done(&["group", "add", "Ops", "bob", "--json"]);
    assert_eq!(done(&["group", "show", "Ops", "--json"])["members"], json!([created["user"]["pk"]]));
    let grant = ["permission", "grant", "bob", "change_group", "--on-group", "Ops", "--json"];
    assert_eq!(done(&grant)["outcome"], "granted");
    assert_eq!(done(&grant)["outcome"], "unchanged");
    assert_eq!(done(&["permission", "list", "bob", "--json"]).as_array().map(Vec::len), Some(1));
    done(&["token", "create", "bob", "--identifier", "laptop", "--days", "3", "--json"]);
    assert_eq!(done(&["token", "list", "bob", "--json"])[0]["identifier"], "laptop");
    done(&["token", "revoke", "laptop", "--json"]);
    done(&["user", "deactivate", "bob", "--json"]);
    assert_eq!(done(&["events", "list", "--user", "bob", "--json"]).as_array().map(Vec::len), Some(3));
    assert_eq!(done(&["check", "--json"]), json!({"problems": []}));

    let folder = tempfile::tempdir().expect("a folder");
    for name in ["all.json", "all.jsonl", "all.csv"] {
        let path = folder.path().join(name).display().to_string();
        assert_eq!(done(&["export", &path, "--json"])["users"], 11);
        let report = done(&["import", &path, "--json"]);
        assert_eq!((&report["users"]["unchanged"], &report["refused"]), (&json!(11), &json!(0)), "{name}");
    }
    // Tokens and permissions are deleted with their user.
    done(&["user", "delete", "bob", "--json"]);
    assert_eq!(done(&["check", "--json"]), json!({"problems": []}));
    assert_eq!(status("GET", &format!("{bob}/"), None), 404);
}

/// A destination that rejects events delays no other destination. Its events are set aside and sent again by request.
pub fn events_reach_each_destination(url: &str) {
    let done = |arguments: &[&str]| -> Value {
        let output = administer(url, arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    done(&["demo", "--json"]);
    let accepts = Arc::new(AtomicBool::new(false));
    let decide = Arc::clone(&accepts);
    let decide: Decide = Arc::new(move |_| if decide.load(Ordering::Relaxed) { 204 } else { 400 });
    let receiver = Receiver::start("127.0.0.1:0", Received::default(), decide);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("events.jsonl");
    let destinations = [format!("http://{}/", receiver.address), format!("file:{}", path.display())];
    let [webhook, file] = &destinations;
    let arguments = ["--database", url, "--events", webhook, "--events", file, "--events-tries", "2"];
    let server = Server::start(&arguments);
    let lines = || std::fs::read_to_string(&path).unwrap_or_default().lines().count();
    let failed = || done(&["events", "failed", "--json"]).as_array().map_or(0, Vec::len);
    let pending = || done(&["events", "list", "--pending", "--json"]).as_array().map_or(0, Vec::len);
    done(&["user", "create", "eve", "--json"]);
    for n in 1..=3 {
        done(&["user", "update", "eve", "--name", &format!("Eve {n}"), "--json"]);
        if n == 1 {
            wait_for("the file does not get the events", || lines() >= 2);
        }
    }
    wait_for("the file does not get all events", || lines() >= 4);
    wait_for("events are not set aside", || failed() == lines() && pending() == 0);
    // A server that ends gives its claim back.
    assert!(server.stop("TERM").0.success());
    accepts.store(true, Ordering::Relaxed);
    let one = done(&["events", "failed", "--limit", "1", "--json"]);
    assert_eq!(one[0]["destination"], "webhook at 127.0.0.1");
    let id = one[0]["event"]["id"].as_str().expect("an id");
    let retried = |events: u64| json!({"retried": events, "destinations": {"webhook at 127.0.0.1": events}});
    assert_eq!(done(&["events", "retry", id, "--json"]), retried(1));
    assert!(!administer(url, &["events", "retry", id]).status.success(), "the event is marked already");
    let all = u64::try_from(lines()).expect("few lines");
    assert_eq!(done(&["events", "retry", "--all", "--json"]), retried(all - 1));
    let server = Server::start(&arguments);
    wait_for("events are not sent again", || failed() == 0);
    let received = receiver.received.lock().map(|received| received.len()).expect("no thread panics");
    assert_eq!((received as u64, lines() as u64), (all, all), "nothing is repeated");
    assert!(server.stop("TERM").0.success());
    accepts.store(false, Ordering::Relaxed);
    done(&["user", "update", "eve", "--name", "Eve", "--json"]);
    let _server = Server::start(&arguments);
    wait_for("the event is not set aside", || failed() == 1 && pending() == 0);
    let pruned = done(&["events", "prune", "--keep", "0", "--json"]);
    assert!(pruned["deleted"].as_u64() > Some(all), "{pruned}");
    assert_eq!(failed(), 0, "events that were set aside are pruned, too");
}

/// Tokens and permissions of a seed file take effect.
pub fn permissions_of_the_seed_are_kept(url: &str) {
    let user = |pk: i64| {
        json!({
            "pk": pk, "uuid": uuid::Uuid::from_u128(pk.unsigned_abs().into()), "username": format!("user{pk}"), "name": "", "email": "",
            "is_active": pk != 3, "last_login": null, "path": "users", "type": "internal", "attributes": {},
            "groups": [], "password_change_date": "2024-05-06T07:08:09Z",
        })
    };
    let token = |key: &str, pk: i64, expiring: bool| json!({"key": key, "intent": "api", "expiring": expiring, "expires": "2020-01-01T00:00:00Z", "user_pk": pk});
    let seed = json!({
        "install_id": "i",
        "groups": [{"pk": uuid::Uuid::from_u128(7), "name": "g", "is_superuser": false, "parent": null, "attributes": {}}],
        "users": [user(1), user(2), user(3), user(4), user(5)],
        "tokens": [token("one", 1, false), token("two", 2, false), token("three", 3, false), token("late", 1, true)],
        "permissions": [
            {"user_pk": 1, "permission": "authentik_core.view_user"},
            {"user_pk": 1, "permission": "authentik_core.change_user"},
            {"user_pk": 4, "permission": "authentik_core.enable_group_superuser"},
        ],
        "object_permissions": [
            {"user_pk": 2, "permission": "authentik_core.view_user", "object_pk": 1},
            {"user_pk": 5, "permission": "authentik_core.enable_group_superuser", "object_pk": uuid::Uuid::from_u128(7)},
        ],
    });
    let file = tempfile::NamedTempFile::new().expect("is there");
    std::fs::write(file.path(), seed.to_string()).expect("is there");
    let server = Server::start(&["--database", url, "--seed", file.path().to_str().expect("is there")]);
    let status = |key: &str, method: &str, pk: i64| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = (method == "PATCH").then_some(br#"{"name": "new"}"#.as_slice());
        send(server.address, method, &format!("/api/v3/core/users/{pk}/"), &headers, body)
            .expect("is there")
            .status
    };
    assert_eq!([status("one", "PATCH", 2), status("one", "GET", 3)], [200, 200]);
    assert_eq!([status("two", "GET", 1), status("two", "PATCH", 1)], [200, 403]);
    assert_ne!(status("two", "GET", 3), 200);
    assert_eq!([status("three", "GET", 1), status("late", "GET", 1)], [403, 403]);
    // Holders of a right to grant superuser status, global or for one group, are privileged.
    let change_email = |pk: i64| {
        let headers = [("authorization", "Bearer one"), ("content-type", "application/json")];
        let target = format!("/api/v3/core/users/{pk}/");
        let body = br#"{"email": "new@example.com"}"#;
        send(server.address, "PATCH", &target, &headers, Some(body)).expect("is there").status
    };
    assert_eq!([2, 4, 5].map(change_email), [200, 403, 403]);
    assert_eq!([status("one", "PATCH", 4), status("one", "PATCH", 5)], [200, 200]);
}
