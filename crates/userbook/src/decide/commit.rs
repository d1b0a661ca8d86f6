//! Turns a proposal that may be written into what the store is given.

use super::{
    Attempt, Commit,
    diff::{diff, redact},
    propose::Proposal,
};
use crate::{ChangeSet, Effect, Event, EventKind, EventTarget, Guards, UserView};

pub(super) fn commit(attempt: &Attempt<'_>, proposal: Proposal, guards: Guards) -> Commit {
    let Attempt { snapshot, actor, policy, .. } = *attempt;
    let before = &snapshot.user;
    let version = before.version + 1;
    let diff = diff(before, &proposal, &snapshot.groups);
    let deactivates = proposal.changes.is_active == Some(false);
    let event = Event {
        id: attempt.change,
        kind: EventKind::UserUpdated,
        target: EventTarget::User(before.id),
        version,
        time: attempt.now,
        actor: actor.to_event(),
        impersonator: actor.impersonator,
        request_id: attempt.request_id.map(str::to_owned),
        diff: redact(&diff, policy),
        effects: deactivates.then_some(Effect::RevokeSessions).into_iter().collect(),
    };
    let Proposal { mut after, changes, added, removed, .. } = proposal;
    after.revision = attempt.change.into();
    after.version = version;
    let change = ChangeSet {
        user: before.id,
        expected: before.revision,
        change: attempt.change,
        version,
        fields: changes,
        groups_added: added,
        groups_removed: removed,
        guards,
        event: event.into(),
    };
    Commit { change, view: UserView::new(after, &snapshot.groups), diff }
}
