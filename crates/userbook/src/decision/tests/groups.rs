//! Writing and deleting groups.

use super::fixture::{
    ACTOR, ACTOR_REVISION, ADMINS, BELOW, CHANGE, EPOCHS, HELP, NO_OTHER, NOW, NOWHERE, ROOT, STAFF,
    actor_state, group,
};
use super::group_fixture::{Write, delete, put};
use crate::{
    authz::{Actor, Check, CheckResults, Subject},
    decision::{Denial, GroupRejection, MembersOp},
    event::{Effect, EventKind, EventTarget, FieldDiff},
    model::{Group, GroupId, Revision, UserId, UserType},
    policy::{Policy, Safeguard},
    store::{ActorGuard, EpochGuard, GroupShape, Guards, ProvisioningOp},
    violation::GroupField,
};

#[test]
fn checks_follow_from_the_write() {
    let all = |write: Write| {
        let policy = write.policy.clone().without(Safeguard::HideGroups);
        let mut checks = write.access().checks(&policy);
        checks.extend(write.proposal().checks(&policy, &CheckResults::default()));
        checks
    };
    assert_eq!(all(put(group(NOWHERE, "new", false, None))), [Check::AddGroup(NOWHERE)]);
    assert_eq!(all(put(group(STAFF, "renamed", false, None))), [Check::ChangeGroup(STAFF)]);
    assert_eq!(all(delete(STAFF)), [Check::ViewGroup(STAFF), Check::DeleteGroup(STAFF)]);
    let grant = Check::GrantSuperuser;
    let view = Check::ViewGroup(ADMINS);
    assert_eq!(all(delete(ADMINS)), [view, Check::DeleteGroup(ADMINS), grant(ADMINS), grant(BELOW)]);
    assert_eq!(all(put(group(STAFF, "staff", true, None))), [Check::ChangeGroup(STAFF), grant(STAFF)]);
    let below = put(group(STAFF, "staff", false, Some(BELOW)));
    assert_eq!(all(below), [Check::ChangeGroup(STAFF), grant(STAFF), grant(ADMINS)]);
}

#[test]
fn group_write_sets_dates() {
    let written = |write: Write| match write.change().op {
        ProvisioningOp::PutGroup(group) => [group.created_at, group.updated_at],
        other => panic!("not a write: {other:?}"),
    };
    let stored = group(STAFF, "staff", false, None).created_at;
    assert_eq!(written(put(group(NOWHERE, "new", false, None))), [NOW, NOW]);
    assert_eq!(written(put(group(STAFF, "renamed", false, None))), [stored, NOW]);
    let claims_dates = Group { created_at: NOW, ..group(STAFF, "renamed", false, None) };
    assert_eq!(written(put(claims_dates)), [stored, NOW]);
    let same = Group { updated_at: NOW, ..group(STAFF, "staff", false, None) };
    assert_eq!(put(same).outcome(), "unchanged");
}

/// A group below [`ADMINS`] is moved away, gets the flag itself, and a member.
fn flagged_below() -> Write {
    let write = put(group(BELOW, "below", true, None)).with(|it| it.members = members(&[1], &[]));
    write.member(1, [])
}

#[test]
fn granting_requires_the_right_to_grant() {
    let flag = || put(group(STAFF, "staff", true, None));
    let attach = || put(group(STAFF, "staff", false, Some(BELOW)));
    let new = || put(group(NOWHERE, "new", true, None));
    for (name, write, expected) in [
        ("by the flag", flag(), "grants superuser"),
        ("by the parent", attach(), "grants superuser"),
        ("to a new group", new(), "grants superuser"),
        ("with the right on it", flag().with(|it| it.granted = vec![STAFF]), "commit"),
        ("with the right on the ancestor", attach().with(|it| it.granted = vec![ADMINS]), "commit"),
        (
            "with the right on the present ancestor",
            flagged_below().with(|it| it.granted = vec![ADMINS]),
            "grants superuser",
        ),
        ("with the right on another", attach().with(|it| it.granted = vec![ROOT, BELOW]), "grants superuser"),
        ("by a superuser", attach().by_superuser(), "commit"),
        ("by the host", new().with(|it| it.actor = Actor::from(Subject::System)), "commit"),
        ("by a superuser without permission", flag().by_superuser().with(|it| it.denied = true), "forbidden"),
        ("again", put(group(ADMINS, "renamed", true, None)), "commit"),
        ("none, below ordinary groups", put(group(HELP, "help", false, Some(STAFF))), "commit"),
        ("with a fault", put(group(STAFF, "staff", true, Some(NOWHERE))), "grants superuser"),
    ] {
        assert_eq!(write.outcome(), expected, "{name}");
        if expected == "grants superuser" {
            let off = write.with(|it| it.policy = it.policy.clone().without(Safeguard::Escalation));
            assert_ne!(off.outcome(), expected, "{name}: switched off");
        }
    }
    let GroupRejection::Forbidden(denial) = attach().decide().unwrap_err() else { panic!() };
    let through = Some("admins".to_owned());
    assert_eq!(denial, Denial::GrantsSuperuser { group: STAFF, name: Some("staff".into()), through });
}

#[test]
fn hidden_parent_counts_as_missing() {
    let below = |parent| put(group(STAFF, "staff", false, Some(parent))).with(|it| it.hidden = vec![parent]);
    let missing = "parent: does_not_exist";
    assert_eq!(below(HELP).outcome(), missing);
    assert_eq!(below(ADMINS).outcome(), missing);
    // A stored parent is kept, and still grants.
    let kept = put(group(BELOW, "renamed", false, Some(ADMINS))).with(|it| it.hidden = vec![ADMINS]);
    assert_eq!(kept.outcome(), "commit");
    let joins = || {
        let kept = put(group(BELOW, "renamed", false, Some(ADMINS)));
        kept.with(|it| it.members = members(&[1], &[])).member(1, [])
    };
    let through = |write: Write| match write.decide() {
        Err(GroupRejection::Forbidden(Denial::GrantsSuperuser { through, .. })) => through,
        other => panic!("{other:?}"),
    };
    assert_eq!(through(joins()).as_deref(), Some("admins"));
    assert_eq!(through(joins().with(|it| it.hidden = vec![ADMINS])), None, "no name of a hidden group");
    let own = put(group(STAFF, "staff", true, None));
    assert_eq!(through(own), None, "the group itself is no ancestor");
}

#[test]
fn only_revoking_writes_need_the_remaining_superusers() {
    for (write, expected) in [
        (delete(ADMINS), true),
        (put(group(ADMINS, "admins", false, None)), true),
        (put(group(ADMINS, "renamed", true, None)), false),
        (delete(STAFF), false),
        (put(group(STAFF, "staff", true, None)), false),
    ] {
        assert_eq!(write.proposal().needs_superusers(), expected, "{}", write.id);
    }
}

/// A chain too long for its head to reach the top, until one group is removed.
#[test]
fn shorter_path_to_an_ancestor_grants() {
    let id = |n: u128| GroupId(uuid::Uuid::from_u128(1000 + n));
    let link = |n: u128| group(id(n), &n.to_string(), n == 20, (n < 20).then(|| id(n + 1)));
    let mut write = put(group(id(5), "5", false, Some(id(7))));
    for link in (0..=20).map(link) {
        write.directory.shape.insert(link.id, GroupShape::of(&link));
        write.directory.groups.insert(link);
    }
    assert_eq!(write.outcome(), "grants superuser");
    assert_eq!(write.with(|it| it.granted = vec![id(20)]).outcome(), "commit");
}

#[test]
fn revoking_requires_the_right_and_keeps_a_superuser() {
    let plain = || put(group(ADMINS, "admins", false, None));
    for write in [plain, || delete(ADMINS), || put(group(BELOW, "below", false, None))] {
        assert_eq!(write().outcome(), "revokes superuser");
        let off = write().with(|it| it.policy = Policy::hardened().without(Safeguard::Demotion));
        assert_eq!(off.outcome(), "commit");
        assert_eq!(write().with(|it| it.granted = vec![ADMINS]).outcome(), "commit");
        let write = write().by_superuser();
        assert_eq!(write.outcome(), "commit");
        let write = write.with(|it| it.superusers.1 = NO_OTHER);
        assert_eq!(write.outcome(), "last_superuser");
        let off = write.with(|it| it.policy = Policy::hardened().without(Safeguard::LastSuperuser));
        assert_eq!(off.outcome(), "commit");
        let none = off.with(|it| (it.policy, it.superusers.0) = (Policy::hardened(), NO_OTHER));
        assert_eq!(none.outcome(), "commit", "there was no superuser before");
    }
    let one_of_two = plain().with(|it| it.granted = vec![BELOW]);
    assert_eq!(one_of_two.outcome(), "revokes superuser", "the right to each group is needed");
    for own in [ADMINS, BELOW] {
        let own = |write: Write| write.with(|it| it.directory.actor = Some(actor_state([own])));
        assert_eq!(own(plain()).outcome(), "self_lockout");
        assert_eq!(own(delete(ADMINS)).outcome(), "self_lockout");
        assert_eq!(own(plain()).with(|it| it.allow_self_lockout = true).outcome(), "commit");
        let off = own(plain()).with(|it| it.policy = Policy::hardened().without(Safeguard::SelfLockout));
        assert_eq!(off.outcome(), "commit");
        assert_eq!(own(delete(ROOT)).outcome(), "commit", "another group");
    }
    let both = plain().with(|it| it.directory.actor = Some(actor_state([ADMINS, ROOT])));
    assert_eq!(both.outcome(), "commit", "another group grants too");
}

fn members(join: &[i64], leave: &[i64]) -> MembersOp {
    let set = |ids: &[i64]| ids.iter().copied().map(UserId).collect();
    MembersOp::Change { join: set(join), leave: set(leave) }
}

#[test]
fn members_of_a_granting_group_require_the_right_to_grant() {
    let admins = |op: MembersOp| put(group(ADMINS, "admins", true, None)).with(|it| it.members = op);
    let joins = || admins(members(&[1], &[])).member(1, [STAFF]);
    let leaves = || admins(members(&[], &[1])).member(1, [ADMINS]);
    assert_eq!(joins().outcome(), "grants superuser");
    assert_eq!(leaves().outcome(), "revokes superuser");
    for write in [joins(), leaves()] {
        assert_eq!(write.with(|it| it.granted = vec![ADMINS]).outcome(), "commit");
    }
    let below = put(group(BELOW, "below", false, Some(ADMINS))).with(|it| it.members = members(&[1], &[]));
    assert_eq!(below.member(1, []).outcome(), "grants superuser");
    let last = leaves().by_superuser().with(|it| it.superusers.1 = NO_OTHER);
    assert_eq!(last.outcome(), "last_superuser");
    let replaced = admins(members(&[2], &[1])).member(1, [ADMINS]).member(2, []);
    let replaced = replaced.by_superuser().with(|it| it.superusers.1 = NO_OTHER);
    assert_eq!(replaced.outcome(), "commit", "the user who joins takes the place");
    let service = replaced
        .with(|it| it.directory.members.get_mut(&UserId(2)).unwrap().user_type = UserType::ServiceAccount);
    assert_eq!(service.outcome(), "last_superuser");
    let own = leaves().with(|it| it.directory.actor = Some(actor_state([ADMINS])));
    let own = own.with(|it| it.members = members(&[], &[ACTOR.0])).member(ACTOR.0, [ADMINS]);
    assert_eq!(own.outcome(), "self_lockout");
}

#[test]
fn each_member_gets_a_revision_and_an_event() {
    let write = put(group(ADMINS, "admins", true, None)).by_superuser();
    let write = write.with(|it| it.members = MembersOp::Replace([UserId(1), UserId(2)].into()));
    let write = write.member(1, [ADMINS]).member(2, [STAFF]).member(3, [ADMINS, ROOT]);
    let change = write.change();
    let [joins, leaves] = &change.members[..] else { panic!("{:?}", change.members) };
    assert_eq!((joins.user, joins.joins, joins.version), (UserId(2), true, 6));
    assert_eq!(joins.expected, Revision(uuid::Uuid::from_u128(2)));
    assert_eq!((joins.event.id, joins.event.target), (joins.change, EventTarget::User(UserId(2))));
    assert_eq!(joins.event.request_id.as_deref(), Some("request"));
    assert_eq!(joins.event.effects, [Effect::RevokeSessions], "the user becomes superuser");
    assert_eq!((leaves.user, leaves.joins), (UserId(3), false));
    assert_eq!(leaves.event.effects, [], "another group still grants");
    assert_ne!(joins.change, leaves.change);
    let superusers = Some(EpochGuard::bump(EPOCHS.superusers));
    assert_eq!(change.guards.superusers, superusers);
    let unchanged = put(group(STAFF, "staff", false, None)).with(|it| it.members = members(&[1], &[2]));
    assert_eq!(unchanged.member(1, [STAFF]).member(2, []).outcome(), "unchanged");
}

#[test]
fn members_must_exist_and_are_limited() {
    let staff = |op| put(group(STAFF, "staff", false, None)).with(|it| it.members = op);
    assert_eq!(staff(members(&[9], &[])).outcome(), "users: does_not_exist");
    assert_eq!(staff(members(&[], &[9])).outcome(), "unchanged");
    let limits = crate::limits::Limits { members_altered: 1, ..crate::limits::Limits::default() };
    let limited = |write: Write| write.with(|it| it.policy = Policy::hardened().with_limits(limits.clone()));
    let two = limited(staff(members(&[1, 2], &[])).member(1, []).member(2, []));
    assert_eq!(two.outcome(), "users: too_many_members");
    assert_eq!(
        limited(delete(STAFF).member(1, [STAFF]).member(2, [STAFF])).outcome(),
        "users: too_many_members"
    );
    assert_eq!(limited(staff(members(&[1], &[])).member(1, [])).outcome(), "commit");
}

#[test]
fn values() {
    let named =
        |holder| put(group(STAFF, "taken", false, None)).with(|it| it.directory.group_named = Some(holder));
    for (name, write, expected) in [
        ("a free name", put(group(STAFF, "free", false, None)), "commit"),
        ("a taken name", named(HELP), "name: unique"),
        ("its own name", named(STAFF), "commit"),
        ("an invisible name", put(group(STAFF, "\u{3164}\u{200d}", false, None)), "name: blank"),
        ("a joiner between letters", put(group(STAFF, "\u{1f468}\u{200d}\u{1f469}", false, None)), "commit"),
        (
            "an invisible name that is allowed",
            put(group(STAFF, "\u{3164}", false, None))
                .with(|it| it.policy = Policy::hardened().without(Safeguard::PlainNames)),
            "commit",
        ),
        ("no parent there", put(group(STAFF, "staff", false, Some(NOWHERE))), "parent: does_not_exist"),
        ("below itself", put(group(STAFF, "staff", false, Some(STAFF))), "parent: own_parent"),
        ("a new one below itself", put(group(NOWHERE, "new", false, Some(NOWHERE))), "parent: own_parent"),
        ("below its child", put(group(ADMINS, "admins", true, Some(BELOW))), "parent: cycle"),
        ("as it is", put(group(BELOW, "below", false, Some(ADMINS))), "unchanged"),
        ("deleted, does not exist", delete(NOWHERE), "hidden"),
        ("denied", named(HELP).with(|it| it.denied = true), "forbidden"),
    ] {
        assert_eq!(write.outcome(), expected, "{name}");
    }
}

#[test]
fn cycles_of_any_length_are_rejected_and_stored_ones_kept() {
    let id = |n: u128| GroupId(uuid::Uuid::from_u128(1000 + n));
    let mut write = put(group(id(30), "30", false, Some(id(0))));
    for n in 0..=30 {
        let link = group(id(n), &n.to_string(), false, (n < 30).then(|| id(n + 1)));
        write.directory.shape.insert(link.id, GroupShape::of(&link));
        write.directory.groups.insert(link);
    }
    assert_eq!(write.outcome(), "parent: cycle");
    let off = Policy::hardened().without(Safeguard::NoGroupCycles);
    let mut write = write.with(|it| it.policy = off);
    assert_eq!(write.outcome(), "commit", "switched off");
    write.policy = Policy::hardened();
    write.directory.groups.insert(group(id(30), "stored so", false, Some(id(0))));
    assert_eq!(write.outcome(), "commit", "a rename leaves it as it was");
}

#[test]
fn guards_and_events() {
    let graph = Some(EpochGuard::bump(EPOCHS.graph));
    let superusers = Some(EpochGuard::bump(EPOCHS.superusers));
    let actor = Some(ActorGuard { user: ACTOR, revision: ACTOR_REVISION });
    for (name, write, expected) in [
        (
            "renamed",
            put(group(STAFF, "x", false, None)),
            Guards { graph, superusers: None, actor: None, ..Guards::default() },
        ),
        (
            "given",
            put(group(STAFF, "staff", true, None)).by_superuser(),
            Guards { graph, superusers: None, actor, ..Guards::default() },
        ),
        ("taken", delete(ADMINS).by_superuser(), Guards { graph, superusers, actor, ..Guards::default() }),
        ("deleted", delete(STAFF), Guards { graph, superusers: None, actor: None, ..Guards::default() }),
    ] {
        assert_eq!(write.change().guards, expected, "{name}");
    }
    let changed = put(group(BELOW, "new", true, Some(ADMINS))).by_superuser().change();
    let below = Group { updated_at: NOW, ..group(BELOW, "new", true, Some(ADMINS)) };
    assert_eq!(changed.op, ProvisioningOp::PutGroup(Box::new(below)));
    let event = changed.event;
    assert_eq!(
        (event.id, event.kind, event.target),
        (CHANGE, EventKind::GroupPut, EventTarget::Group(BELOW))
    );
    assert_eq!(event.version, EPOCHS.graph + 1);
    let value = |old, new| FieldDiff::Value { old, new };
    let expected = [
        ("name".into(), value("below".into(), "new".into())),
        ("is_superuser".into(), value(false.into(), true.into())),
    ];
    assert_eq!(event.diff, expected.into());
    assert_eq!(delete(STAFF).change().event.kind, EventKind::GroupDeleted);
    assert_eq!(delete(STAFF).change().op, ProvisioningOp::DeleteGroup(STAFF));
}

#[test]
fn identical_attributes_are_unchanged_and_events_contain_no_secrets() {
    let with = |attributes| Group { attributes, ..group(STAFF, "staff", false, None) };
    let mut write = put(with(serde_json::json!({"n": 1, "m": 2})));
    write.directory.groups.insert(with(serde_json::json!({"m": 2, "n": 1})));
    assert_eq!(write.outcome(), "unchanged");
    write.directory.groups.insert(with(serde_json::json!({"n": 1.0, "m": 2})));
    assert_eq!(write.outcome(), "commit");
    let write = put(with(serde_json::json!({"pin": 1})))
        .with(|it| it.policy = Policy::hardened().with_secret_attribute(["pin"]));
    let new = serde_json::json!({"pin": "[redacted]"});
    let expected = FieldDiff::Value { old: serde_json::json!({}).into(), new: new.into() };
    let event = write.change().event;
    assert_eq!(event.diff.get(GroupField::Attributes.as_str()), Some(&expected));
}
