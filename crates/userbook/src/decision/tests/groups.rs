//! Writing and deleting groups.

use super::scene::{
    ACTOR, ACTOR_REVISION, ADMINS, BELOW, CHANGE, EPOCHS, HELP, NOWHERE, ROOT, STAFF, actor_state,
    all_groups, codes, group,
};
use crate::{
    Actor, ActorGuard, Check, CheckResults, Denial, DirectorySnapshot, EpochGuard, EventKind, EventTarget,
    FieldDiff, Group, GroupField, GroupId, GroupShape, Guards, Policy, ProvisioningChange, ProvisioningOp,
    Safeguard, Subject, Timestamp, Verdict, Violations,
    decide::{GroupProposal, GroupRejection, GroupWrite},
};

/// A write to a group, by an actor without power who may write groups.
struct Write {
    directory: DirectorySnapshot,
    actor: Actor,
    id: GroupId,
    after: Option<Group>,
    policy: Policy,
    granted: Vec<GroupId>,
    refused: bool,
    allow_self_lockout: bool,
    removes_last_superuser: bool,
}

fn put(after: Group) -> Write {
    let id = after.id;
    Write { after: Some(after), ..delete(id) }
}

fn delete(id: GroupId) -> Write {
    let shape = |group: &Group| GroupShape { is_superuser: group.is_superuser, parent: group.parent };
    let directory = DirectorySnapshot {
        groups: all_groups().into_iter().collect(),
        shape: all_groups().iter().map(|group| (group.id, shape(group))).collect(),
        actor: Some(actor_state([HELP])),
        epochs: EPOCHS,
        ..DirectorySnapshot::default()
    };
    Write {
        directory,
        actor: Actor::user(ACTOR),
        id,
        after: None,
        policy: Policy::hardened(),
        granted: Vec::new(),
        refused: false,
        allow_self_lockout: false,
        removes_last_superuser: false,
    }
}

impl Write {
    fn powerful(mut self) -> Self {
        self.directory.actor = Some(actor_state([ROOT]));
        self
    }

    fn with(mut self, alter: impl FnOnce(&mut Self)) -> Self {
        alter(&mut self);
        self
    }

    fn proposal(&self) -> GroupProposal<'_> {
        GroupProposal::new(&self.directory, &self.actor, self.id, self.after.clone())
    }

    fn decide(&self) -> Result<Option<ProvisioningChange>, GroupRejection> {
        let proposal = self.proposal();
        let mut violations = Violations::default();
        proposal.check_values(&mut violations);
        let checks = proposal.checks();
        let verdict = |check: &Check| match check {
            Check::GrantSuperuser(group) => self.granted.contains(group).into(),
            _ if self.refused => Verdict::deny(),
            _ => Verdict::Allow,
        };
        let verdicts = checks.iter().map(verdict).collect();
        let results = CheckResults::new(checks, verdicts);
        let write = GroupWrite {
            results: &results,
            policy: &self.policy,
            allow_self_lockout: self.allow_self_lockout,
            removes_last_superuser: self.removes_last_superuser,
            now: Timestamp::UNIX_EPOCH,
            change: CHANGE,
        };
        proposal.decide(&write, violations)
    }

    fn provision(&self) -> ProvisioningChange {
        self.decide().unwrap().unwrap()
    }

    fn outcome(&self) -> String {
        match self.decide() {
            Ok(Some(_)) => "commit".into(),
            Ok(None) => "unchanged".into(),
            Err(GroupRejection::Forbidden(Denial::GrantsSuperuser { .. })) => "grants power".into(),
            Err(GroupRejection::Forbidden(_)) => "forbidden".into(),
            Err(GroupRejection::Invalid(violations)) => codes(&violations).join(", "),
        }
    }
}

#[test]
fn what_is_asked() {
    let all = |write: Write| write.proposal().checks();
    assert_eq!(all(put(group(NOWHERE, "new", false, None))), [Check::AddGroup(NOWHERE)]);
    assert_eq!(all(put(group(STAFF, "renamed", false, None))), [Check::ChangeGroup(STAFF)]);
    assert_eq!(all(delete(ADMINS)), [Check::DeleteGroup(ADMINS)]);
    let (own, below) = (Check::GrantSuperuser(STAFF), Check::GrantSuperuser(ADMINS));
    assert_eq!(all(put(group(STAFF, "staff", true, None))), [Check::ChangeGroup(STAFF), own, own]);
    assert_eq!(all(put(group(STAFF, "staff", false, Some(BELOW)))), [Check::ChangeGroup(STAFF), own, below]);
}

#[test]
fn giving_power() {
    let flag = || put(group(STAFF, "staff", true, None));
    let hang = || put(group(STAFF, "staff", false, Some(BELOW)));
    let new = || put(group(NOWHERE, "new", true, None));
    for (name, write, expected) in [
        ("by the flag", flag(), "grants power"),
        ("by the parent", hang(), "grants power"),
        ("to a new group", new(), "grants power"),
        ("with the right on it", flag().with(|it| it.granted = vec![STAFF]), "commit"),
        ("with the right on the ancestor", hang().with(|it| it.granted = vec![ADMINS]), "commit"),
        ("with the right on another", hang().with(|it| it.granted = vec![ROOT, BELOW]), "grants power"),
        ("by a superuser", hang().powerful(), "commit"),
        ("by the host", new().with(|it| it.actor = Actor::from(Subject::System)), "commit"),
        ("by a superuser without permission", flag().powerful().with(|it| it.refused = true), "forbidden"),
        ("again", put(group(ADMINS, "renamed", true, None)), "commit"),
        ("none, below ordinary groups", put(group(HELP, "help", false, Some(STAFF))), "commit"),
        ("with a fault", put(group(STAFF, "staff", true, Some(NOWHERE))), "grants power"),
    ] {
        assert_eq!(write.outcome(), expected, "{name}");
        if expected == "grants power" {
            let off = write.with(|it| it.policy = it.policy.clone().without(Safeguard::Escalation));
            assert_ne!(off.outcome(), expected, "{name}: switched off");
        }
    }
    let GroupRejection::Forbidden(denial) = hang().decide().unwrap_err() else { panic!() };
    let through = Some("admins".to_owned());
    assert_eq!(denial, Denial::GrantsSuperuser { group: STAFF, name: "staff".into(), through });
}

/// A chain too long for its head to reach the top, until a link is taken out of the middle.
#[test]
fn a_shorter_way_to_an_ancestor_gives_power() {
    let id = |n: u128| GroupId(uuid::Uuid::from_u128(1000 + n));
    let link = |n: u128| group(id(n), &n.to_string(), n == 20, (n < 20).then(|| id(n + 1)));
    let mut write = put(group(id(5), "5", false, Some(id(7))));
    for link in (0..=20).map(link) {
        let shape = GroupShape { is_superuser: link.is_superuser, parent: link.parent };
        write.directory.shape.insert(link.id, shape);
        write.directory.groups.insert(link);
    }
    assert_eq!(write.outcome(), "grants power");
    assert_eq!(write.with(|it| it.granted = vec![id(20)]).outcome(), "commit");
}

#[test]
fn taking_power() {
    let plain = || put(group(ADMINS, "admins", false, None));
    for (write, alone) in [
        (plain(), "last_superuser"),
        (delete(ADMINS), "last_superuser"),
        (put(group(BELOW, "below", false, None)), "last_superuser"),
    ] {
        let write = write.powerful();
        assert_eq!(write.outcome(), "commit");
        let write = write.with(|it| it.removes_last_superuser = true);
        assert_eq!(write.outcome(), alone);
        let off = write.with(|it| it.policy = it.policy.clone().without(Safeguard::LastSuperuser));
        assert_eq!(off.outcome(), "commit");
    }
    for own in [ADMINS, BELOW] {
        let own = |write: Write| write.with(|it| it.directory.actor = Some(actor_state([own])));
        assert_eq!(own(plain()).outcome(), "self_lockout");
        assert_eq!(own(delete(ADMINS)).outcome(), "self_lockout");
        assert_eq!(own(plain()).with(|it| it.allow_self_lockout = true).outcome(), "commit");
        let off = own(plain()).with(|it| it.policy = it.policy.clone().without(Safeguard::SelfLockout));
        assert_eq!(off.outcome(), "commit");
        assert_eq!(own(delete(ROOT)).outcome(), "commit", "not one's own");
    }
    let both = plain().with(|it| it.directory.actor = Some(actor_state([ADMINS, ROOT])));
    assert_eq!(both.outcome(), "commit", "another group grants it too");
}

#[test]
fn values() {
    let named =
        |holder| put(group(STAFF, "taken", false, None)).with(|it| it.directory.group_named = Some(holder));
    for (name, write, expected) in [
        ("a free name", put(group(STAFF, "free", false, None)), "commit"),
        ("a taken name", named(HELP), "name: unique"),
        ("its own name", named(STAFF), "commit"),
        ("no parent there", put(group(STAFF, "staff", false, Some(NOWHERE))), "parent: does_not_exist"),
        ("below itself", put(group(STAFF, "staff", false, Some(STAFF))), "parent: cycle"),
        ("a new one below itself", put(group(NOWHERE, "new", false, Some(NOWHERE))), "parent: cycle"),
        ("below its child", put(group(ADMINS, "admins", true, Some(BELOW))), "parent: cycle"),
        ("as it is", put(group(BELOW, "below", false, Some(ADMINS))), "unchanged"),
        ("not there, deleted", delete(NOWHERE), "unchanged"),
        ("not allowed", named(HELP).with(|it| it.refused = true), "forbidden"),
    ] {
        assert_eq!(write.outcome(), expected, "{name}");
    }
}

#[test]
fn cycles_are_found_however_long_and_stored_ones_stand() {
    let id = |n: u128| GroupId(uuid::Uuid::from_u128(1000 + n));
    let mut write = put(group(id(30), "30", false, Some(id(0))));
    for n in 0..=30 {
        let link = group(id(n), &n.to_string(), false, (n < 30).then(|| id(n + 1)));
        write.directory.shape.insert(link.id, GroupShape { is_superuser: false, parent: link.parent });
        write.directory.groups.insert(link);
    }
    assert_eq!(write.outcome(), "parent: cycle");
    write.directory.groups.insert(group(id(30), "stored so", false, Some(id(0))));
    assert_eq!(write.outcome(), "commit", "a rename leaves it as it was");
}

#[test]
fn guards_and_events() {
    let graph = Some(EpochGuard::bump(EPOCHS.graph));
    let superusers = Some(EpochGuard::bump(EPOCHS.superusers));
    let actor = Some(ActorGuard { user: ACTOR, revision: ACTOR_REVISION });
    for (name, write, expected) in [
        ("renamed", put(group(STAFF, "x", false, None)), Guards { graph, superusers: None, actor: None }),
        (
            "given",
            put(group(STAFF, "staff", true, None)).powerful(),
            Guards { graph, superusers: None, actor },
        ),
        ("taken", delete(ADMINS), Guards { graph, superusers, actor }),
        ("deleted", delete(STAFF), Guards { graph, superusers: None, actor: None }),
    ] {
        assert_eq!(write.provision().guards, expected, "{name}");
    }
    let changed = put(group(BELOW, "new", true, Some(ADMINS))).powerful().provision();
    assert_eq!(changed.step, ProvisioningOp::PutGroup(Box::new(group(BELOW, "new", true, Some(ADMINS)))));
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
    assert_eq!(delete(STAFF).provision().event.kind, EventKind::GroupDeleted);
    assert_eq!(delete(STAFF).provision().step, ProvisioningOp::DeleteGroup(STAFF));
}

#[test]
fn equal_attributes_are_no_change_and_secrets_stay_out_of_events() {
    let with = |attributes| Group { attributes, ..group(STAFF, "staff", false, None) };
    let mut write = put(with(serde_json::json!({"n": 1.0})));
    write.directory.groups.insert(with(serde_json::json!({"n": 1})));
    assert_eq!(write.outcome(), "unchanged");
    let write = put(with(serde_json::json!({"pin": 1})))
        .with(|it| it.policy = Policy::hardened().with_secret_attribute(["pin"]));
    let new = serde_json::json!({"pin": "[redacted]"});
    let expected = FieldDiff::Value { old: serde_json::json!({}).into(), new: new.into() };
    let event = write.provision().event;
    assert_eq!(event.diff.get(GroupField::Attributes.as_str()), Some(&expected));
}
