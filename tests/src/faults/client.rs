//! One changing request, and what the client learns from the response.

use std::{
    collections::HashMap,
    io::Write,
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use userbook::{Revision, UserId};
use uuid::Uuid;

use super::directory::{ADMINS, GROUPS, PEOPLE, key};
use crate::{
    binary::{self, receive},
    history::{Answer, Operation, State},
};

/// How long a client waits for a response.
const PATIENCE: Duration = Duration::from_secs(40);

/// The entity tags that clients saw last, by user; all clients share them.
pub(super) type Tags = Arc<Mutex<HashMap<i64, String>>>;

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Overwrites several columns.
    Overwrite,
    /// Overwrites several columns if the user still has the last seen state.
    IfMatch,
    /// Merges a unique member into the attributes.
    Merge,
    /// Sets the groups, so that users gain and lose superuser status.
    Groups,
    /// Deactivates or reactivates an administrator.
    Activity,
}

impl Kind {
    pub(super) const ALL: [Self; 5] =
        [Self::Overwrite, Self::IfMatch, Self::Merge, Self::Groups, Self::Activity];
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Sending {
    request: String,
    user: i64,
    actor: i64,
    body: Value,
    merge: bool,
    if_match: Option<String>,
}

impl Sending {
    /// Draws a request of this kind. The request id becomes the user's new name, so that every request changes
    /// something.
    pub(super) fn draw(kind: Kind, request: String, tags: &Tags) -> Self {
        let admin = || fastrand::i64(ADMINS);
        let user = if kind == Kind::Activity { admin() } else { fastrand::i64(PEOPLE) };
        let mut body = json!({"name": request});
        let mut put =
            |field: &str, value: Value| body.as_object_mut().map(|body| body.insert(field.to_owned(), value));
        match kind {
            Kind::Overwrite | Kind::IfMatch => {
                put("email", json!(format!("{}@example.com", fastrand::u32(..))));
                put("attributes", json!({"by": request}));
            }
            Kind::Merge => {
                put("attributes", json!({fastrand::u8(..8).to_string(): request}));
            }
            Kind::Groups => {
                let groups: Vec<_> = GROUPS.iter().filter(|_| fastrand::bool()).collect();
                put("groups", json!(groups));
            }
            Kind::Activity => {
                put("is_active", json!(fastrand::u8(..3) > 0));
            }
        }
        let seen = || tags.lock().unwrap_or_else(PoisonError::into_inner).get(&user).cloned();
        let if_match = (kind == Kind::IfMatch).then(seen).flatten();
        Self { request, user, actor: admin(), body, merge: kind == Kind::Merge, if_match }
    }

    fn bytes(&self, address: SocketAddr) -> Vec<u8> {
        let bearer = format!("Bearer {}", key(self.actor));
        let kind = if self.merge { "application/merge-patch+json" } else { "application/json" };
        let mut headers = vec![
            ("authorization", bearer.as_str()),
            ("content-type", kind),
            ("x-request-id", self.request.as_str()),
        ];
        headers.extend(self.if_match.as_deref().map(|tag| ("if-match", tag)));
        let target = format!("/api/v3/core/users/{}/", self.user);
        binary::request(address, "PATCH", &target, &headers, Some(self.body.to_string().as_bytes()))
    }

    /// Sends the request. The status is `None` without a response; the result is `None` if no server listens, so that
    /// nothing was sent.
    pub(super) fn send(
        &self,
        address: SocketAddr,
        clock: Instant,
        tags: &Tags,
    ) -> Option<(Operation, Option<u16>)> {
        let mut stream = TcpStream::connect(address).ok()?;
        let begun = micros(clock);
        let bytes = self.bytes(address);
        let exchange = stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.write_all(&bytes))
            .and_then(|()| receive(&mut stream));
        let status = exchange.as_ref().ok().map(|answer| answer.status);
        let answer = exchange.map_or(Answer::Doubt, |answer| self.learn(&answer, tags));
        Some((self.operation(begun, micros(clock), answer), status))
    }

    /// Sends a part of the request (in thousandths) and disconnects.
    pub(super) fn send_part(&self, address: SocketAddr, clock: Instant, part: usize) -> Option<Operation> {
        let mut stream = TcpStream::connect(address).ok()?;
        let begun = micros(clock);
        let bytes = self.bytes(address);
        let sent = bytes.get(..bytes.len() * part / 1000).unwrap_or(&bytes);
        // The server may or may not have received the whole request.
        let written = stream.write_all(sent);
        std::thread::sleep(Duration::from_micros(fastrand::u64(..5000)));
        let _ = written.and_then(|()| stream.shutdown(Shutdown::Both));
        Some(self.operation(begun, micros(clock), Answer::Doubt))
    }

    fn operation(&self, begun: u64, ended: u64, answer: Answer) -> Operation {
        let if_match = self.if_match.as_deref().and_then(revision);
        let (request, user) = (self.request.clone(), UserId(self.user));
        Operation { request, user, begun, ended, if_match, answer }
    }

    fn learn(&self, answer: &binary::Answer, tags: &Tags) -> Answer {
        match answer.status {
            200 => {
                let body: Value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
                let shown = State::of_answer(&body).expect("a user is shown");
                let tag = answer.header("etag").expect("an answer has an entity tag");
                let revision = revision(tag).expect("an entity tag names a revision");
                tags.lock().unwrap_or_else(PoisonError::into_inner).insert(self.user, tag.to_owned());
                Answer::Acknowledged { revision, shown }
            }
            // A 503 with this text states that nothing was written.
            503 => Answer::Refused(503),
            500.. => Answer::Doubt,
            status => Answer::Refused(status),
        }
    }
}

/// Returns the revision in an entity tag.
fn revision(tag: &str) -> Option<Revision> {
    let (id, _) = tag.trim_matches('"').split_once('.')?;
    Uuid::parse_str(id).ok().map(Revision)
}

fn micros(clock: Instant) -> u64 {
    u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX)
}
