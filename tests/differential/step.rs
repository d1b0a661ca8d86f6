//! Random operations and their actors.

use userbook::{
    Actor, GroupId, NewGroup, NewUser, Timestamp, UserId, UserRef, UserUpdate,
    model::ChangeId,
    store::{DirectoryQuery, MemberQuery, OutboxLimit, SnapshotQuery, SuperuserQuery},
};
use uuid::Uuid;

use crate::{
    chance::Chance,
    directory::{DESK, ROOT},
    json, update, values,
};

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) actor: Actor,
    /// Whether the actor means to lock themselves out.
    pub(crate) means_it: bool,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
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
    /// The state it is in.
    Right,
    /// One that it is not in.
    Stale,
    /// One of these two.
    Either,
}

impl Step {
    /// Any step, after operations with these change ids at these times.
    pub(crate) fn any(chance: &mut Chance, history: &[(ChangeId, Timestamp)]) -> Self {
        let actor = actor(chance);
        Self { actor, means_it: chance.percent(50), what: what(chance, history) }
    }
}

fn actor(chance: &mut Chance) -> Actor {
    let mut actor = match chance.below(20) {
        0..10 => Actor::system(),
        10..13 => Actor::user(ROOT),
        13..16 => Actor::user(DESK),
        16 => Actor::external("else\u{1f600}where"),
        17 => Actor::anonymous(),
        _ => Actor::user(values::user(chance)),
    };
    actor.impersonator = chance.maybe(10, values::user);
    actor
}

fn what(chance: &mut Chance, history: &[(ChangeId, Timestamp)]) -> What {
    match chance.below(100) {
        0..54 => What::Update {
            user: values::user_ref(chance),
            update: update::any(chance),
            condition: match chance.below(10) {
                0 => Condition::Right,
                1 => Condition::Stale,
                2 => Condition::Either,
                _ => Condition::None,
            },
            dry_run: chance.percent(10),
        },
        54..57 => What::Retrieve(values::user_ref(chance)),
        57..65 => {
            let (username, name) = (values::username(chance), values::name(chance));
            What::InsertUser(NewUser::new(username, name).with(|user| update::set_fields(user, chance)))
        }
        65..68 => What::DeleteUser(values::dispensable(chance)),
        68..80 => What::PutGroup(values::group(chance), new_group(chance)),
        80..83 => What::DeleteGroup(values::group(chance)),
        83..87 => What::Load(load(chance, history)),
        87..91 => What::LoadDirectory(load_directory(chance, history)),
        91..93 => What::Pending(outbox_limit(chance)),
        93..97 => What::Ack(chance.some(20, |chance| some_change(chance, history))),
        _ => What::Prune(match history {
            [] => values::moment(chance),
            _ => chance.pick(history).1,
        }),
    }
}

fn new_group(chance: &mut Chance) -> NewGroup {
    let name = if chance.percent(60) { format!("g{}", chance.below(12)) } else { values::username(chance) };
    let mut group = NewGroup::new(name).superuser(chance.percent(25)).parent(chance.maybe(50, values::group));
    if chance.percent(50) {
        group = group.attributes(json::object(chance, 2));
    }
    match chance.below(4) {
        0 => group.members(chance.some(5, values::first_user)),
        1 => group.add_member(values::first_user(chance)).remove_member(values::user(chance)),
        _ => group,
    }
}

fn outbox_limit(chance: &mut Chance) -> OutboxLimit {
    let bytes = chance.pick(&[0, 300, 1000, 10_000, u64::MAX]);
    OutboxLimit { events: chance.pick(&[0, 1, 3, 1000]), bytes }
}

/// A change that was committed, or may have been, or never was.
fn some_change(chance: &mut Chance, history: &[(ChangeId, Timestamp)]) -> ChangeId {
    if history.is_empty() || chance.percent(5) {
        return ChangeId(Uuid::from_u64_pair(chance.next(), chance.next()));
    }
    chance.pick(history).0
}

fn load(chance: &mut Chance, history: &[(ChangeId, Timestamp)]) -> SnapshotQuery {
    SnapshotQuery {
        target: chance.maybe(90, values::user_ref),
        username: chance.maybe(50, |chance| values::username(chance).replace('\0', "")),
        groups: chance.some(3, values::group).into_iter().collect(),
        actor: chance.maybe(50, values::user),
        other_superusers: chance.percent(50),
        change: chance.maybe(50, |chance| some_change(chance, history)),
    }
}

fn load_directory(chance: &mut Chance, history: &[(ChangeId, Timestamp)]) -> DirectoryQuery {
    DirectoryQuery {
        username: chance.maybe(50, |chance| values::username(chance).replace('\0', "")),
        group_name: chance.maybe(50, |chance| values::username(chance).replace('\0', "")),
        groups: chance.some(3, values::group).into_iter().collect(),
        actor: chance.maybe(50, values::user),
        shape: chance.percent(50),
        members: chance.maybe(50, |chance| MemberQuery {
            of: chance.maybe(70, values::group),
            users: chance.some(4, values::user).into_iter().collect(),
            limit: chance.pick(&[0, 1, 2, 100]),
        }),
        superusers: chance.maybe(50, |chance| SuperuserQuery {
            groups: chance.some(3, values::group).into_iter().collect(),
            except: chance.maybe(50, |chance| {
                (values::group(chance), chance.some(3, values::user).into_iter().collect())
            }),
        }),
        change: chance.maybe(50, |chance| some_change(chance, history)),
    }
}
