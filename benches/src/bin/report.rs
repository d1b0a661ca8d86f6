//! Runs all measurements, prints the table, and writes the table as JSON and the plots.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use std::{path::PathBuf, time::Instant};

use clap::Parser;
use serde_json::{Map, Value};
use userbook_benches::{
    Failure,
    measure::{ALL, Setting},
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
    let mut figures = Vec::new();
    for measure in ALL {
        let is_named = |part: &String| measure.names.iter().any(|name| name.contains(part.as_str()));
        let wanted =
            arguments.only.iter().any(is_named) || (arguments.only.is_empty() && !measure.only_by_name);
        if !wanted {
            continue;
        }
        let start = Instant::now();
        let found = (measure.run)(&setting)?;
        eprintln!("{}: {:.1} s", measure.names.join(", "), start.elapsed().as_secs_f64());
        if let Some(folder) = &arguments.plots {
            for (file, picture) in &found.plots {
                std::fs::write(folder.join(file), plot::svg(picture))?;
            }
        }
        figures.extend(found.figures);
    }
    println!("| figure | value | bound | | baseline |\n| --- | --- | --- | --- | --- |");
    for figure in &figures {
        println!("{}", figure.to_row());
    }
    if let Some(file) = arguments.json {
        let all: Map<String, Value> =
            figures.iter().map(|figure| (figure.name.to_owned(), figure.to_json())).collect();
        std::fs::write(file, serde_json::to_string_pretty(&all)? + "\n")?;
    }
    let missed: Vec<_> = figures.iter().filter(|figure| !figure.holds()).map(|figure| figure.name).collect();
    if arguments.check && !missed.is_empty() {
        return Err(format!("missed: {}", missed.join(", ")).into());
    }
    Ok(())
}
