//! Pushes of members to the reference server while the server is killed.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};

use crate::{
    binary::{Server, send},
    connecting::done,
};

/// The number of kills; `USERBOOK_KILL_ROUNDS` overrides it.
const KILLS: u64 = 20;
/// The number of users, each pushed by a writer of its own.
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

/// What a writer knows about the membership of its user.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// After the last acknowledged push.
    acknowledged: bool,
    /// After the last push.
    sent: bool,
}

/// Pushes the user in and out until the connection breaks.
fn push(client: &Client, group: &str, user: &str, mut known: Known) -> (Known, u64) {
    let target = format!("/Groups/{group}");
    let mut pushes = 0;
    loop {
        known.sent = !known.sent;
        let operation = if known.sent {
            json!({"op": "add", "path": "members", "value": [{"value": user}]})
        } else {
            json!({"op": "remove", "path": format!("members[value eq \"{user}\"]")})
        };
        let body = json!({"schemas": [PATCH], "Operations": [operation]});
        let Some((status, answer)) = client.ask("PATCH", &target, Some(&body)) else {
            return (known, pushes);
        };
        assert_eq!(status, 200, "{answer}");
        known.acknowledged = known.sent;
        pushes += 1;
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
    let users: Vec<String> = (0..WRITERS)
        .map(|n| {
            first.create("/Users", &json!({"schemas": [USER], "userName": format!("u{n}"), "active": true}))
        })
        .collect();
    server.kill();

    let mut all = [Known { acknowledged: false, sent: false }; WRITERS];
    let (mut random, mut pushes) = (0x9e37_79b9_7f4a_7c15_u64, 0);
    let kills = std::env::var("USERBOOK_KILL_ROUNDS").map_or(KILLS, |it| it.parse().expect("a number"));
    for kill in 0..kills {
        let server = Server::start(&arguments);
        check(&client(&server), &group, &users, &mut all, kill);
        std::thread::scope(|scope| {
            let writers: Vec<_> = users
                .iter()
                .zip(all)
                .map(|(user, known)| {
                    let (client, group) = (client(&server), &group);
                    scope.spawn(move || push(&client, group, user, known))
                })
                .collect();
            // No wait for a condition: the moment of the kill varies.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            std::thread::sleep(Duration::from_micros(20_000 + (random >> 46)));
            server.kill();
            for (known, writer) in all.iter_mut().zip(writers) {
                let (after, count) = writer.join().expect("the writer does not panic");
                *known = after;
                pushes += count;
            }
        });
    }
    let server = Server::start(&arguments);
    check(&client(&server), &group, &users, &mut all, kills);
    assert!(pushes > 0, "no push was acknowledged");
    println!("{kills} kills, {pushes} acknowledged pushes");
}

/// Requires that each user is a member as the last acknowledged push says, or as the unanswered push after it.
fn check(client: &Client, group: &str, users: &[String], all: &mut [Known], kill: u64) {
    let (status, shown) = client.ask("GET", &format!("/Groups/{group}"), None).expect("an answer");
    assert_eq!(status, 200, "{shown}");
    let members = shown["members"].as_array().expect("members");
    for (user, known) in users.iter().zip(all) {
        let is_member = members.iter().any(|member| member["value"] == user.as_str());
        let Known { acknowledged, sent } = *known;
        assert!(is_member == acknowledged || is_member == sent, "kill {kill}: {user} {is_member} {known:?}");
        // The unanswered push may still arrive: the next one sets the state that the writer knows.
        *known = Known { acknowledged: is_member, sent: is_member };
    }
}
