//! Random operations and their actors.

use userbook::{
    Actor, GroupId, NewGroup, NewUser, Timestamp, UserId, UserRef, UserUpdate,
    model::ChangeId,
    store::{DirectoryQuery, MemberQuery, OutboxLimit, SnapshotQuery, SuperuserQuery},
};
use uuid::Uuid;

use crate::{
    directory::{DESK, ROOT},
    json,
    rng::Rng,
    update, values,
};

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) actor: Actor,
    /// Whether the call allows self-lockout.
    pub(crate) allow_self_lockout: bool,
    pub(crate) operation: Operation,
}

#[derive(Debug)]
pub(crate) enum Operation {
    Update { user: UserRef, update: UserUpdate, condition: Condition, dry_run: bool },
    Retrieve(UserRef),
    InsertUser(NewUser),
    DeleteUser(UserId),
    PutGroup(GroupId, NewGroup),
    DeleteGroup(GroupId),
    Load(SnapshotQuery),
    LoadDirectory(DirectoryQuery),
    Pending(OutboxLimit),
    Ack(Vec<ChangeId>),
    Prune(Timestamp),
}

/// The precondition of an update.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Condition {
    None,
    /// The current revision.
    Right,
    /// Another revision.
    Stale,
    /// One of these two revisions.
    Either,
}

impl Step {
    /// Returns a random step, after operations with these change ids at these times.
    pub(crate) fn any(rng: &mut Rng, history: &[(ChangeId, Timestamp)]) -> Self {
        let actor = actor(rng);
        Self { actor, allow_self_lockout: rng.percent(50), operation: operation(rng, history) }
    }
}

fn actor(rng: &mut Rng) -> Actor {
    let mut actor = match rng.below(20) {
        0..10 => Actor::system(),
        10..13 => Actor::user(ROOT),
        13..16 => Actor::user(DESK),
        16 => Actor::external("else\u{1f600}where"),
        17 => Actor::anonymous(),
        _ => Actor::user(values::user(rng)),
    };
    actor.impersonator = rng.maybe(10, values::user);
    actor
}

fn operation(rng: &mut Rng, history: &[(ChangeId, Timestamp)]) -> Operation {
    match rng.below(100) {
        0..54 => Operation::Update {
            user: values::user_ref(rng),
            update: update::any(rng),
            condition: match rng.below(10) {
                0 => Condition::Right,
                1 => Condition::Stale,
                2 => Condition::Either,
                _ => Condition::None,
            },
            dry_run: rng.percent(10),
        },
        54..57 => Operation::Retrieve(values::user_ref(rng)),
        57..65 => {
            let (username, name) = (values::username(rng), values::name(rng));
            Operation::InsertUser(NewUser::new(username, name).with(|user| update::set_fields(user, rng)))
        }
        65..68 => Operation::DeleteUser(values::dispensable(rng)),
        68..80 => Operation::PutGroup(values::group(rng), new_group(rng)),
        80..83 => Operation::DeleteGroup(values::group(rng)),
        83..87 => Operation::Load(load(rng, history)),
        87..91 => Operation::LoadDirectory(load_directory(rng, history)),
        91..93 => Operation::Pending(outbox_limit(rng)),
        93..97 => Operation::Ack(rng.some(20, |rng| some_change(rng, history))),
        _ => Operation::Prune(match history {
            [] => values::moment(rng),
            _ => rng.pick(history).1,
        }),
    }
}

fn new_group(rng: &mut Rng) -> NewGroup {
    let name = if rng.percent(60) { format!("g{}", rng.below(12)) } else { values::username(rng) };
    let mut group = NewGroup::new(name).superuser(rng.percent(25)).parent(rng.maybe(50, values::group));
    if rng.percent(50) {
        group = group.attributes(json::object(rng, 2));
    }
    match rng.below(4) {
        0 => group.members(rng.some(5, values::first_user)),
        1 => group.add_member(values::first_user(rng)).remove_member(values::user(rng)),
        _ => group,
    }
}

fn outbox_limit(rng: &mut Rng) -> OutboxLimit {
    let bytes = rng.pick(&[0, 300, 1000, 10_000, u64::MAX]);
    OutboxLimit { events: rng.pick(&[0, 1, 3, 1000]), bytes }
}

/// A change id that was committed, was possibly committed, or was never used.
fn some_change(rng: &mut Rng, history: &[(ChangeId, Timestamp)]) -> ChangeId {
    if history.is_empty() || rng.percent(5) {
        return ChangeId(Uuid::from_u64_pair(rng.next(), rng.next()));
    }
    rng.pick(history).0
}

fn load(rng: &mut Rng, history: &[(ChangeId, Timestamp)]) -> SnapshotQuery {
    SnapshotQuery {
        target: rng.maybe(90, values::user_ref),
        username: rng.maybe(50, |rng| values::username(rng).replace('\0', "")),
        groups: rng.some(3, values::group).into_iter().collect(),
        actor: rng.maybe(50, values::user),
        other_superusers: rng.percent(50),
        change: rng.maybe(50, |rng| some_change(rng, history)),
        ..SnapshotQuery::default()
    }
}

fn load_directory(rng: &mut Rng, history: &[(ChangeId, Timestamp)]) -> DirectoryQuery {
    DirectoryQuery {
        username: rng.maybe(50, |rng| values::username(rng).replace('\0', "")),
        group_name: rng.maybe(50, |rng| values::username(rng).replace('\0', "")),
        group_name_except: rng.maybe(50, values::group),
        groups: rng.some(3, values::group).into_iter().collect(),
        actor: rng.maybe(50, values::user),
        shape: rng.percent(30),
        below: rng.maybe(50, values::group),
        members: rng.maybe(50, |rng| MemberQuery {
            of: rng.maybe(70, values::group),
            users: rng.some(4, values::user).into_iter().collect(),
            limit: rng.pick(&[0, 1, 2, 100]),
        }),
        superusers: rng.maybe(50, |rng| SuperuserQuery {
            groups: rng.some(3, values::group).into_iter().collect(),
            except: rng
                .maybe(50, |rng| (values::group(rng), rng.some(3, values::user).into_iter().collect())),
        }),
        change: rng.maybe(50, |rng| some_change(rng, history)),
        ..DirectoryQuery::default()
    }
}
