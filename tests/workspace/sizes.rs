//! Files stay small and lines short enough to read. rustfmt formats code; it wraps neither comments nor prose.

use std::fs;

use super::{
    documents::files,
    links::{definition, is_document},
    root,
};

/// The largest number of lines of a Rust file.
const LINES: usize = 400;

/// The largest median of the product's files, in lines without their test modules.
const MEDIAN: usize = 100;

/// The largest number of columns of comments and prose.
const COLUMNS: usize = 120;

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

#[test]
fn no_file_is_longer_than_the_bound() {
    let lines = |file: String| (read(&file).lines().count(), file);
    let long: Vec<_> = files(&[".rs"]).into_iter().map(lines).filter(|(lines, _)| *lines > LINES).collect();
    assert!(long.is_empty(), "more than {LINES} lines: {long:?}");
}

#[test]
fn the_median_file_of_the_product_is_short() {
    let is_product = |file: &String| {
        let is_test = file.contains("/tests/") || file.ends_with("/tests.rs");
        file.starts_with("crates/") && file.contains("/src/") && !is_test
    };
    let lines = |file: String| read(&file).split("#[cfg(test)]\nmod tests {").next().unwrap().lines().count();
    let mut lengths: Vec<usize> = files(&[".rs"]).into_iter().filter(is_product).map(lines).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MEDIAN, "the median is {median} lines");
}

/// The text of a comment that has its line for itself.
fn comment(line: &str) -> Option<&str> {
    Some(line.trim_start().strip_prefix("//")?.trim_start_matches(['/', '!']))
}

/// Whether prose can be wrapped. A row of a table, a definition of a link and a single word cannot.
fn can_be_wrapped(prose: &str) -> bool {
    let prose = prose.trim();
    let longest = prose.split_whitespace().map(|word| word.chars().count()).max().unwrap_or_default();
    !prose.starts_with('|') && definition(prose).is_none() && longest < COLUMNS / 2
}

/// The prose of a file with the number and the columns of each line: comments, or a document without its code.
fn prose(file: &str, text: &str) -> Vec<(usize, usize, String)> {
    let is_document = is_document(file);
    let mut in_code = false;
    let mut prose = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let Some(words) = (if is_document { Some(line) } else { comment(line) }) else { continue };
        if words.trim_start().starts_with("```") {
            in_code = is_document && !in_code;
        } else if !in_code {
            prose.push((n + 1, line.chars().count(), words.to_owned()));
        }
    }
    prose
}

#[test]
fn comments_and_prose_are_wrapped() {
    let mut long = Vec::new();
    for file in files(&[".md", ".rs"]) {
        for (n, columns, words) in prose(&file, &read(&file)) {
            if columns > COLUMNS && can_be_wrapped(&words) {
                long.push(format!("{file}:{n}: {columns} columns"));
            }
        }
    }
    assert!(long.is_empty(), "more than {COLUMNS} columns:\n{}", long.join("\n"));
}
