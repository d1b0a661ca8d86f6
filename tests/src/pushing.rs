//! Pushes of members to the reference server while the server is killed.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};

use crate::{
    binary::{Server, send},
    connecting::done,
};

/// The number of kills; `USERBOOK_KILL_ROUNDS` overrides it.
const KILLS: u64 = 20;
/// The number of writers, each with users of its own.
const WRITERS: usize = 4;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// An identity provider.
struct Client {
    address: SocketAddr,
    bearer: String,
}

impl Client {
    /// Sends a request; `None` if the connection breaks.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let headers = [("authorization", self.bearer.as_str()), ("content-type", "application/scim+json")];
        let body = body.map(Value::to_string);
        let target = format!("/scim/v2{path}");
        let answer =
            send(self.address, method, &target, &headers, body.as_deref().map(str::as_bytes)).ok()?;
        // A broken connection can end an answer early.
        Some((answer.status, serde_json::from_slice(&answer.body).ok()?))
    }

    fn create(&self, path: &str, body: &Value) -> String {
        let (status, answer) = self.ask("POST", path, Some(body)).expect("an answer");
        assert_eq!(status, 201, "{answer}");
        answer["id"].as_str().expect("an id").to_owned()
    }
}

/// Users of one writer. Each push adds the next of them and removes the one before: exactly one is a member.
const USERS: usize = 3;

/// A writer: its users, and the pushes that were acknowledged.
#[derive(Debug)]
struct Writer {
    users: [String; USERS],
    acknowledged: usize,
}

impl Writer {
    /// The body of a push.
    fn body(&self, push: usize) -> Value {
        let (added, removed) = (&self.users[push % USERS], &self.users[(push + USERS - 1) % USERS]);
        json!({"schemas": [PATCH], "Operations": [
            {"op": "add", "path": "members", "value": [{"value": added}]},
            {"op": "remove", "path": format!("members[value eq \"{removed}\"]")},
        ]})
    }

    /// Pushes until the connection breaks. Returns the number of acknowledged pushes.
    fn push(&mut self, client: &Client, group: &str) -> u64 {
        let target = format!("/Groups/{group}");
        let mut pushes = 0;
        while let Some((status, answer)) =
            client.ask("PATCH", &target, Some(&self.body(self.acknowledged + 1)))
        {
            assert_eq!(status, 200, "{answer}");
            self.acknowledged += 1;
            pushes += 1;
        }
        pushes
    }
}

/// Kills the server at random moments of pushes to one group. Afterwards every acknowledged push has its effect.
pub fn kills_during_pushes_lose_no_member(url: &str) {
    done(url, &["demo", "--json"]);
    let bearer = format!("Bearer {}", done(url, &["scim", "connect", "okta"]).trim());
    let arguments = ["--database", url, "--scim"];
    let client = |server: &Server| Client { address: server.address, bearer: bearer.clone() };
    let server = Server::start(&arguments);
    let first = client(&server);
    let group = first.create("/Groups", &json!({"schemas": [GROUP], "displayName": "crew"}));
    let user = |writer: usize, n: usize| {
        first.create(
            "/Users",
            &json!({"schemas": [USER], "userName": format!("u{writer}-{n}"), "active": true}),
        )
    };
    let writer = |writer| Writer { users: std::array::from_fn(|n| user(writer, n)), acknowledged: 0 };
    let mut writers: Vec<Writer> = (0..WRITERS).map(writer).collect();
    server.kill();

    let (mut random, mut pushes) = (0x9e37_79b9_7f4a_7c15_u64, 0);
    let kills = std::env::var("USERBOOK_KILL_ROUNDS").map_or(KILLS, |it| it.parse().expect("a number"));
    for kill in 0..kills {
        let server = Server::start(&arguments);
        check(&client(&server), &group, &writers, kill);
        std::thread::scope(|scope| {
            let running: Vec<_> = writers
                .iter_mut()
                .map(|writer| {
                    let (client, group) = (client(&server), &group);
                    scope.spawn(move || writer.push(&client, group))
                })
                .collect();
            // No wait for a condition: the moment of the kill varies.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            std::thread::sleep(Duration::from_micros(20_000 + (random >> 46)));
            server.kill();
            for writer in running {
                pushes += writer.join().expect("the writer does not panic");
            }
        });
    }
    let server = Server::start(&arguments);
    check(&client(&server), &group, &writers, kills);
    assert!(pushes > 0, "no push was acknowledged");
    println!("{kills} kills, {pushes} acknowledged pushes");
}

/// Requires that each writer has the member of its last acknowledged push, or of the unanswered push after it, which
/// the next round repeats.
fn check(client: &Client, group: &str, writers: &[Writer], kill: u64) {
    let (status, shown) = client.ask("GET", &format!("/Groups/{group}"), None).expect("an answer");
    assert_eq!(status, 200, "{shown}");
    let none = Vec::new();
    let members = shown.get("members").map_or(&none, |members| members.as_array().expect("a list"));
    for writer in writers {
        let is_member = |n: &usize| members.iter().any(|member| member["value"] == writer.users[*n].as_str());
        let found: Vec<usize> = (0..USERS).filter(is_member).collect();
        let (last, next) = (writer.acknowledged % USERS, (writer.acknowledged + 1) % USERS);
        let is_right = match found.as_slice() {
            [] => writer.acknowledged == 0,
            [one] => *one == next || writer.acknowledged > 0 && *one == last,
            _ => false,
        };
        assert!(is_right, "kill {kill}: members {found:?} after {} pushes", writer.acknowledged);
    }
}
