//! Every recorded request through the built server with `--seed` and `--policy authentik-2025.2` on SQLite: the
//! response over a socket, the row from the database file.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use sqlx::SqlitePool;
use userbook::{UserId, UserStore, store::SnapshotQuery};
use userbook_sqlx::{SqliteStore, sqlite::connect_options};
use userbook_tests::{
    binary::{Server, send},
    corpus::{
        self, Case,
        compare::{Observed, faults, row},
    },
    replay::{Report, target},
};

use crate::support::Folder;

#[test]
fn recorded_requests_match_through_the_server_on_sqlite() {
    let cases = corpus::cases();
    let report = Mutex::new(Report::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let work = || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let faults = replay(case);
                    report.lock().unwrap().note(case, faults);
                }
            };
            // Some responses nest too deeply for the default thread stack of a debug build.
            std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work).unwrap();
        }
    });
    let report = report.into_inner().unwrap();
    println!("{report}");
    assert!(report.mismatches.is_empty(), "{report}");
}

fn replay(case: &Case) -> Vec<String> {
    let folder = Folder::new();
    let path = folder.seed(&seed(case));
    let database = folder.database();
    let server = Server::start(&["--database", &database, "--seed", &path, "--policy", "authentik-2025.2"]);
    let request = &case.recorded.request;
    let headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let body = (request.body.is_some() || request.body_base64.is_some()).then(|| request.bytes());
    let answer = send(server.address, &request.method, &target(request), &headers, body.as_deref());
    server.kill();
    match answer {
        Ok(answer) => faults(
            case,
            &Observed {
                status: answer.status,
                allow: answer.header("allow").map(str::to_owned),
                row: left_behind(&database, case.subject()),
                body: answer.body,
            },
        ),
        Err(error) => vec![format!("no answer: {error}")],
    }
}

fn left_behind(database: &str, subject: Option<i64>) -> Option<Value> {
    let user = UserId(subject?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = SqlitePool::connect_with(connect_options(database).unwrap()).await.unwrap();
        let snapshot = SqliteStore::new(pool.clone()).load(&SnapshotQuery::user(user)).await.unwrap();
        pool.close().await;
        snapshot.user.as_ref().map(row)
    })
}

fn seed(case: &Case) -> Value {
    let actor = &case.recorded.actor;
    let user_pk = actor.user_pk;
    let tokens: Vec<Value> = actor
        .token
        .iter()
        .map(|token| {
            json!({
                "key": token.key, "intent": token.intent, "expiring": token.expiring,
                "expires": token.expires, "user_pk": user_pk,
            })
        })
        .collect();
    let global = |permission: &String| json!({"user_pk": user_pk, "permission": permission});
    let on_users: Vec<Value> = actor
        .object_permissions
        .iter()
        .map(|object| {
            let key = object.user_pk.map_or_else(|| json!(object.group_pk), Value::from);
            json!({"user_pk": user_pk, "permission": object.perm, "object_pk": key})
        })
        .collect();
    let mut seed = case.given.json.clone();
    seed["tokens"] = json!(tokens);
    seed["permissions"] = actor.permissions.iter().map(global).collect();
    seed["object_permissions"] = json!(on_users);
    seed
}
