//! On a SQLite file, compared with an axum host written by hand: `rusqlite` in `spawn_blocking`, the same durability.
//! Both on the machine's disk and with slow syncs.

use std::{path::Path, process::Command};

use super::{CONNECTIONS, rates::Rates, seeded::Seeded};
use crate::{
    Failure,
    figure::{Bound, Figure},
    measure::{
        Found, Setting,
        program::{Served, build, serve, text},
        slow_sync,
    },
};

const BASELINE: &str = "an axum host by hand: token, load and commit by rusqlite in spawn_blocking";

pub(crate) fn run(setting: &Setting) -> Result<Found, Failure> {
    build("serve")?;
    let rates = measure(setting, &CONNECTIONS, setting.pick(5, 1), Command::from)?;
    let figure = |name, value, least| Figure {
        name,
        value,
        bound: Bound::AtLeast(least),
        baseline: BASELINE,
        detail: rates.detail(),
    };
    let mut figures = vec![
        figure("server_put_sqlite_1", rates.worst(|connections| connections == 1), 0.9),
        figure("server_put_sqlite", rates.worst(|connections| connections >= 16), 1.3),
        Figure {
            baseline: "itself with fewer connections: the least ratio of a step from 1 to 4, 16 and 64",
            detail: rates.ours(),
            ..figure("server_put_sqlite_growth", rates.growth(), 1.0)
        },
    ];
    if slow_sync::is_available("server_put_sqlite_slow_sync") {
        let rates = measure(setting, &[16, 64], setting.pick(3, 1), |command| slow_sync::slowed(&command))?;
        figures.push(Figure {
            name: "server_put_sqlite_slow_sync",
            value: rates.worst(|_| true),
            bound: Bound::AtLeast(4.0),
            baseline: "that host; a sync takes 2 ms longer for both; the worse of 16 and 64 connections",
            detail: rates.detail(),
        });
    }
    Ok(Found { figures, plots: Vec::new() })
}

/// Measures on new files; `started` changes how both servers start.
fn measure(
    setting: &Setting,
    connections: &[u32],
    rounds: usize,
    started: fn(Command) -> Command,
) -> Result<Rates, Failure> {
    let seconds = setting.pick(2, 1);
    let [ours, other] = ["ours", "other"].map(|_| tempfile::tempdir_in(&setting.folder));
    let (ours, other) = (ours?, other?);
    let database = |folder: &Path| format!("sqlite:{}", folder.join("users.db").display());
    let server = Seeded::start_as(ours.path(), &database(ours.path()), started)?;
    // The server of the baseline's folder creates its database.
    drop(Seeded::start(other.path(), &database(other.path()))?);
    let by_hand = serve(&["sqlite", text(&other.path().join("users.db"))?])?;
    let by_hand = Served::start(started(by_hand))?;
    Rates::measure(
        connections,
        rounds,
        |connections| Ok(server.put(connections, seconds)?.rate),
        |connections| Ok(server.put_to(by_hand.address(), connections, seconds)?.rate),
    )
}
