//! Runs the [fault scenarios](userbook_tests::faults) and writes a report.
//!
//! ```text
//! cargo run --release -p userbook-tests --bin faults -- --rounds short|full|N [--only NAME]… [--json FILE]
//! ```

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use userbook_tests::faults::{NAMES, Outcome, Rounds, run};

const USAGE: &str = "usage: faults [--rounds short|full|N] [--only NAME]… [--json FILE]";

struct Settings {
    rounds: Rounds,
    only: Vec<String>,
    json: Option<PathBuf>,
}

fn settings() -> Result<Settings, String> {
    let mut settings = Settings { rounds: Rounds::short(), only: vec![], json: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match argument.as_str() {
            "--rounds" => {
                settings.rounds = match value.as_str() {
                    "short" => Rounds::short(),
                    "full" => Rounds::full(),
                    number => Rounds::of(number.parse().map_err(|_| USAGE)?),
                }
            }
            "--only" if NAMES.contains(&value.as_str()) => settings.only.push(value),
            "--only" => return Err(format!("there is no scenario {value}; there are {NAMES:?}")),
            "--json" => settings.json = Some(value.into()),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(settings)
}

fn main() -> ExitCode {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(line) => {
            eprintln!("{line}");
            return ExitCode::from(2);
        }
    };
    let mut outcomes: BTreeMap<&str, Outcome> = BTreeMap::new();
    for name in NAMES {
        if settings.only.is_empty() || settings.only.iter().any(|only| only == name) {
            eprintln!("{name} …");
            let outcome = run(name, &settings.rounds);
            let line = serde_json::to_string(&outcome).expect("an outcome is plain");
            eprintln!("{name}: {line}");
            outcomes.insert(name, outcome);
        }
    }
    let json = serde_json::to_string_pretty(&outcomes).expect("outcomes are plain");
    println!("{json}");
    if let Some(file) = settings.json
        && let Err(error) = std::fs::write(&file, json + "\n")
    {
        eprintln!("{} can't be written: {error}", file.display());
        return ExitCode::FAILURE;
    }
    if outcomes.values().all(|outcome| outcome.tally.is_clean()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
