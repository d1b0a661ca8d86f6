//! The difference of an update, with old and new values, for events and dry runs.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use super::propose::Proposal;
use crate::{
    event::{Diff, EventGroup, FieldDiff},
    json::SharedJson,
    model::{GroupGraph, GroupId, User},
    policy::Policy,
    update::stored_field,
    view::{UserView, Visibility},
    violation::Field,
};

/// Replaces a secret in an event.
const REDACTED: &str = "[redacted]";

/// Returns the difference of the proposal; for attributes only the changed part.
pub(super) fn diff(before: &User, proposal: &Proposal, graph: &GroupGraph) -> Diff {
    let after = &proposal.after;
    let mut diff: Diff = proposal
        .changed()
        .filter(|field| *field != Field::Groups)
        .map(|field| {
            let (old, new) = (stored_field(before, field), stored_field(after, field));
            let (old, new) =
                if field == Field::Attributes { changed_attributes(&old, &new) } else { (old, new) };
            (Cow::Borrowed(field.as_str()), FieldDiff::Value { old, new })
        })
        .collect();
    if !(proposal.added.is_empty() && proposal.removed.is_empty()) {
        let groups = FieldDiff::Groups {
            added: group_names(&proposal.added, graph),
            removed: group_names(&proposal.removed, graph),
        };
        diff.insert(Cow::Borrowed("groups"), groups);
    }
    diff
}

/// Returns the changed part of the attributes.
pub(super) fn changed_attributes(old: &Value, new: &Value) -> (SharedJson, SharedJson) {
    let (old, new) = crate::json::changed_part(old, new);
    (old.into(), new.into())
}

/// Returns groups with their current names.
fn group_names(ids: &BTreeSet<GroupId>, graph: &GroupGraph) -> Vec<EventGroup> {
    let name = |id| graph.get(id).map(|group| group.name.clone()).unwrap_or_default();
    ids.iter().map(|id| EventGroup { id: *id, name: name(*id) }).collect()
}

/// Returns the difference as the caller sees it: groups that are not visible have no name.
pub(super) fn visible_diff(mut diff: Diff, visible: Visibility<'_>) -> Diff {
    if let Some(FieldDiff::Groups { added, removed }) = diff.get_mut("groups") {
        for group in added.iter_mut().chain(removed).filter(|group| !visible.shows(group.id)) {
            group.name.clear();
        }
    }
    diff
}

/// Returns the difference for storage: values at secret attribute paths are replaced, changed or not.
pub(crate) fn redact(diff: &Diff, policy: &Policy) -> Diff {
    let mut diff = diff.clone();
    if let Some(FieldDiff::Value { old, new }) = diff.get_mut("attributes") {
        for path in policy.secret_attributes() {
            // Null means that the attribute is absent.
            for value in [&mut *old, &mut *new].into_iter().filter(|value| !value.is_null()) {
                redact_path(value.make_mut(), path);
            }
        }
    }
    diff
}

fn redact_path(value: &mut Value, path: &[String]) {
    match (path.split_first(), &mut *value) {
        (Some((key, rest)), Value::Object(members)) => {
            if let Some(member) = members.get_mut(key) {
                redact_path(member, rest);
            }
        }
        // A secret path that ends at a list or a scalar makes the whole value secret.
        _ => *value = Value::String(REDACTED.to_owned()),
    }
}

/// Returns the difference of a new or deleted user: every field, from or to null.
pub(super) fn full_diff(view: &UserView, added: bool) -> Diff {
    let mut diff: Diff = Field::ALL
        .into_iter()
        .filter(|field| *field != Field::Groups)
        .filter(|field| *field != Field::ExternalIds || !view.user.external_ids.is_empty())
        .map(|field| {
            let (none, value) = (SharedJson::from(Value::Null), stored_field(&view.user, field));
            let (old, new) = if added { (none, value) } else { (value, none) };
            (Cow::Borrowed(field.as_str()), FieldDiff::Value { old, new })
        })
        .collect();
    let name =
        |id: &GroupId| view.groups.iter().find(|shown| shown.group.id == *id).map(|it| it.group.name.clone());
    let group = |id: &GroupId| EventGroup { id: *id, name: name(id).unwrap_or_default() };
    let groups = view.user.groups.iter().map(group).collect();
    let (added, removed) = if added { (groups, Vec::new()) } else { (Vec::new(), groups) };
    diff.insert(Cow::Borrowed("groups"), FieldDiff::Groups { added, removed });
    diff
}
