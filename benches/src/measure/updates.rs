//! The update of the store measurements: a new name, and sometimes a new username.

use std::time::{Duration, Instant};

use serde_json::json;
use userbook::{
    Timestamp, User,
    event::{Event, EventActor, EventKind, EventTarget, FieldDiff},
    field::{Name, Username},
    model::ChangeId,
    store::{ChangeSet, FieldChanges, Guards},
};
use uuid::Uuid;

use crate::Failure;

/// Returns the username of a user in round `n`.
pub fn new_name(user: i64, n: i64) -> String {
    format!("user{user} {n}")
}

/// Returns a decided change: username and name, with an event that contains both. `n` must not repeat for a user.
pub fn rename(user: &User, n: i64) -> Result<ChangeSet, Failure> {
    let username = new_name(user.id.0, n);
    let name = format!("Number {n}");
    let pair = [user.id.0.unsigned_abs(), n.unsigned_abs() + 1];
    let id = ChangeId(Uuid::from_u64_pair(pair[0] << 16, pair[1]));
    let diff = [("username", &user.username, &username), ("name", &user.name, &name)];
    let value =
        |old: &String, new: &String| FieldDiff::Value { old: json!(old).into(), new: json!(new).into() };
    Ok(ChangeSet {
        user: user.id,
        expected: user.revision,
        change: id,
        version: user.version + 1,
        fields: FieldChanges {
            username: Some(Username::parse(username.as_str()).map_err(|faults| format!("{faults:?}"))?),
            name: Some(Name::parse(name.as_str()).map_err(|faults| format!("{faults:?}"))?),
            ..FieldChanges::default()
        },
        groups_added: [].into(),
        groups_removed: [].into(),
        guards: Guards::default(),
        event: Event {
            id,
            kind: EventKind::UserUpdated,
            target: EventTarget::User(user.id),
            target_uuid: user.uuid,
            version: user.version + 1,
            time: Timestamp::UNIX_EPOCH,
            actor: EventActor::System,
            impersonator: None,
            request_id: None,
            diff: diff.into_iter().map(|(field, old, new)| (field.into(), value(old, new))).collect(),
            effects: Vec::new(),
        }
        .into(),
    })
}

/// Measures how often per second `work` runs; each run gets a new number.
pub(super) fn rate(
    time: Duration,
    done: &mut i64,
    mut work: impl FnMut(i64) -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let (start, before) = (Instant::now(), *done);
    while start.elapsed() < time {
        work(*done)?;
        *done += 1;
    }
    Ok((*done - before) as f64 / start.elapsed().as_secs_f64())
}
