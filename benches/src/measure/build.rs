//! Clean builds of the core and of the reference server, and the number of the core's dependencies. Runs only by name,
//! because it takes minutes.

use std::{collections::BTreeSet, path::Path, process::Command, time::Instant};

use serde_json::json;

use super::{Found, Setting};
use crate::{
    Failure,
    figure::{Bound, Figure},
};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let figure =
        |name, value, baseline| Figure { name, value, bound: Bound::Unbounded, baseline, detail: json!({}) };
    let mut figures = vec![
        figure("core_build_s", build("userbook", &setting.folder)?, "none: seconds, release, from nothing"),
        figure("core_dependencies", dependencies()?, "none: crates, all of them, besides the core"),
    ];
    if !setting.quick {
        let server = build("userbook-server", &setting.folder)?;
        figures.push(figure("server_build_s", server, "none: seconds, release, from nothing"));
    }
    Ok(Found { figures, plots: Vec::new() })
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn build(package: &str, folder: &Path) -> Result<f64, Failure> {
    let target = tempfile::tempdir_in(folder)?;
    let start = Instant::now();
    let built = cargo()
        .args([
            "build",
            "--release",
            "--quiet",
            "--locked",
            "--package",
            package,
            "--manifest-path",
            MANIFEST,
        ])
        .arg("--target-dir")
        .arg(target.path())
        .status()?;
    if built.success() {
        Ok(start.elapsed().as_secs_f64())
    } else {
        Err(format!("{package} cannot be built").into())
    }
}

fn dependencies() -> Result<f64, Failure> {
    let output = cargo()
        .args(["tree", "--locked", "--package", "userbook", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}", "--manifest-path", MANIFEST])
        .output()?;
    let tree = String::from_utf8(output.stdout)?;
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(" (").next()).collect();
    Ok(names.len() as f64 - 1.0)
}
