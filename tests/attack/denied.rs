//! Denied callers: their requests cause the same calls whatever the target is and whatever the body says, and their
//! bodies are not read.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use crate::{
    scene::*,
    setting::{Setting, everywhere},
};
use bytes::Bytes;
use http_body::{Body, Frame};
use serde_json::{Value, json};

everywhere!(
    c1_h4_bodies_of_denied_callers_are_never_polled,
    c2_true_and_false_guesses_cause_the_same_calls_and_answers,
    c2_every_target_causes_the_same_calls,
    c2_ids_that_cannot_exist_cost_the_same,
    c2_members_cause_the_same_calls,
);

/// Callers who may change no user but perhaps another one.
const DENIED: [Option<i64>; 6] =
    [None, Some(NOBODY), Some(VIEWER), Some(SELF_ONLY), Some(ONLY_ONE), Some(JOINER)];

/// A body that records whether it was polled.
struct Watched(Arc<AtomicBool>);

impl Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.store(true, Ordering::Relaxed);
        Poll::Ready(None)
    }
}

async fn c1_h4_bodies_of_denied_callers_are_never_polled(at: Setting) {
    let scene = Scene::new(at).await;
    let member = |number, action| format!("groups/{}/{action}/", group(number));
    let mut paths: Vec<String> =
        [ADMIN, HIDDEN, MISSING, ANONYMOUS].iter().map(|id| format!("users/{id}/")).collect();
    paths.extend(["users/9/?dry_run=true".to_owned(), "users/nonsense/".to_owned()]);
    paths.extend([SECRET, NO_GROUP].map(|number| member(number, "remove_user")));
    for path in paths {
        let methods: &[&str] = if path.starts_with("users") { &["PUT", "PATCH"] } else { &["POST"] };
        for (method, media_type) in methods.iter().flat_map(|it| [JSON, JSON_PATCH].map(|media| (*it, media)))
        {
            for by in DENIED {
                let polled = Arc::new(AtomicBool::new(false));
                let body = Watched(Arc::clone(&polled));
                let answer = scene.send(by, method, &path, media_type, body).await;
                let status = answer.status.as_u16();
                let case = format!("{at} {by:?} {method} {path} {media_type}: {status}");
                assert!(status == 403 || status == 404, "{case}");
                assert!(!polled.load(Ordering::Relaxed), "{case}");
            }
        }
    }
}

/// Operations that run for long if the ones before them succeed.
fn with_tail(operation: &Value) -> Value {
    let mut operations =
        vec![operation.clone(), json!({"op": "add", "path": "/attributes/zz", "value": ["a", "a"]})];
    operations
        .extend((0..15).map(|_| json!({"op": "copy", "from": "/attributes/zz", "path": "/attributes/zz/0"})));
    json!(operations)
}

fn test(path: &str, value: impl Into<Value>) -> Value {
    with_tail(&json!({"op": "test", "path": path, "value": value.into()}))
}

fn remove(path: &str) -> Value {
    with_tail(&json!({"op": "remove", "path": path}))
}

/// A guess about a user: the media type, and the body of a true and of a false guess.
fn guesses() -> Vec<(i64, &'static str, Value, Value)> {
    vec![
        (ADMIN, JSON_PATCH, test("/email", "root@example.com"), test("/email", "boot@example.com")),
        (
            ADMIN,
            JSON_PATCH,
            test("/attributes/mfa/seed", "JBSWY3DP"),
            test("/attributes/mfa/seed", "JBSWY3DX"),
        ),
        (ADMIN, JSON_PATCH, test("/attributes/pin", 4711), test("/attributes/pin", 4712)),
        (HIDDEN, JSON_PATCH, remove("/attributes/iban"), remove("/attributes/xyzw")),
        (HIDDEN, JSON_PATCH, test("/groups/0", json!(group(SECRET))), test("/groups/0", json!(group(STAFF)))),
        (RETIRED, JSON_PATCH, test("/is_active", false), test("/is_active", true)),
        (RETIRED, JSON_PATCH, test("/is_superuser", true), test("/is_superuser", false)),
        (ALICE, JSON, json!({"username": "hidden"}), json!({"username": "hidde2"})),
        (ALICE, JSON, json!({"groups": groups(&[SECRET])}), json!({"groups": groups(&[NO_GROUP])})),
        (ADMIN, JSON, json!({"is_active": false}), json!({"is_active": true})),
        (ADMIN, JSON, json!({"groups": []}), json!({"groups": groups(&[ADMINS])})),
        (ADMIN, MERGE_PATCH, json!({"attributes": {"pin": null}}), json!({"attributes": {"pim": null}})),
        (ADMIN, JSON, json!({"name": "ADMIN"}), json!({"name": "AD/IN"})),
        (ADMIN, JSON, json!({"email": "root@example.com"}), json!({"email": "no address"})),
    ]
}

async fn c2_true_and_false_guesses_cause_the_same_calls_and_answers(at: Setting) {
    let scene = Scene::new(at).await;
    for (target, media_type, right, wrong) in guesses() {
        for by in DENIED.into_iter().filter(|by| *by != Some(ONLY_ONE) || target != ALICE) {
            let path = format!("users/{target}/");
            let mut seen = Vec::new();
            for body in [&right, &wrong] {
                let answer = scene.send(by, "PATCH", &path, media_type, full(body)).await;
                seen.push((answer.status, answer.json, scene.work().await));
            }
            assert_eq!(seen[0], seen[1], "{at} {by:?} {path} {right}");
        }
    }
}

/// Existing and missing, hidden, ordinary and privileged users.
const TARGETS: [i64; 8] = [ADMIN, ADMIN2, RETIRED, HIDDEN, GRANTER, OUTPOST, ANONYMOUS, MISSING];

/// The record of a call that decides which groups are shown.
const SHOWN_GROUPS: &str = "authorize ";

async fn c2_every_target_causes_the_same_calls(at: Setting) {
    let deactivates = json!({"is_active": false});
    let leaves = json!({"groups": [], "email": "x@example.com"});
    let scene = Scene::new(at).await;
    for by in DENIED {
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH"] {
            let bodies = if method.starts_with('P') { &[&deactivates, &leaves][..] } else { &[&Value::Null] };
            for body in bodies {
                let mut calls = Vec::new();
                let mut answers = Vec::new();
                for target in TARGETS {
                    let path = format!("users/{target}/");
                    let answer = scene.send(by, method, &path, JSON, full(body)).await;
                    let mut work = scene.work().await;
                    if answer.status == 200 {
                        // A caller who may view the user also causes a call about the groups that are shown.
                        work.retain(|call| call != SHOWN_GROUPS);
                    }
                    calls.push(work);
                    answers.push((answer.status, answer.json));
                }
                let case = format!("{at} {by:?} {method} {body}");
                assert!(calls.iter().all(|it| *it == calls[0]), "{case}: {calls:#?}");
                // Anonymous callers hold no right, so nothing is loaded for them.
                assert_eq!(calls[0].is_empty(), by.is_none(), "{case}: {calls:#?}");
                // Callers who may view every user learn which users exist.
                if ![Some(VIEWER), Some(JOINER)].contains(&by) {
                    assert!(answers.iter().all(|it| *it == answers[0]), "{case}: {answers:#?}");
                }
            }
        }
    }
}

async fn c2_ids_that_cannot_exist_cost_the_same(at: Setting) {
    let scene = Scene::new(at).await;
    for by in DENIED {
        let mut seen = Vec::new();
        for id in ["999", "nonsense", "9223372036854775808", "-1"] {
            let answer = scene.send(by, "PATCH", &format!("users/{id}/"), JSON, full(&json!({}))).await;
            seen.push((answer.status, answer.json, scene.work().await.len()));
        }
        assert!(seen.iter().all(|it| *it == seen[0]), "{by:?}: {seen:?}");
    }
}

async fn c2_members_cause_the_same_calls(at: Setting) {
    let scene = Scene::new(at).await;
    for (by, action) in [(JOINER, "remove_user"), (DESK, "add_user"), (NOBODY, "add_user")] {
        let mut seen = Vec::new();
        for (number, user) in [(STAFF, ALICE), (SECRET, HIDDEN), (ADMINS, ADMIN), (ADMINS, MISSING)] {
            let answer = scene.member(by, action, number, user).await;
            seen.push((answer.status, answer.json, scene.work().await));
        }
        assert_eq!(seen[0].0, 403);
        assert!(seen.iter().all(|it| *it == seen[0]), "{at} {by} {action}: {seen:#?}");
    }
}
