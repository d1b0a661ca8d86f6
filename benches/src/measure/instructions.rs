//! Instructions counted by callgrind. The count is equal in every run and independent of other load. CI checks the
//! bounds with `report --check --only instructions`.
//!
//! Valgrind does not emulate SHA instructions, so the digests of `uid` and `ETag` cost many times their real share.
//! Use the figures only to compare versions of the code.

use std::process::Command;

use serde_json::json;

use super::{Found, Setting};
use crate::{
    Failure,
    figure::{Bound, Figure},
};

/// The recorded count for an update that joins no group. Lower it after an improvement.
const ORDINARY: f64 = 130_000.0;

/// The recorded count for an update that joins a group, with a second load and two more authorizer calls.
const JOINS: f64 = 158_000.0;

/// The tolerance for other compiler versions.
const TOLERANCE: f64 = 1.1;

const FEW: u64 = 200;
const MANY: u64 = 1200;

pub(super) fn run(_: &Setting) -> Result<Found, Failure> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("SKIPPED: counting instructions requires valgrind (package valgrind)");
        return Ok(Found::default());
    }
    super::program::build("instructions")?;
    let bodies = each("bodies")?;
    let (pipeline, handwritten) = (each("pipeline")? - bodies, each("handwritten")? - bodies);
    let joins = each("joins")? - bodies;
    let (memory, map) = (each("memory")?, each("map")?);
    let figure = |name, value, recorded: f64, detail| Figure {
        name,
        value,
        bound: Bound::AtMost(recorded * TOLERANCE),
        baseline: "what was recorded, and a tenth",
        detail,
    };
    let ordinary = json!({
        "recorded": ORDINARY, "pipeline": pipeline, "handwritten": handwritten, "memory_store": memory,
        "locked_map": map,
    });
    let figures = vec![
        figure("instructions_per_update", pipeline, ORDINARY, ordinary),
        figure("instructions_per_join", joins, JOINS, json!({"recorded": JOINS})),
    ];
    Ok(Found { figures, plots: Vec::new() })
}

/// Returns the instructions of one iteration, without the setup.
fn each(work: &str) -> Result<f64, Failure> {
    Ok((count(work, MANY)? - count(work, FEW)?) / (MANY - FEW) as f64)
}

fn count(work: &str, times: u64) -> Result<f64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?.with_file_name("instructions"))
        .args([work, &times.to_string()])
        .output()?;
    let output_text = String::from_utf8_lossy(&output.stderr);
    let counted = output_text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    counted.filter(|_| output.status.success()).ok_or_else(|| format!("callgrind: {output_text}").into())
}
