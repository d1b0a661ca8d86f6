//! What an update changes, old and new beside one another, for events and dry runs.

use std::borrow::Cow;

use serde_json::Value;

use super::propose::Proposal;
use crate::{
    Diff, EventGroup, Field, FieldDiff, GroupGraph, GroupId, Policy, SharedJson, User, UserView,
    timestamp_text,
};

/// What stands in an event in place of a secret.
const REDACTED: &str = "[redacted]";

/// What the proposal changes.
pub(super) fn diff(before: &User, proposal: &Proposal, graph: &GroupGraph) -> Diff {
    let after = &proposal.after;
    let mut diff: Diff = proposal
        .changed()
        .filter_map(|field| {
            let (old, new) = (user_field(before, field)?, user_field(after, field)?);
            Some((Cow::Borrowed(field.as_str()), FieldDiff::Value { old, new }))
        })
        .collect();
    if !(proposal.added.is_empty() && proposal.removed.is_empty()) {
        let named = |ids: &std::collections::BTreeSet<GroupId>| named(ids, graph);
        let groups = FieldDiff::Groups { added: named(&proposal.added), removed: named(&proposal.removed) };
        diff.insert(Cow::Borrowed("groups"), groups);
    }
    diff
}

/// Groups with the names they have now.
pub(crate) fn named<'a>(ids: impl IntoIterator<Item = &'a GroupId>, graph: &GroupGraph) -> Vec<EventGroup> {
    let name = |id| graph.get(id).map(|group| group.name.clone()).unwrap_or_default();
    ids.into_iter().map(|id| EventGroup { id: *id, name: name(*id) }).collect()
}

/// The plain fields of a user under their names on the wire.
pub(crate) fn user_fields(user: &User) -> impl Iterator<Item = (&'static str, SharedJson)> {
    Field::ALL.into_iter().filter_map(|field| Some((field.as_str(), user_field(user, field)?)))
}

/// A field as it is on the wire; `groups` is no plain field.
fn user_field(user: &User, field: Field) -> Option<SharedJson> {
    let text = |text: &str| Value::String(text.to_owned());
    let value = match field {
        Field::Username => text(&user.username),
        Field::Name => text(&user.name),
        Field::IsActive => Value::Bool(user.is_active),
        Field::LastLogin => {
            user.last_login.map_or(Value::Null, |moment| Value::String(timestamp_text(moment)))
        }
        Field::Groups => return None,
        Field::Email => text(&user.email),
        Field::Attributes => return Some(user.attributes.clone()),
        Field::Path => text(&user.path),
        Field::Type => text(user.user_type.as_str()),
    };
    Some(value.into())
}

/// The diff as it may be kept: values under secret attribute paths are replaced, whether they changed or not.
pub(crate) fn redact(diff: &Diff, policy: &Policy) -> Diff {
    let mut diff = diff.clone();
    if let Some(FieldDiff::Value { old, new }) = diff.get_mut("attributes") {
        for path in policy.secret_attributes() {
            // Null is "there are none", not a value.
            for value in [&mut *old, &mut *new].into_iter().filter(|value| !value.is_null()) {
                if holds_path(value, path) {
                    redact_path(value.make_mut(), path);
                }
            }
        }
    }
    diff
}

/// Whether something would be redacted: what has no secret stays shared.
fn holds_path(value: &Value, path: &[String]) -> bool {
    match (path.split_first(), value) {
        (Some((key, rest)), Value::Object(members)) => {
            members.get(key).is_some_and(|member| holds_path(member, rest))
        }
        _ => true,
    }
}

fn redact_path(value: &mut Value, path: &[String]) {
    match (path.split_first(), &mut *value) {
        (Some((key, rest)), Value::Object(members)) => {
            if let Some(member) = members.get_mut(key) {
                redact_path(member, rest);
            }
        }
        // A secret path that runs into a list or a text cannot be told apart any further: all of it is secret.
        _ => *value = Value::String(REDACTED.to_owned()),
    }
}

/// What a new or deleted user looks like, for the event: every field, from or to null.
pub(crate) fn whole(view: &UserView, added: bool) -> Diff {
    let mut diff: Diff = user_fields(&view.user)
        .map(|(name, value)| {
            let none = SharedJson::default();
            let (old, new) = if added { (none, value) } else { (value, none) };
            (Cow::Borrowed(name), FieldDiff::Value { old, new })
        })
        .collect();
    let groups = view
        .groups
        .iter()
        .map(|view| EventGroup { id: view.group.id, name: view.group.name.clone() })
        .collect();
    let (added, removed) = if added { (groups, Vec::new()) } else { (Vec::new(), groups) };
    diff.insert(Cow::Borrowed("groups"), FieldDiff::Groups { added, removed });
    diff
}
