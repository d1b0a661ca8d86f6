//! The reference server: the time from its start on an existing SQLite file until it serves, and its memory when idle.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    Found, Setting,
    program::{Served, build_server},
};
use crate::{
    Failure,
    figure::{Bound, Figure},
    stats::{median, percentile, round},
};

const MIB: f64 = 1024.0 * 1024.0;

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let program = build_server()?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let database = format!("sqlite:{}", folder.path().join("users.db").display());
    // The first start creates the file.
    drop(start(&program, &database)?);

    let (mut ready, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..setting.pick(41, 11) {
        let (running, time) = start(&program, &database)?;
        ready.push(time);
        std::thread::sleep(Duration::from_millis(100));
        idle.push(resident(running.id())?);
    }
    let size = std::fs::metadata(&program)?.len() as f64 / MIB;
    let figure = |name, value, bound, baseline, detail| Figure { name, value, bound, baseline, detail };
    let detail = json!({"p10_p90": [round(percentile(&ready, 0.1)), round(percentile(&ready, 0.9))]});
    let figures = vec![
        figure(
            "server_ready_ms",
            median(&ready),
            Bound::AtMost(10.0),
            "none: from start to listening on an existing SQLite file",
            detail,
        ),
        figure(
            "server_idle_mib",
            median(&idle),
            Bound::AtMost(12.0),
            "none: resident memory, idle",
            json!({}),
        ),
        figure(
            "server_binary_mib",
            size,
            Bound::Unbounded,
            "none: binary of the profile dist, stripped",
            json!({}),
        ),
    ];
    Ok(Found { figures, plots: Vec::new() })
}

fn start(program: &Path, database: &str) -> Result<(Served, f64), Failure> {
    let start = Instant::now();
    let mut command = Command::new(program);
    command.args(["--listen", "127.0.0.1:0", "--database", database]);
    let served = Served::start(command)?;
    Ok((served, start.elapsed().as_secs_f64() * 1000.0))
}

/// Returns the resident memory in MiB, as reported by Linux.
fn resident(process: u32) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}
