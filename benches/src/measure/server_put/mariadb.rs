//! On MariaDB, compared with an axum host written by hand over a pool of sqlx. Both wait for the disk.

use tokio::runtime::Runtime;
use userbook_tests::servers::mariadb::{Instance, Server};

use super::{CONNECTIONS, rates::Rates, seeded::Seeded};
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
    let runtime = Runtime::new()?;
    let (seconds, rounds) = (setting.pick(2, 1), setting.pick(5, 1));
    let folder = tempfile::tempdir_in(&setting.folder)?;
    // Its defaults wait for the disk at each commit.
    let mariadb = Instance::new(&[]);
    let [ours, other] = ["ours", "other"].map(|database| {
        runtime.block_on(Server::administer(&mariadb.options(), format!("CREATE DATABASE {database}")));
        mariadb.url(mariadb.port(), database)
    });
    let server = Seeded::start(folder.path(), &ours)?;
    // The server of the baseline's database creates its tables.
    drop(Seeded::start(folder.path(), &other)?);
    let by_hand = Served::serve(&["mariadb", &other])?;
    let settled = || {
        for database in ["ours", "other"] {
            let sql = format!("TRUNCATE {database}.userbook_event");
            runtime.block_on(Server::administer(&mariadb.options(), sql));
        }
    };
    let rates = Rates::measure(
        &CONNECTIONS,
        rounds,
        |connections| {
            settled();
            Ok(server.put(connections, seconds)?.rate)
        },
        |connections| Ok(server.put_to(by_hand.address(), connections, seconds)?.rate),
    )?;
    Ok(Figure {
        name: "server_put_mariadb",
        value: rates.worst(|_| true),
        bound: Bound::AtLeast(0.7),
        baseline: "an axum host by hand: token, grants, load and commit by sqlx, same server; the worst of 1 to 64 connections",
        detail: rates.detail(),
    }
    .into())
}
