//! `wrk`, the load generator: PUT requests over HTTP/1.1 from a process of its own.

use std::{
    fmt::Write,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::Command,
};

use bytes::Bytes;

use crate::Failure;

/// The result of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Requests per second.
    pub(super) rate: f64,
    /// The 99th percentile of their times, in milliseconds.
    pub(super) p99: f64,
}

/// The requests, as a file for `wrk`.
#[derive(Debug)]
pub(super) struct Script(PathBuf);

impl Script {
    /// Sends both variants of each user's PUT alternately.
    pub(super) fn write(
        folder: &Path,
        users: RangeInclusive<i64>,
        token: Option<&str>,
        body: fn(i64, bool) -> Bytes,
    ) -> Result<Self, Failure> {
        let mut script =
            String::from("wrk.method = \"PUT\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\n");
        if let Some(token) = token {
            writeln!(script, "wrk.headers[\"Authorization\"] = \"Bearer {token}\"")?;
        }
        script.push_str("local requests, n = {}, 0\n");
        let path = userbook_http::USERS_PATH;
        // A function of Lua holds a limited number of constants.
        let users: Vec<i64> = users.collect();
        for (part, users) in users.chunks(1000).enumerate() {
            for variant in [false, true] {
                writeln!(script, "local function part_{part}_{variant}()")?;
                for &user in users {
                    let body = String::from_utf8(body(user, variant).to_vec())?;
                    let request = format!("wrk.format(nil, \"{path}{user}/\", nil, [==[{body}]==])");
                    writeln!(script, "requests[#requests + 1] = {request}")?;
                }
                writeln!(script, "end")?;
            }
        }
        script.push_str("init = function()\n");
        for variant in [false, true] {
            for part in 0..users.len().div_ceil(1000) {
                writeln!(script, "part_{part}_{variant}()")?;
            }
        }
        script.push_str(
            "end\nrequest = function()\n  n = n % #requests + 1\n  return requests[n]\nend\n\
             done = function(summary, latency)\n  local errors = summary.errors\n\
             \x20 print(\"result\", summary.requests / summary.duration * 1e6, latency:percentile(99) / 1000, \
             errors.status + errors.connect + errors.read + errors.write + errors.timeout)\nend\n",
        );
        let file = folder.join("put.lua");
        std::fs::write(&file, script)?;
        Ok(Self(file))
    }
}

/// Sends requests over this many connections for this many seconds. Each must succeed.
pub(super) fn run(address: &str, script: &Script, connections: u32, seconds: u64) -> Result<Run, Failure> {
    let output = Command::new("wrk")
        .args(["--threads=1", &format!("--connections={connections}"), &format!("--duration={seconds}s")])
        .arg("--script")
        .arg(&script.0)
        .arg(format!("http://{address}/"))
        .output()
        .map_err(|error| format!("wrk (package wrk): {error}"))?;
    let output_text = String::from_utf8_lossy(&output.stdout);
    let result: Vec<f64> = output_text
        .lines()
        .find_map(|line| line.strip_prefix("result"))
        .map(|line| line.split_whitespace().filter_map(|number| number.parse().ok()).collect())
        .unwrap_or_default();
    match result[..] {
        [rate, p99, 0.0] => Ok(Run { rate, p99 }),
        _ => Err(format!("wrk: {output_text}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
