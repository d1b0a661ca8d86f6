//! Instructions that a typical PUT takes on the memory store, as callgrind counts them: the same on every run, so a
//! regression shows without a clock. A check of CI: `report --only instructions` fails outside its tolerance.

use std::process::Command;

use serde_json::json;

use super::{Found, Setting};
use crate::{
    Failure,
    figure::{Bound, Figure},
};

/// What was recorded, with room for the next compiler. Lower it when something was gained.
const RECORDED: f64 = 300_000.0;
const TOLERANCE: f64 = 1.1;

const FEW: u64 = 200;
const MANY: u64 = 1200;

pub(super) fn run(_: &Setting) -> Result<Found, Failure> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("SKIPPED: instructions are counted by valgrind (package valgrind), which is not here");
        return Ok(Found::default());
    }
    super::http::build("instructions")?;
    let [few, many] = [count(FEW)?, count(MANY)?];
    Ok(Figure {
        name: "instructions_per_update",
        value: (many - few) / (MANY - FEW) as f64,
        bound: Bound::AtMost(RECORDED * TOLERANCE),
        baseline: "what was recorded, and a tenth",
        detail: json!({"recorded": RECORDED}),
    }
    .into())
}

fn count(updates: u64) -> Result<f64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?.with_file_name("instructions"))
        .arg(updates.to_string())
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let counted = told.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    counted.filter(|_| output.status.success()).ok_or_else(|| format!("callgrind: {told}").into())
}
