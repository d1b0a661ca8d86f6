//! On a SQLite file, compared with an axum host written by hand: `rusqlite` in `spawn_blocking`, the same durability.

use serde_json::{Map, Value, json};

use super::{CONNECTIONS, seeded::Seeded};
use crate::{
    Failure,
    figure::{Bound, Figure},
    measure::{
        Found, Setting,
        http::{Served, build},
    },
    stats::Paired,
};

pub(crate) fn run(setting: &Setting) -> Result<Found, Failure> {
    build("serve")?;
    let (seconds, rounds) = (setting.pick(3, 1), setting.pick(5, 1));
    let [ours, other] = ["ours", "other"].map(|_| tempfile::tempdir_in(&setting.folder));
    let (ours, other) = (ours?, other?);
    let database = |folder: &std::path::Path| format!("sqlite:{}", folder.join("users.db").display());
    let server = Seeded::start(ours.path(), &database(ours.path()))?;
    // The server of the baseline's folder creates its database.
    let script = Seeded::start(other.path(), &database(other.path()))?.stop();
    let by_hand = Served::start_with("sqlite", &[other.path().join("users.db").display().to_string()])?;

    let (mut one, mut many, mut detail) = (f64::INFINITY, f64::INFINITY, Map::new());
    for connections in CONNECTIONS {
        let mut rate = Paired::default();
        for _ in 0..rounds {
            rate.ours.push(server.put(connections, seconds)?.rate);
            rate.baseline.push(script.put_to(&by_hand.1, connections, seconds)?.rate);
        }
        let worst = if connections < 16 { &mut one } else { &mut many };
        *worst = worst.min(rate.ratio());
        detail.insert(connections.to_string(), rate.detail("requests/s"));
    }
    detail.insert("worst_of_1_and_4".to_owned(), json!(one));
    Ok(Figure {
        name: "server_put_sqlite",
        value: many,
        bound: Bound::AtLeast(1.3),
        baseline: "an axum host by hand: token, load and commit by rusqlite in spawn_blocking; the worse of 16 and 64 connections",
        detail: json!({"by_connections": Value::Object(detail)}),
    }
    .into())
}
