//! Builds the audit events of all operations.

use uuid::Uuid;

use super::{Context, diff::redact};
use crate::event::{Diff, Effect, Event, EventKind, EventTarget};

/// Builds the event of a change; secrets are redacted.
pub(super) fn event(
    it: &Context<'_>,
    kind: EventKind,
    target: EventTarget,
    target_uuid: Uuid,
    version: u64,
    diff: &Diff,
    effects: Vec<Effect>,
) -> Event {
    Event {
        id: it.change,
        kind,
        target,
        target_uuid,
        version,
        time: it.now,
        actor: it.actor.to_event(),
        impersonator: it.actor.impersonator,
        request_id: it.request_id.map(str::to_owned),
        diff: redact(diff, it.policy),
        effects,
    }
}
