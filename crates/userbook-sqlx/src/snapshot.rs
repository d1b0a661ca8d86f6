//! From the rows of one statement to a [`Snapshot`] or a [`DirectorySnapshot`].

use std::collections::BTreeSet;

use userbook::{
    GroupId, UserId,
    model::GroupGraph,
    store::{ActorState, DirectorySnapshot, GroupShape, MemberState, Snapshot, SnapshotQuery, Superusers},
};

use crate::decode::{self, DecodeError, Decoded, RowExt, required};

/// The part of the answer that the row belongs to.
pub(crate) fn row_kind<R: RowExt>(row: &R) -> Decoded<String> {
    required(row, "row_kind", R::text)
}

pub(crate) fn unknown(kind: &str) -> DecodeError {
    DecodeError::new("row_kind", format!("there is no kind {kind:?}"))
}

/// Decodes the rows of `load.sql`.
pub(crate) fn user<R: RowExt>(query: &SnapshotQuery, rows: &[R]) -> Decoded<Snapshot> {
    let mut found = None;
    let mut groups = GroupGraph::default();
    let (mut of_user, mut of_actor) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        match row_kind(row)?.as_str() {
            "facts" => found = Some(facts(query, row)?),
            "group" => {
                let group = decode::group(row)?;
                if required(row, "of_user", R::flag)? {
                    of_user.insert(group.id);
                }
                if required(row, "of_actor", R::flag)? {
                    of_actor.insert(group.id);
                }
                groups.insert(group);
            }
            kind => return Err(unknown(kind)),
        }
    }
    let mut snapshot = found.ok_or_else(|| unknown("facts"))?;
    if let Some(user) = &mut snapshot.user {
        user.groups = of_user;
    }
    snapshot.actor = snapshot.actor.map(|actor| ActorState { groups: of_actor, ..actor });
    snapshot.groups = groups;
    Ok(snapshot)
}

fn facts<R: RowExt>(query: &SnapshotQuery, row: &R) -> Decoded<Snapshot> {
    let is_found = row.integer("id")?.is_some();
    Ok(Snapshot {
        user: is_found.then(|| decode::user(row)).transpose()?,
        groups: GroupGraph::default(),
        username_taken: required(row, "username_taken", R::flag)?,
        login_taken: required(row, "login_taken", R::flag)?,
        email_taken: required(row, "email_taken", R::flag)?,
        actor: decode::actor(row)?,
        other_superusers: query.other_superusers.then(|| superusers(row)).transpose()?,
        epochs: decode::epochs(row)?,
        change_committed: required(row, "change_committed", R::flag)?,
    })
}

fn superusers<R: RowExt>(row: &R) -> Decoded<Superusers> {
    Ok(Superusers {
        person: required(row, "superuser_person", R::flag)?,
        service_account: required(row, "superuser_service_account", R::flag)?,
    })
}

/// Decodes the rows of `load_directory.sql`.
pub(crate) fn directory<R: RowExt>(rows: &[R]) -> Decoded<DirectorySnapshot> {
    let mut directory = DirectorySnapshot::default();
    let mut of_actor = BTreeSet::new();
    let mut memberships = Vec::new();
    let mut has_facts = false;
    for row in rows {
        match row_kind(row)?.as_str() {
            "facts" => {
                has_facts = true;
                directory_facts(&mut directory, row)?;
            }
            "group" => {
                let group = decode::group(row)?;
                if required(row, "of_actor", R::flag)? {
                    of_actor.insert(group.id);
                }
                directory.groups.insert(group);
            }
            "shape" => _ = directory.shape.insert(decode::group_id(row)?, shape(row)?),
            "member" => _ = directory.members.insert(user_id(row)?, member(row)?),
            "membership" => memberships.push((user_id(row)?, decode::group_id(row)?)),
            kind => return Err(unknown(kind)),
        }
    }
    if !has_facts {
        return Err(unknown("facts"));
    }
    for (user, group) in memberships {
        if let Some(member) = directory.members.get_mut(&user) {
            member.groups.insert(group);
        }
    }
    directory.actor = directory.actor.map(|actor| ActorState { groups: of_actor, ..actor });
    Ok(directory)
}

fn directory_facts<R: RowExt>(directory: &mut DirectorySnapshot, row: &R) -> Decoded<()> {
    directory.username_taken = required(row, "username_taken", R::flag)?;
    directory.login_taken = required(row, "login_taken", R::flag)?;
    directory.email_taken = required(row, "email_taken", R::flag)?;
    directory.group_named = row.uuid("group_named")?.map(GroupId);
    directory.actor = decode::actor(row)?;
    directory.superusers = superusers(row)?;
    directory.epochs = decode::epochs(row)?;
    directory.change_committed = required(row, "change_committed", R::flag)?;
    Ok(())
}

fn shape<R: RowExt>(row: &R) -> Decoded<GroupShape> {
    Ok(GroupShape {
        is_superuser: required(row, "is_superuser", R::flag)?,
        parent: row.uuid("parent")?.map(GroupId),
    })
}

fn user_id<R: RowExt>(row: &R) -> Decoded<UserId> {
    required(row, "id", R::integer).map(UserId)
}

/// A member without groups, which are separate rows.
fn member<R: RowExt>(row: &R) -> Decoded<MemberState> {
    Ok(MemberState {
        uuid: required(row, "uuid", R::uuid)?,
        username: required(row, "username", R::text)?,
        is_active: required(row, "is_active", R::flag)?,
        user_type: decode::user_type(row, "type")?,
        path: required(row, "path", R::text)?,
        groups: [].into(),
        revision: decode::revision(row, "revision")?,
        version: decode::counter(row, "version")?,
    })
}
