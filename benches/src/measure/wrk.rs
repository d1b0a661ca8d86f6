//! `wrk`, the load generator: requests over HTTP/1.1 from a process of its own.

use std::{
    fmt::Write,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use bytes::Bytes;

use super::program;
use crate::Failure;

/// The time for the start and the end of a run.
const MARGIN: Duration = Duration::from_secs(30);

/// The answers of one run, as `wrk` prints them.
const DONE: &str = "done = function(summary, latency)\n  local errors = summary.errors\n\
    \x20 print(\"result\", summary.requests / summary.duration * 1e6, latency:percentile(99) / 1000, \
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout)\nend\n";

/// The result of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Requests per second.
    pub(super) rate: f64,
    /// The 99th percentile of their times, in milliseconds.
    pub(super) p99: f64,
    /// The number of requests.
    pub(super) requests: f64,
}

/// The answer that each request must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Success,
    Denial,
}

/// Requests, as a file for `wrk`.
#[derive(Debug)]
pub(super) struct Script {
    file: PathBuf,
    expected: Expected,
}

impl Script {
    /// Sends both variants of each user's PUT alternately.
    pub(super) fn put(
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
        script.push_str("end\nrequest = function()\n  n = n % #requests + 1\n  return requests[n]\nend\n");
        Self::write(folder.join("put.lua"), script)
    }

    /// Sends GET requests for one path.
    pub(super) fn get(folder: &Path, path: &str) -> Result<Self, Failure> {
        Self::write(folder.join("get.lua"), format!("wrk.path = \"{path}\"\n"))
    }

    fn write(file: PathBuf, requests: String) -> Result<Self, Failure> {
        std::fs::write(&file, requests + DONE)?;
        Ok(Self { file, expected: Expected::Success })
    }

    /// Returns the same requests. Every request must be denied.
    pub(super) fn denied(&self) -> Self {
        Self { file: self.file.clone(), expected: Expected::Denial }
    }

    /// Sends requests over this many connections for this many seconds. Each must get the expected answer.
    pub(super) fn run(&self, address: &str, connections: u32, seconds: u64) -> Result<Run, Failure> {
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads=1", &format!("--connections={connections}"), &format!("--duration={seconds}s")]);
        wrk.arg("--script").arg(&self.file).arg(format!("http://{address}/"));
        let output = program::output(&mut wrk, Duration::from_secs(seconds) + MARGIN)
            .map_err(|error| format!("{error} (package wrk)"))?;
        let output_text = String::from_utf8_lossy(&output.stdout);
        let result: Vec<f64> = output_text
            .lines()
            .find_map(|line| line.strip_prefix("result"))
            .map(|line| line.split_whitespace().filter_map(|number| number.parse().ok()).collect())
            .unwrap_or_default();
        match (&result[..], self.expected) {
            ([rate, p99, requests, 0.0, 0.0], Expected::Success) => {
                Ok(Run { rate: *rate, p99: *p99, requests: *requests })
            }
            ([rate, p99, requests, denied, 0.0], Expected::Denial) if requests == denied => {
                Ok(Run { rate: *rate, p99: *p99, requests: *requests })
            }
            _ => Err(format!(
                "wrk got other answers than expected ({:?}): {output_text}{}",
                self.expected,
                String::from_utf8_lossy(&output.stderr)
            )
            .into()),
        }
    }
}
