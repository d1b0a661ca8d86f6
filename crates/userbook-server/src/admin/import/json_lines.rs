//! JSON Lines: one row in each line, in bounded memory.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
};

use serde::de::DeserializeOwned;

use super::record::{ImportUser, Line, Reader, Record, Row, RowError};
use crate::admin::Failure;

/// The maximum length of a line in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

pub(super) struct JsonLinesReader {
    lines: BufReader<File>,
    number: u64,
    position: u64,
    total: u64,
}

impl JsonLinesReader {
    pub(super) fn new(file: File) -> Result<Self, Failure> {
        let total = file.metadata()?.len();
        Ok(Self { lines: BufReader::new(file), number: 0, position: 0, total })
    }
}

impl Reader for JsonLinesReader {
    fn next(&mut self) -> Result<Option<Row>, Failure> {
        loop {
            let mut line = Vec::new();
            let length = self.lines.by_ref().take(LONGEST + 1).read_until(b'\n', &mut line)?;
            if length == 0 {
                return Ok(None);
            }
            self.number += 1;
            self.position += length as u64;
            let place = format!("line {}", self.number);
            if length as u64 > LONGEST {
                let text = format!("the line exceeds {LONGEST} bytes");
                return Err(crate::admin::Message::failure(format!("{place}: {text}")));
            }
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
            if !line.is_empty() {
                return Ok(Some((place, parse(line))));
            }
        }
    }

    fn total(&self) -> u64 {
        self.total
    }

    fn position(&self) -> u64 {
        self.position
    }
}

/// A user may come alone: then the line has the key `username`.
fn parse(line: &[u8]) -> Result<Record, RowError> {
    let is_user = serde_json::from_slice::<Peek>(line).is_ok();
    if is_user {
        read::<ImportUser>(line).map(|user| Record::User(Box::new(user)))
    } else {
        read::<Line>(line).map(Record::from)
    }
}

/// Whether an object has a username.
#[derive(serde::Deserialize)]
struct Peek {
    #[serde(rename = "username")]
    _username: serde::de::IgnoredAny,
}

fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T, RowError> {
    let mut reader = serde_json::Deserializer::from_slice(line);
    reader.disable_recursion_limit();
    let row = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = Some(error.path().to_string()).filter(|path| path != ".");
        RowError { field, message: error.into_inner().to_string() }
    })?;
    reader.end().map_err(|error| RowError::general(error.to_string()))?;
    Ok(row)
}
