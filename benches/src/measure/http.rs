//! PUT through axum on the memory store, compared with an axum handler that parses JSON and returns it, and with one
//! that returns a user, which is six times as long. Reports requests per second and the 99th percentile from `wrk`;
//! each server runs in a separate process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::json;

use super::{
    Found, Setting,
    wrk::{self, Script},
};
use crate::{
    Failure,
    figure::{Bound, Figure},
    stats::Paired,
    traffic,
};

const CONNECTIONS: u32 = 16;
const USERS: i64 = 200;

/// A server, killed on drop.
pub(super) struct Served(Child, pub(super) String);

impl Served {
    fn start(kind: &str) -> Result<Self, Failure> {
        Self::start_with(kind, &[])
    }

    pub(super) fn start_with(kind: &str, arguments: &[String]) -> Result<Self, Failure> {
        let program = std::env::current_exe()?.with_file_name("serve");
        let mut child = Command::new(program).arg(kind).args(arguments).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        let output = child.stdout.take().ok_or("standard output is a pipe")?;
        BufReader::new(output).read_line(&mut address)?;
        Ok(Self(child, address.trim().to_owned()))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    build("serve")?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let script = Script::write(folder.path(), 1..=USERS, None, traffic::typical_put)?;
    let (seconds, rounds) = (setting.pick(3, 1), setting.pick(9, 2));
    let [mut rate, mut p99, mut shown] = std::array::from_fn(|_| Paired::default());
    let put = |served: Served| wrk::run(&served.1, &script, CONNECTIONS, seconds);
    for _ in 0..rounds {
        let ours = put(Served::start("userbook")?)?;
        let other = put(Served::start("echo")?)?;
        let show = put(Served::start("show")?)?;
        rate.ours.push(ours.rate);
        rate.baseline.push(other.rate);
        shown.ours.push(ours.rate);
        shown.baseline.push(show.rate);
        p99.ours.push(ours.p99);
        p99.baseline.push(other.p99);
    }
    Ok(Figure {
        name: "axum_vs_echo",
        value: rate.ratio(),
        bound: Bound::AtLeast(0.6),
        baseline: "a bare axum handler that parses the same body and answers with it; wrk, 16 connections",
        detail: json!({
            "rate": rate.detail("requests/s"),
            "p99": p99.detail("ms"),
            "against_a_user_as_answer": shown.detail("requests/s"),
        }),
    }
    .into())
}

/// Builds another program of this package, which `cargo run --bin report` does not build.
pub(super) fn build(program: &str) -> Result<(), Failure> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--profile", "dist", "--quiet", "--locked", "--bin", program])
        .args(["--manifest-path", manifest])
        .status()?;
    if built.success() { Ok(()) } else { Err(format!("{program} cannot be built").into()) }
}
