//! Every request of the corpus, under both policies.

use userbook::Policy;
use userbook_http::Endpoint;
use userbook_tests::corpus::{self, Case};

use crate::{
    hosts::{Hosts, WAYS},
    request::Sent,
    switch::{Switch, api, left},
};

/// Sends the request in every way to fresh directories. Returns the status of the bare response, and the differing
/// ways.
pub(crate) fn differences(hosts: &Hosts, case: &Case, policy: &Policy, sent: &Sent) -> (u16, Vec<String>) {
    let on_a_fresh_directory = |ask: &dyn Fn() -> _| {
        let api = hosts.runtime.block_on(api(case, policy));
        hosts.switch.set(api.clone());
        let answer = ask();
        (answer, hosts.runtime.block_on(left(case, &api)))
    };
    let bare = on_a_fresh_directory(&|| hosts.ask_bare(sent));
    let mut wrong = Vec::new();
    for way in WAYS.into_iter().filter(|way| !way.routes() || is_routed(&sent.target)) {
        let (answer, left) = on_a_fresh_directory(&|| hosts.ask(way, sent));
        match answer.framed(&bare.0, way) {
            Ok(answer) if answer == bare.0 => {}
            other => wrong.push(format!("{sent:?} {way:?}: {other:?} instead of {:?}", bare.0)),
        }
        if left != bare.1 {
            wrong.push(format!("{sent:?} {way:?}: leaves {left:?} instead of {:?}", bare.1));
        }
    }
    (bare.0.status(), wrong)
}

/// Returns whether a router forwards this target to the endpoint.
fn is_routed(target: &[u8]) -> bool {
    let path = target.split(|byte| *byte == b'?').next().and_then(|path| std::str::from_utf8(path).ok());
    path.is_some_and(|path| Switch::PATHS.iter().any(|pattern| pattern.matches(path)))
}

#[test]
fn every_recorded_request_gets_identical_responses() {
    let hosts = Hosts::start();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in corpus::cases() {
        for policy in [Policy::authentik_2025_2(), Policy::hardened()] {
            wrong.extend(differences(&hosts, &case, &policy, &Sent::from(&case.recorded.request)).1);
            count += 1;
        }
    }
    println!("{count} requests, each in {} ways and without a framework", WAYS.len());
    assert!(count > 0 && wrong.is_empty(), "{} differ: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}
