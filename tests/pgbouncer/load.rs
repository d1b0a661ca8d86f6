//! Two servers with more connections than PgBouncer has to the database.

use std::{
    collections::BTreeMap,
    sync::Arc,
    thread::{scope, spawn},
};

use serde_json::{Value, json};
use sqlx::ConnectOptions;
use userbook_tests::{
    binary::{Answer, Server, send},
    receiver::{Received, Receiver, versions, wait_for},
    servers::postgres::{PgBouncer, Pooled},
    serving::administer,
};

/// Clients of each server.
const CLIENTS: usize = 6;
/// Rounds of each client.
const ROUNDS: usize = 20;

/// A client of one server.
struct Client<'s> {
    server: &'s Server,
    bearer: &'s str,
}

impl Client<'_> {
    fn ask(&self, method: &str, target: &str, tag: Option<&str>, body: Option<&Value>) -> Answer {
        let mut headers = vec![("authorization", self.bearer), ("content-type", "application/json")];
        headers.extend(tag.map(|tag| ("if-match", tag)));
        let body = body.map(Value::to_string);
        let target = format!("/api/v3/core/{target}");
        send(self.server.address, method, &target, &headers, body.as_deref().map(str::as_bytes)).unwrap()
    }

    fn json(&self, method: &str, target: &str, body: Option<&Value>, status: u16) -> Value {
        let answer = self.ask(method, target, None, body);
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, status, "{method} {target}: {text}");
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// Adds 1 to the counter of a user that all clients change.
    fn count(&self, user: i64) {
        let target = format!("users/{user}/");
        loop {
            let shown = self.ask("GET", &target, None, None);
            assert_eq!(shown.status, 200);
            let row: Value = serde_json::from_slice(&shown.body).unwrap();
            let n = row["attributes"]["n"].as_u64().unwrap_or_default();
            let body = json!({"attributes": {"n": n + 1}});
            match self.ask("PATCH", &target, shown.header("etag"), Some(&body)).status {
                200 => return,
                409 | 412 => {}
                status => panic!("{status}"),
            }
        }
    }

    /// Changes a user of its own, its membership and a group of its own, lists, and counts.
    fn work(&self, user: i64, group: &str, counter: i64) {
        for round in 1..=ROUNDS {
            let name = format!("round {round}");
            self.json("PATCH", &format!("users/{user}/"), Some(&json!({"name": name})), 200);
            let member = json!({"pk": user});
            self.json("POST", &format!("groups/{group}/add_user/"), Some(&member), 204);
            let listed = self.json("GET", &format!("users/?groups_by_pk={group}&search=round"), None, 200);
            let row = &listed["results"][0];
            assert_eq!((&row["pk"], &row["name"]), (&json!(user), &json!(name)), "{listed}");
            self.json("POST", &format!("groups/{group}/remove_user/"), Some(&member), 204);
            let new = json!({"name": format!("{user} {round}"), "parent": group});
            let created = self.json("POST", "groups/", Some(&new), 201);
            let created = created["pk"].as_str().unwrap().to_owned();
            self.json("DELETE", &format!("groups/{created}/"), None, 204);
            self.count(counter);
        }
    }
}

fn administration(url: &str, arguments: &[&str]) -> Value {
    let output = administer(url, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgBouncer 1.21"]
async fn two_servers_lose_no_update_and_no_event() {
    let database = Pooled::blank().await;
    let url = database.options().to_url_lossy().to_string();
    let demo = administration(&url, &["demo", "--json"]);
    let bearer = format!("Bearer {}", demo["tokens"][0]["key"].as_str().unwrap());
    let receiver = Receiver::start("127.0.0.1:0", Received::default(), Arc::new(|_| 204));
    let webhook = format!("http://{}/", receiver.address);
    let arguments = ["--database", &url, "--database-connections", "8", "--events", &webhook];
    let servers = [(); 2].map(|()| Server::start(&arguments));
    let client = |n: usize| Client { server: &servers[n % 2], bearer: &bearer };
    let create = |name: &str| {
        let created = client(0).json("POST", "users/", Some(&json!({"username": name, "name": ""})), 201);
        created["pk"].as_i64().unwrap()
    };
    let counter = create("counter");
    let users: Vec<i64> = (0..2 * CLIENTS).map(|n| create(&format!("own{n}"))).collect();
    scope(|scope| {
        for (n, user) in users.iter().enumerate() {
            let client = client(n);
            scope.spawn(move || {
                let group = json!({"name": format!("group {user}")});
                let group = client.json("POST", "groups/", Some(&group), 201);
                client.work(*user, group["pk"].as_str().unwrap(), counter);
            });
        }
    });
    let shown = client(1).json("GET", &format!("users/{counter}/"), None, 200);
    assert_eq!(shown["attributes"]["n"], json!(users.len() * ROUNDS), "an update was lost");
    let connections = database.server_connections().await;
    assert!((1..=i64::from(PgBouncer::SERVER_CONNECTIONS)).contains(&connections), "{connections}");

    let pending = || administration(&url, &["events", "list", "--pending", "--json"]);
    wait_for("events do not arrive", || pending() == json!([]));
    // The creation is version 1. Each change of name, joining and leaving follows, or each change of the counter.
    let changes = |user: &i64| if *user == counter { users.len() * ROUNDS } else { 3 * ROUNDS };
    let received: BTreeMap<String, Vec<u64>> = versions(&receiver.received);
    for user in users.iter().chain([&counter]) {
        let mut versions = received.get(&json!({"user": user}).to_string()).cloned().unwrap_or_default();
        versions.sort_unstable();
        assert_eq!(
            versions,
            (1..=1 + changes(user) as u64).collect::<Vec<_>>(),
            "an event of user {user} is lost"
        );
    }
    assert_eq!(administration(&url, &["check", "--json"]), json!({"problems": []}));
    for server in servers {
        let log = spawn(move || server.log().1).join().unwrap();
        assert!(!log.contains("prepared statement") && !log.contains("request failed"), "{log}");
    }
}
