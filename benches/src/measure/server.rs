//! The reference server: the time from its start on an existing SQLite file until it serves, and its memory when idle.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;

use super::{Found, Setting};
use crate::{
    Failure,
    figure::{Bound, Figure},
    stats::{median, percentile, round},
};

const MIB: f64 = 1024.0 * 1024.0;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let program = build()?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let database = format!("sqlite:{}", folder.path().join("users.db").display());
    // The first start creates the file.
    drop(start(&program, &database)?);

    let (mut ready, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..setting.pick(41, 11) {
        let (running, time) = start(&program, &database)?;
        ready.push(time);
        std::thread::sleep(Duration::from_millis(100));
        idle.push(resident(running.0.id())?);
    }
    let size = std::fs::metadata(&program)?.len() as f64 / MIB;
    let figure = |name, value, bound, baseline, detail| Figure { name, value, bound, baseline, detail };
    let detail = json!({"p10_p90": [round(percentile(&ready, 0.1)), round(percentile(&ready, 0.9))]});
    let figures = vec![
        figure(
            "server_ready_ms",
            median(&ready),
            Bound::AtMost(50.0),
            "none: from start to listening on an existing SQLite file",
            detail,
        ),
        figure(
            "server_idle_mib",
            median(&idle),
            Bound::AtMost(20.0),
            "none: resident memory, idle",
            json!({}),
        ),
        figure(
            "server_binary_mib",
            size,
            Bound::SpanOutcome,
            "none: binary of the profile dist, stripped",
            json!({}),
        ),
    ];
    Ok(Found { figures, plots: Vec::new() })
}

fn start(program: &Path, database: &str) -> Result<(Running, f64), Failure> {
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(["--listen", "127.0.0.1:0", "--database", database])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = child.stdout.take().ok_or("standard output is a pipe")?;
    let running = Running(child);
    for line in BufReader::new(output).lines() {
        if line?.starts_with("listening on ") {
            return Ok((running, start.elapsed().as_secs_f64() * 1000.0));
        }
    }
    Err("the server does not start".into())
}

/// Returns the resident memory in MiB, as reported by Linux.
fn resident(process: u32) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

/// Builds the reference server; the path of the program.
pub(super) fn build() -> Result<PathBuf, Failure> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--profile", "dist", "--quiet", "--locked", "--package", "userbook-server"])
        .args(["--message-format", "json", "--manifest-path", manifest])
        .stderr(Stdio::inherit())
        .output()?;
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message.get("executable")?.as_str()?))
    };
    let messages = String::from_utf8_lossy(&output.stdout);
    messages.lines().find_map(executable).ok_or_else(|| "the server cannot be built".into())
}
