//! Instructions, as callgrind counts them: the same on every run, so a regression shows without a clock, and a ratio
//! stands however busy the machine is. A check of CI: `report --check --only instructions` fails outside its bound.
//!
//! Valgrind has no SHA instructions, so the digests of `uid` and `ETag` cost many times what they cost a real
//! processor. The figures are for comparing one state of the code with another.

use std::process::Command;

use serde_json::json;

use super::{Found, Setting};
use crate::{
    Failure,
    figure::{Bound, Figure},
};

/// What was recorded for an update that joins no group. Lower it when something was gained.
const ORDINARY: f64 = 205_000.0;

/// What was recorded for one that joins a group, which takes a second load and two more calls of the authorizer.
const JOINS: f64 = 246_000.0;

/// The room for another compiler.
const TOLERANCE: f64 = 1.1;

const FEW: u64 = 200;
const MANY: u64 = 1200;

pub(super) fn run(_: &Setting) -> Result<Found, Failure> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("SKIPPED: instructions are counted by valgrind (package valgrind), which is not here");
        return Ok(Found::default());
    }
    super::http::build("instructions")?;
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

/// The instructions of one turn: without what comes once.
fn each(work: &str) -> Result<f64, Failure> {
    Ok((count(work, MANY)? - count(work, FEW)?) / (MANY - FEW) as f64)
}

fn count(work: &str, times: u64) -> Result<f64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?.with_file_name("instructions"))
        .args([work, &times.to_string()])
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let counted = told.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    counted.filter(|_| output.status.success()).ok_or_else(|| format!("callgrind: {told}").into())
}
