//! Userbook through axum on the memory store, compared with handwritten code behind axum that returns the same bytes:
//! PUT of a user, and a page of users. `wrk` sends the requests; each server runs in a separate process.

use serde_json::json;
use tokio::runtime::Runtime;
use userbook_http::{DirectoryApi, USERS_PATH};

use super::{
    Found, Setting,
    program::{Served, build},
    wrk::{Run, Script},
};
use crate::{
    Failure,
    baseline::handwritten::Handwritten,
    directory::rows,
    figure::{Bound, Figure},
    stats::Paired,
    traffic,
};

pub(super) const CONNECTIONS: u32 = 16;
pub(super) const USERS: i64 = 200;
const PAGE_SIZE: usize = 20;

/// Runs the requests against a new server of this kind.
pub(super) fn fresh(kind: &str, script: &Script, seconds: u64) -> Result<Run, Failure> {
    script.run(Served::serve(&[kind])?.address(), CONNECTIONS, seconds)
}

pub(super) fn put(setting: &Setting) -> Result<Found, Failure> {
    build("serve")?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let script = Script::put(folder.path(), 1..=USERS, None, traffic::typical_put)?;
    let (seconds, rounds) = (setting.pick(2, 1), setting.pick(7, 2));
    let [mut rate, mut p99, mut echo, mut show] = std::array::from_fn(|_| Paired::default());
    for _ in 0..rounds {
        let [ours, by_hand, echoed, shown] =
            ["userbook", "handwritten", "echo", "show"].map(|kind| fresh(kind, &script, seconds));
        let (ours, by_hand) = (ours?, by_hand?);
        rate.push(ours.rate, by_hand.rate);
        p99.push(ours.p99, by_hand.p99);
        echo.push(ours.rate, echoed?.rate);
        show.push(ours.rate, shown?.rate);
    }
    Ok(Figure {
        name: "axum_vs_handwritten",
        value: rate.ratio(),
        bound: Bound::AtLeast(0.75),
        baseline: "the update by hand behind axum, which returns the same bytes; wrk, 16 connections",
        detail: json!({
            "rate": rate.detail("requests/s"),
            "p99": p99.detail("ms"),
            "against_echo": echo.detail("requests/s"),
            "against_a_user_as_answer": show.detail("requests/s"),
        }),
    }
    .into())
}

pub(super) fn list_page(setting: &Setting) -> Result<Found, Failure> {
    build("serve")?;
    let path = format!("{USERS_PATH}?page_size={PAGE_SIZE}");
    same_page(&path)?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let script = Script::get(folder.path(), &path)?;
    let (seconds, rounds) = (setting.pick(2, 1), setting.pick(7, 2));
    let (mut rate, mut p99) = (Paired::default(), Paired::default());
    for _ in 0..rounds {
        let ours = fresh("directory", &script, seconds)?;
        let by_hand = fresh("handwritten", &script, seconds)?;
        rate.push(ours.rate, by_hand.rate);
        p99.push(ours.p99, by_hand.p99);
    }
    Ok(Figure {
        name: "list_page_vs_handwritten",
        value: rate.ratio(),
        bound: Bound::AtLeast(0.7),
        baseline: "20 of 1,000 users by hand behind axum, the same bytes; wrk, 16 connections",
        detail: json!({"rate": rate.detail("requests/s"), "p99": p99.detail("ms")}),
    }
    .into())
}

/// Checks that both return the same page.
fn same_page(path: &str) -> Result<(), Failure> {
    let api = DirectoryApi::from(traffic::api(USERS)?);
    let request = http::Request::get(path).body(http_body_util::Empty::<bytes::Bytes>::new())?;
    let ours = Runtime::new()?.block_on(api.handle(request)).into_body();
    let by_hand = Handwritten::new(&rows(USERS)).first_page(PAGE_SIZE).unwrap_or_default();
    if ours == by_hand {
        Ok(())
    } else {
        let [ours, by_hand] = [&ours[..], &by_hand].map(String::from_utf8_lossy);
        Err(format!("different pages:\n{ours}\n{by_hand}").into())
    }
}
