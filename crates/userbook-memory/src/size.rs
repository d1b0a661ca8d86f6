//! The size of rows as text and JSON.

use std::io;

use serde::Serialize;
use userbook::{Group, User, event::Event, store::ROW_BYTES};

use crate::scan::yield_now;

/// The bytes of JSON between two yields.
const TURN: u64 = 64 * 1024;

/// Counts the written bytes.
struct Count(u64);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the length of a value as JSON.
fn json_bytes(value: &impl Serialize) -> u64 {
    let mut count = Count(0);
    // A value that cannot be written as JSON has no size.
    drop(serde_json::to_writer(&mut count, value));
    count.0
}

pub(crate) fn event_bytes(event: &Event) -> u64 {
    json_bytes(event)
}

fn user_bytes(user: &User) -> u64 {
    let texts = [&user.username, &user.name, &user.email, &user.path];
    texts.iter().map(|text| text.len() as u64).sum::<u64>()
        + json_bytes(&user.attributes)
        + json_bytes(&user.external_ids)
}

fn group_bytes(group: &Group) -> u64 {
    group.name.len() as u64 + json_bytes(&group.attributes) + json_bytes(&group.external_ids)
}

/// The remaining size of a page.
pub(crate) struct Budget {
    left: u64,
    turn: u64,
}

impl Budget {
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self { left: max_bytes, turn: 0 }
    }

    pub(crate) async fn user(&mut self, user: &User) -> bool {
        self.take(user_bytes(user)).await
    }

    pub(crate) async fn group(&mut self, group: &Group) -> bool {
        self.take(group_bytes(group)).await
    }

    /// Counts rows without text.
    pub(crate) fn rows(&mut self, rows: usize) -> bool {
        self.subtract(ROW_BYTES.saturating_mul(rows as u64))
    }

    /// Subtracts the bytes of a row; returns whether the page is within its limit.
    async fn take(&mut self, bytes: u64) -> bool {
        self.turn += bytes;
        if self.turn >= TURN {
            self.turn = 0;
            yield_now().await;
        }
        self.subtract(bytes.saturating_add(ROW_BYTES))
    }

    fn subtract(&mut self, bytes: u64) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}
