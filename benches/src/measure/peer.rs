//! One update among 5,000 users in memory and 1,000 users on SQLite, compared with scim-server 0.5.3, a library with
//! the same purpose. Its crate, `benches/peer`, is a workspace of its own.

use std::{path::Path, process::Command, time::Duration};

use http::StatusCode;
use tokio::runtime::Runtime;
use userbook::UserService;
use userbook_http::{Representation, UserApi};

use super::{Found, Setting, program, sqlite::prepared, updates::rate};
use crate::{
    Failure,
    figure::{Bound, Figure},
    stats::{Paired, try_paired},
    traffic::{self, Always, HELPER, permissions, put_without_join},
};

const MEMORY_USERS: i64 = 5000;
const SQLITE_USERS: i64 = 1000;
const BASELINE: &str = "scim-server 0.5.3: update_resource, without HTTP and without rights";

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/peer/Cargo.toml");
    let target = setting.folder.join("peer");
    let peer = program::executable(&[
        "build",
        "--release",
        "--manifest-path",
        manifest,
        "--target-dir",
        program::text(&target)?,
    ])?;
    let figure = |name, paired: &Paired, least| Figure {
        name,
        value: paired.ratio(),
        bound: Bound::AtLeast(least),
        baseline: BASELINE,
        detail: paired.detail("updates/s"),
    };
    let figures = vec![
        figure("peer_scim_server_memory_5000", &memory(setting, &peer)?, 200.0),
        figure("peer_scim_server_sqlite_1000", &sqlite(setting, &peer)?, 20.0),
    ];
    Ok(Found { figures, plots: Vec::new() })
}

/// Compares PUTs through the whole API on the memory store.
fn memory(setting: &Setting, peer: &Path) -> Result<Paired, Failure> {
    let api = traffic::api(MEMORY_USERS)?;
    let mut done = 0;
    try_paired(
        setting.pick(5, 1),
        || {
            let rate = rate(time(setting), &mut done, |n| {
                let user = n % MEMORY_USERS + 1;
                let variant = n / MEMORY_USERS % 2 == 0;
                traffic::send(&api, traffic::request(user, put_without_join(user, variant))?).map(drop)
            });
            traffic::drain(api.service().store())?;
            rate
        },
        || peer_rate(setting, peer, "memory", MEMORY_USERS),
    )
}

/// Compares PUTs through the whole API on a SQLite file.
fn sqlite(setting: &Setting, peer: &Path) -> Result<Paired, Failure> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let store = runtime.block_on(prepared(&folder.path().join("users.db"), SQLITE_USERS))?;
    let service = UserService::new(store, permissions());
    let api = UserApi::new(service, Always(HELPER), Representation::new("bench"));
    let mut done = 0;
    try_paired(
        setting.pick(5, 1),
        || {
            rate(time(setting), &mut done, |n| {
                let user = n % SQLITE_USERS + 1;
                let request = traffic::request(user, put_without_join(user, n / SQLITE_USERS % 2 == 0))?;
                let response = runtime.block_on(api.handle(request));
                match response.status() {
                    StatusCode::OK => Ok(()),
                    status => Err(format!("{status}: {:?}", response.body()).into()),
                }
            })
        },
        || peer_rate(setting, peer, "sqlite", SQLITE_USERS),
    )
}

fn time(setting: &Setting) -> Duration {
    Duration::from_millis(setting.pick(1000, 200))
}

fn peer_rate(setting: &Setting, peer: &Path, kind: &str, users: i64) -> Result<f64, Failure> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let mut command = Command::new(peer);
    command.args([
        kind,
        program::text(folder.path())?,
        &users.to_string(),
        &time(setting).as_millis().to_string(),
    ]);
    let output = program::output(&mut command, Duration::from_mins(2))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| format!("peer: {text}{}", String::from_utf8_lossy(&output.stderr)).into())
}
