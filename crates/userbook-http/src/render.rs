//! Writes JSON within a limit.

use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;

use crate::error::ApiError;

/// Returns the value as JSON.
///
/// # Errors
/// Without a limit, only failures of serialization. Above `limit` bytes, 400 that names `parameter`, if one makes the
/// response smaller; a response is never truncated.
pub(crate) fn to_json(
    value: &impl Serialize,
    capacity: usize,
    limit: Option<u64>,
    parameter: impl Into<Option<&'static str>>,
) -> Result<Bytes, ApiError> {
    let left = limit.unwrap_or(u64::MAX);
    let mut buffer = Limited { bytes: Vec::with_capacity(capacity), left };
    match serde_json::to_writer(&mut buffer, value) {
        Ok(()) => Ok(buffer.bytes.into()),
        // The buffer fails for no other reason.
        Err(error) if error.is_io() => Err(ApiError::answer_too_large(limit.unwrap_or_default(), parameter)),
        Err(error) => Err(ApiError::internal(error)),
    }
}

struct Limited {
    bytes: Vec<u8>,
    left: u64,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_is_complete_or_an_error() {
        let value = vec!["x"; 10];
        let whole = to_json(&value, 0, None, "page_size").unwrap();
        assert_eq!(whole.len(), 41);
        assert_eq!(to_json(&value, 0, Some(41), "page_size").unwrap(), whole);
        let error = to_json(&value, 0, Some(40), "page_size").unwrap_err();
        let expected = ApiError::answer_too_large(40, "page_size");
        assert_eq!(format!("{error:?}"), format!("{expected:?}"));
    }
}
