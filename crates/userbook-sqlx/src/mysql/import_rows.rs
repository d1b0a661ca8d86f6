//! Rows for statements that write many: all of them in one parameter.

use serde::Serialize;
use userbook::{Group, Timestamp, User, event::Event};

use crate::{
    encode::{self, EncodeError, EventColumns},
    json,
};

/// How long a batch may grow: far below what a server takes in one packet, 16 MiB by default.
const ENOUGH: usize = 1 << 20;

/// Cuts rows, each a JSON array, into JSON arrays of them.
pub(super) struct Batch<I>(I);

impl<I: Iterator<Item = Result<String, EncodeError>>> Batch<I> {
    pub(super) fn of(rows: I) -> Self {
        Self(rows)
    }
}

impl<I: Iterator<Item = Result<String, EncodeError>>> Iterator for Batch<I> {
    type Item = Result<String, EncodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = String::new();
        while batch.len() < ENOUGH {
            match self.0.next() {
                Some(Ok(row)) => {
                    batch.push(if batch.is_empty() { '[' } else { ',' });
                    batch.push_str(&row);
                }
                Some(Err(error)) => return Some(Err(error)),
                None if batch.is_empty() => return None,
                None => break,
            }
        }
        batch.push(']');
        Some(Ok(batch))
    }
}

/// A group without its parent.
pub(super) fn group_row(group: &Group) -> Result<String, EncodeError> {
    text(&(
        group.id.0.simple(),
        hex(&group.name),
        u8::from(group.is_superuser),
        hex(&encode::attributes(&group.attributes)?),
    ))
}

/// A user without memberships.
pub(super) fn user_row(user: &User) -> Result<String, EncodeError> {
    text(&(
        user.id.0,
        user.uuid.simple(),
        hex(&user.username),
        hex(&user.name),
        hex(&user.email),
        u8::from(user.is_active),
        user.last_login.map(moment),
        hex(&user.path),
        user.user_type.as_str(),
        hex(&encode::attributes(&user.attributes)?),
        moment(user.password_change_date),
        user.revision.0.simple(),
        encode::integer(user.version)?,
    ))
}

/// An event.
pub(super) fn event_row(event: &Event) -> Result<String, EncodeError> {
    let columns = EventColumns::of(event)?;
    text(&(
        event.id.0.simple(),
        columns.kind,
        columns.user,
        columns.group.map(uuid::Uuid::simple),
        columns.version,
        moment(event.time),
        hex(&columns.body),
    ))
}

fn text(row: &impl Serialize) -> Result<String, EncodeError> {
    Ok(json::text(row)?)
}

fn moment(time: Timestamp) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

fn hex(text: &str) -> String {
    text.bytes().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
}

fn digit(value: u8) -> char {
    char::from(if value < 10 { b'0' + value } else { b'a' - 10 + value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_hexadecimal() {
        assert_eq!(hex("aZ\u{1}😀"), "615a01f09f9880");
    }

    #[test]
    fn batches_hold_every_row_and_end_soon_after_enough() {
        let row = |n: usize| format!("[{n},\"{}\"]", "x".repeat(ENOUGH / 3));
        for rows in 0..8 {
            let batches: Vec<_> = Batch::of((0..rows).map(row).map(Ok)).map(Result::unwrap).collect();
            assert_eq!(batches.len(), rows.div_ceil(3), "three rows are enough");
            let all = batches.iter().flat_map(|batch| {
                serde_json::from_str::<Vec<(usize, String)>>(batch).unwrap().into_iter().map(|row| row.0)
            });
            assert_eq!(all.collect::<Vec<_>>(), (0..rows).collect::<Vec<_>>());
        }
    }
}
