//! The size of a page.

use userbook::store::ROW_BYTES;

use crate::decode::{Decoded, RowExt};

/// What a page may still grow by, in bytes.
#[derive(Debug)]
pub(super) struct Budget(u64);

impl Budget {
    pub(super) fn new(max_bytes: u64) -> Self {
        Self(max_bytes)
    }

    /// Counts a row with this many bytes of text and JSON: whether the page is still within its bound.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        match self.0.checked_sub(ROW_BYTES.saturating_add(bytes as u64)) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

/// The bytes of text and JSON in a user's row.
pub(super) fn user_bytes<R: RowExt>(row: &R) -> Decoded<usize> {
    bytes(row, &["username", "name", "email", "path", "attributes"])
}

/// The bytes of text and JSON in a group's row.
pub(super) fn group_bytes<R: RowExt>(row: &R) -> Decoded<usize> {
    bytes(row, &["name", "attributes"])
}

fn bytes<R: RowExt>(row: &R, columns: &[&'static str]) -> Decoded<usize> {
    columns.iter().map(|column| row.text_len(column)).sum()
}
