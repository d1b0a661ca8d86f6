//! PUT through axum on the memory store, compared with an axum handler that parses JSON and returns it, and with one
//! that returns a user, which is six times as long. Reports requests per second and the 99th percentile from `wrk`;
//! each server runs in a separate process.

use std::{
    fmt::Write,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::json;

use super::{Found, Setting};
use crate::{
    Failure,
    figure::{Bound, Figure},
    stats::Paired,
    traffic,
};

const CONNECTIONS: u32 = 16;
const USERS: i64 = 200;

/// A server, killed on drop.
struct Served(Child, String);

impl Served {
    fn start(kind: &str) -> Result<Self, Failure> {
        let program = std::env::current_exe()?.with_file_name("serve");
        let mut child = Command::new(program).arg(kind).stdout(Stdio::piped()).spawn()?;
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
    let script = folder.path().join("put.lua");
    std::fs::write(&script, lua()?)?;
    let (seconds, rounds) = (setting.pick(3, 1), setting.pick(9, 2));
    let [mut rate, mut p99, mut shown] = std::array::from_fn(|_| Paired::default());
    for _ in 0..rounds {
        let ours = wrk(&Served::start("userbook")?, &script, seconds)?;
        let other = wrk(&Served::start("echo")?, &script, seconds)?;
        let show = wrk(&Served::start("show")?, &script, seconds)?;
        rate.ours.push(ours[0]);
        rate.baseline.push(other[0]);
        shown.ours.push(ours[0]);
        shown.baseline.push(show[0]);
        p99.ours.push(ours[1]);
        p99.baseline.push(other[1]);
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

/// Sends both variants of each user's PUT alternately.
fn lua() -> Result<String, Failure> {
    let mut script =
        String::from("wrk.method = \"PUT\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\n");
    script.push_str("local requests, n = {}, 0\ninit = function()\n");
    for variant in [false, true] {
        for user in 1..=USERS {
            let body = String::from_utf8(traffic::typical_put(user, variant).to_vec())?;
            writeln!(
                script,
                "requests[#requests + 1] = wrk.format(nil, \"{}{user}/\", nil, [==[{body}]==])",
                userbook_http::USERS_PATH
            )?;
        }
    }
    script.push_str(
        "end\nrequest = function()\n  n = n % #requests + 1\n  return requests[n]\nend\n\
         done = function(summary, latency)\n  local errors = summary.errors\n\
         \x20 print(\"result\", summary.requests / summary.duration * 1e6, latency:percentile(99) / 1000, \
         errors.status + errors.connect + errors.read + errors.write + errors.timeout)\nend\n",
    );
    Ok(script)
}

/// Returns requests per second, and the 99th percentile in milliseconds.
fn wrk(server: &Served, script: &Path, seconds: u64) -> Result<[f64; 2], Failure> {
    let output = Command::new("wrk")
        .args(["--threads=1", &format!("--connections={CONNECTIONS}"), &format!("--duration={seconds}s")])
        .arg("--script")
        .arg(script)
        .arg(format!("http://{}/", server.1))
        .output()
        .map_err(|error| format!("wrk (package wrk): {error}"))?;
    let output_text = String::from_utf8_lossy(&output.stdout);
    let result: Vec<f64> = output_text
        .lines()
        .find_map(|line| line.strip_prefix("result"))
        .map(|line| line.split_whitespace().filter_map(|number| number.parse().ok()).collect())
        .unwrap_or_default();
    match result[..] {
        [rate, p99, 0.0] => Ok([rate, p99]),
        _ => Err(format!("wrk: {output_text}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
