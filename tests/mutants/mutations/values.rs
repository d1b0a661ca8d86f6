//! Values that are read differently from what was written.

use serde_json::Value;
use userbook::{
    Timestamp,
    field::Name,
    store::{ChangeSet, CommitOutcome, Snapshot, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::mutations;

fn levels(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(levels).max().unwrap_or(0),
        Value::Object(object) => 1 + object.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

fn narrow(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(narrow),
        Value::Object(object) => object.values_mut().for_each(narrow),
        Value::Number(number) => {
            if let Some(whole) = number.as_i64() {
                *number = whole.clamp(i32::MIN.into(), i32::MAX.into()).into();
            }
        }
        _ => {}
    }
}

/// Writes another name than the requested one.
fn rename(change: &mut ChangeSet, other: impl FnOnce(&str) -> String) {
    let name = change.fields.name.as_ref().map(|name| other(name.as_str()));
    change.fields.name = name.map(|name| Name::parse(&name).expect("a part of a name is one"));
}

mutations! {
    /// Truncates times to milliseconds.
    LosesMicroseconds {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            if let Some(Some(moment)) = &mut change.fields.last_login {
                *moment = Timestamp::from_timestamp_millis(moment.timestamp_millis()).expect("it is a moment");
            }
            None
        }
    }

    /// Has a parser with a lower depth limit, and substitutes a default for values it cannot read.
    NullsDeepAttributes {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if let Some(user) = &mut facts.user && levels(&user.attributes) > 128 {
                user.attributes = Value::Null.into();
            }
        }
    }

    /// Stores integers in 32 bits and clamps others.
    NarrowsNumbers {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if let Some(user) = &mut facts.user {
                narrow(user.attributes.make_mut());
            }
        }
    }

    /// Replaces values that are not objects by an empty object.
    RepairsAttributes {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if let Some(user) = &mut facts.user && !user.attributes.is_object() {
                user.attributes = serde_json::json!({}).into();
            }
        }
    }

    /// A `TEXT` column of 65,535 bytes in a lenient mode.
    TruncatesLongNames {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            rename(change, |name| name.chars().take(16_383).collect());
            None
        }
    }

    /// A character set of at most three bytes per character.
    LosesFourByteCharacters {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            rename(change, |name| name.chars().filter(|char| char.len_utf8() < 4).collect());
            None
        }
    }

    /// Normalizes rows.
    TrimsText {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if let Some(user) = &mut facts.user {
                user.name = user.name.trim().into();
            }
        }
    }
}
