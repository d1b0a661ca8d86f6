//! From the rows of one statement to a [`Snapshot`] or a [`DirectorySnapshot`].

use std::collections::{BTreeMap, BTreeSet};

use userbook::{ActorState, DirectorySnapshot, GroupGraph, GroupShape, Snapshot, SnapshotQuery};

use crate::decode::{self, Columns, DecodeError, Decoded, some};

/// What the rows that belong to one part of an answer tell, by the column `part`.
pub(crate) fn part<R: Columns>(row: &R) -> Decoded<String> {
    some(row, "part", R::text)
}

pub(crate) fn unknown(part: &str) -> DecodeError {
    DecodeError::new("part", format!("there is no part {part:?}"))
}

/// The answer of `load.sql`; without a row of facts there is no such user.
pub(crate) fn snapshot<R: Columns>(query: &SnapshotQuery, rows: &[R]) -> Decoded<Option<Snapshot>> {
    let mut found = None;
    let mut groups = GroupGraph::default();
    let (mut of_user, mut of_actor) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        match part(row)?.as_str() {
            "facts" => found = Some(facts(query, row)?),
            "group" => {
                let group = decode::group(row)?;
                if some(row, "of_user", R::flag)? {
                    of_user.insert(group.id);
                }
                if some(row, "of_actor", R::flag)? {
                    of_actor.insert(group.id);
                }
                groups.insert(group);
            }
            part => return Err(unknown(part)),
        }
    }
    Ok(found.map(|mut snapshot: Snapshot| {
        snapshot.user.groups = of_user;
        snapshot.actor = snapshot.actor.map(|actor| ActorState { groups: of_actor, ..actor });
        snapshot.groups = groups;
        snapshot
    }))
}

fn facts<R: Columns>(query: &SnapshotQuery, row: &R) -> Decoded<Snapshot> {
    let other = "other_active_superuser";
    Ok(Snapshot {
        user: decode::user(row)?,
        groups: GroupGraph::default(),
        username_taken: some(row, "username_taken", R::flag)?,
        actor: decode::actor(row)?,
        other_active_superuser: query
            .other_active_superuser
            .then(|| some(row, other, R::flag))
            .transpose()?,
        epochs: decode::epochs(row)?,
        change_committed: some(row, "change_committed", R::flag)?,
    })
}

/// The answer of `load_directory.sql`.
pub(crate) fn directory<R: Columns>(rows: &[R]) -> Decoded<DirectorySnapshot> {
    let mut directory = DirectorySnapshot::default();
    let mut shape = BTreeMap::new();
    let mut groups = GroupGraph::default();
    let mut of_actor = BTreeSet::new();
    let mut told = false;
    for row in rows {
        match part(row)?.as_str() {
            "facts" => {
                told = true;
                directory.username_taken = some(row, "username_taken", R::flag)?;
                directory.group_named = row.uuid("group_named")?.map(userbook::GroupId);
                directory.actor = decode::actor(row)?;
                directory.active_member = some(row, "active_member", R::flag)?;
                directory.epochs = decode::epochs(row)?;
                directory.change_committed = some(row, "change_committed", R::flag)?;
            }
            "group" => {
                let group = decode::group(row)?;
                if some(row, "of_actor", R::flag)? {
                    of_actor.insert(group.id);
                }
                groups.insert(group);
            }
            "shape" => {
                let place = GroupShape {
                    is_superuser: some(row, "is_superuser", R::flag)?,
                    parent: row.uuid("parent")?.map(userbook::GroupId),
                };
                shape.insert(decode::group_id(row)?, place);
            }
            part => return Err(unknown(part)),
        }
    }
    if !told {
        return Err(unknown("facts"));
    }
    directory.actor = directory.actor.map(|actor| ActorState { groups: of_actor, ..actor });
    directory.groups = groups;
    directory.shape = shape;
    Ok(directory)
}
