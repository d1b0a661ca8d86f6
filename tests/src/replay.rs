//! Sends the requests of the corpus and compares the responses.

use std::{collections::BTreeMap, fmt};

use axum::{Router, body::Body, http};
use http_body_util::BodyExt;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tower_service::Service;
use userbook::{
    Policy, UserId,
    store::{ListStore, ProvisioningStore, SnapshotQuery},
};

use crate::{
    corpus::{
        Case, Expect,
        case::Request,
        compare::{Observed, faults, row},
    },
    host::app,
};

/// Characters that no HTTP client can send in a target; everything else stays as recorded, escapes included.
const UNSENDABLE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'#').add(b'?');

/// The result of a replay.
#[derive(Debug, Default)]
pub struct Report {
    matched: BTreeMap<Expect, usize>,
    total: BTreeMap<Expect, usize>,
    /// Cases with their differences.
    pub mismatches: BTreeMap<String, Vec<String>>,
}

impl Report {
    /// Records a case.
    pub fn note(&mut self, case: &Case, faults: Vec<String>) {
        let expect = case.recorded.expect;
        *self.total.entry(expect).or_default() += 1;
        if faults.is_empty() {
            *self.matched.entry(expect).or_default() += 1;
        } else {
            self.mismatches.insert(case.recorded.id.clone(), faults);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (expect, total) in &self.total {
            writeln!(f, "{expect}: {} of {total}", self.matched.get(expect).copied().unwrap_or(0))?;
        }
        for (id, faults) in &self.mismatches {
            writeln!(f, "{id}: {}", faults.join("; "))?;
        }
        Ok(())
    }
}

/// Sends the request of a case to an application on `store`, which must contain the given rows. Returns the
/// differences and the response body.
pub async fn replay<S: ProvisioningStore + ListStore + Clone>(
    case: &Case,
    store: S,
    policy: Policy,
) -> (Vec<String>, Vec<u8>) {
    let (status, allow, body) = send(app(case, store.clone(), policy), &case.recorded.request).await;
    let mut left = None;
    let mut others = Vec::new();
    for given in &case.given.users {
        let query = SnapshotQuery::user(UserId(given.pk));
        let user = store.load(&query).await.expect("the store answers").user;
        if Some(given.pk) == case.subject() {
            left = user.as_ref().map(row);
        } else if user != Some(given.row()) {
            others.push(format!("user {} has changed too", given.pk));
        }
    }
    let observed = Observed { status, allow, body, row: left };
    let mut found = faults(case, &observed);
    found.extend(others);
    (found, observed.body)
}

async fn send(mut app: Router, recorded: &Request) -> (u16, Option<String>, Vec<u8>) {
    let response = app.call(request(recorded)).await.expect("an application always responds");
    let status = response.status().as_u16();
    let allow = response.headers().get(http::header::ALLOW);
    let allow = allow.map(|methods| methods.to_str().expect("names of methods").to_owned());
    let body = response.into_body().collect().await.expect("the body arrives").to_bytes();
    (status, allow, body.to_vec())
}

/// Returns path and query in a form that can be sent.
pub fn target(recorded: &Request) -> String {
    let mut target = utf8_percent_encode(&recorded.path, UNSENDABLE).to_string();
    if let Some(query) = recorded.query.as_deref().filter(|query| !query.is_empty()) {
        target.push('?');
        target.extend(utf8_percent_encode(query, UNSENDABLE));
    }
    target
}

fn request(recorded: &Request) -> http::Request<Body> {
    let mut request = http::Request::builder().method(recorded.method.as_str()).uri(target(recorded));
    for (name, value) in &recorded.headers {
        request = request.header(name, value.as_bytes());
    }
    request.body(Body::from(recorded.bytes())).expect("a request that can be sent")
}
