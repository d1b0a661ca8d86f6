//! Prints results: tables for people, JSON for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::Failure;

/// Prints one JSON value on one line.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    write(&text)
}

/// Prints a line.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    write(&format!("{}\n", printable(text)))
}

/// Prints a key that is shown only once, alone or in its record. Fails if the reader has left: the key is lost then.
pub(super) fn secret(key: &str, record: &impl Serialize, json: bool) -> Result<(), Failure> {
    let mut text = if json { serde_json::to_string(record)? } else { printable(key) };
    text.push('\n');
    Ok(write_all(&text)?)
}

/// Prints rows below a header, in columns.
pub(super) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> Result<(), Failure> {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| printable(cell))).collect();
    let header = header.map(str::to_uppercase);
    let mut widths = header.each_ref().map(|cell| cell.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&header).chain(&rows) {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    write(&text)
}

/// Replaces control characters, which could change what a terminal shows.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// A reader that has seen enough (`… | head`) is no failure.
fn write(text: &str) -> Result<(), Failure> {
    match write_all(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

fn write_all(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{9b}"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
        assert_eq!(printable("Zoë 李"), "Zoë 李");
    }
}
