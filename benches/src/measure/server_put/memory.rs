//! In memory, compared with an axum host written by hand: a token, a map, the same answer.

use super::{
    CONNECTIONS, USERS,
    rates::Rates,
    seeded::{Seeded, TOKEN},
};
use crate::{
    Failure,
    figure::{Bound, Figure},
    measure::{
        Found, Setting,
        program::{Served, build},
    },
};

pub(crate) fn run(setting: &Setting) -> Result<Found, Failure> {
    build("serve")?;
    let (seconds, rounds) = (setting.pick(2, 1), setting.pick(5, 1));
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let server = Seeded::start(folder.path(), "memory:")?;
    let by_hand = Served::serve(&["handwritten", "--users", &USERS.to_string(), "--token", TOKEN])?;
    let rates = Rates::measure(
        &CONNECTIONS,
        rounds,
        |connections| Ok(server.put(connections, seconds)?.rate),
        |connections| Ok(server.put_to(by_hand.address(), connections, seconds)?.rate),
    )?;
    Ok(Figure {
        name: "server_put_memory",
        value: rates.worst(|_| true),
        bound: Bound::Unbounded,
        baseline: "an axum host by hand: a token, a map, the same answer; the worst of 1 to 64 connections",
        detail: rates.detail(),
    }
    .into())
}
