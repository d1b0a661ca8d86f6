//! Prints the updates per second on a SQLite file: `sqlite_updates userbook|rusqlite FILE WRITERS MILLISECONDS`. The
//! report runs this program with slow syncs.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use userbook_benches::{Failure, measure::updates_of};

#[derive(Debug, Parser)]
struct Arguments {
    /// `userbook` or `rusqlite`
    writer: String,
    file: PathBuf,
    /// The number of concurrent updates
    writers: u32,
    milliseconds: u64,
}

fn main() -> Result<(), Failure> {
    let Arguments { writer, file, writers, milliseconds } = Arguments::parse();
    println!("{}", updates_of(&writer, &file, writers, Duration::from_millis(milliseconds))?);
    Ok(())
}
