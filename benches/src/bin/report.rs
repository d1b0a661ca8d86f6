//! Runs all measurements, prints the table, and writes the table as JSON and the plots. A measurement that fails does
//! not stop the others.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Parser;
use serde_json::{Map, Value};
use userbook_benches::{
    Failure,
    figure::Figure,
    measure::{ALL, Found, Measure, Setting},
    plot,
};

/// Measures Userbook in comparison with its baselines.
#[derive(Debug, Parser)]
struct Arguments {
    /// Writes the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measures only these figures (parts of names).
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Runs smaller and shorter measurements, to check that they work.
    #[arg(long)]
    quick: bool,
    /// Fails if a figure misses its bound.
    #[arg(long)]
    check: bool,
    /// Writes the plots to this folder.
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    /// Writes temporary files to this folder on a real disk.
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/benches"))]
    folder: PathBuf,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.folder)?;
    let setting = Setting { quick: arguments.quick, folder: arguments.folder.canonicalize()? };
    let (mut figures, mut failed) = (Vec::new(), Vec::new());
    for measure in ALL.iter().filter(|measure| arguments.wants(measure)) {
        let (start, names) = (Instant::now(), measure.names.join(", "));
        match run(measure, &setting) {
            Ok(found) => {
                write_plots(arguments.plots.as_deref(), &found)?;
                figures.extend(found.figures);
            }
            Err(error) => {
                eprintln!("FAILED {names}: {error}");
                failed.push(names.clone());
            }
        }
        eprintln!("{names}: {:.1} s", start.elapsed().as_secs_f64());
        // What was measured remains if the report is stopped.
        write_json(arguments.json.as_deref(), &figures)?;
    }
    println!("| figure | value | bound | | baseline |\n| --- | --- | --- | --- | --- |");
    for figure in &figures {
        println!("{}", figure.to_row());
    }
    let missed: Vec<_> = figures.iter().filter(|figure| !figure.holds()).map(|figure| figure.name).collect();
    if arguments.check && !missed.is_empty() {
        return Err(format!("missed: {}", missed.join(", ")).into());
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join("; ")).into()) }
}

impl Arguments {
    fn wants(&self, measure: &Measure) -> bool {
        let is_named = |part: &String| measure.names.iter().any(|name| name.contains(part.as_str()));
        self.only.iter().any(is_named) || (self.only.is_empty() && !measure.only_by_name)
    }
}

/// Measures; a panic is an error like any other.
fn run(measure: &Measure, setting: &Setting) -> Result<Found, Failure> {
    // Measurements share temporary files only.
    let run = AssertUnwindSafe(|| (measure.run)(setting));
    catch_unwind(run).unwrap_or_else(|_| Err("the measurement panicked".into()))
}

fn write_plots(folder: Option<&Path>, found: &Found) -> Result<(), Failure> {
    if let Some(folder) = folder {
        for (file, picture) in &found.plots {
            std::fs::write(folder.join(file), plot::svg(picture))?;
        }
    }
    Ok(())
}

fn write_json(file: Option<&Path>, figures: &[Figure]) -> Result<(), Failure> {
    if let Some(file) = file {
        let all: Map<String, Value> =
            figures.iter().map(|figure| (figure.name.to_owned(), figure.to_json())).collect();
        std::fs::write(file, serde_json::to_string_pretty(&all)? + "\n")?;
    }
    Ok(())
}
