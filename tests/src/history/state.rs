//! The fields of a user that clients change, in a form that compares rows, answers and events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use userbook::{
    GroupId, User,
    event::{Diff, FieldDiff},
};

/// The fields that the operations of a history change.
const FIELDS: [&str; 4] = ["name", "email", "is_active", "attributes"];

/// The compared state of a user.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    fields: BTreeMap<String, Value>,
    groups: BTreeSet<GroupId>,
}

impl State {
    /// Reads a row.
    pub fn of_user(user: &User) -> Self {
        let values = [json!(user.name), json!(user.email), json!(user.is_active), json!(user.attributes)];
        let fields = FIELDS.iter().map(|&name| name.to_owned()).zip(values).collect();
        Self { fields, groups: user.groups.clone() }
    }

    /// Reads a response body; `None` if it does not contain a user.
    pub fn of_answer(body: &Value) -> Option<Self> {
        let field = |name: &&str| Some(((*name).to_owned(), body.get(*name)?.clone()));
        let fields = FIELDS.iter().map(field).collect::<Option<_>>()?;
        Some(Self { fields, groups: serde_json::from_value(body.get("groups")?.clone()).ok()? })
    }

    /// Applies an event. Also returns whether the event starts at this state.
    #[must_use]
    pub fn after(&self, diff: &Diff) -> (Self, bool) {
        let (mut next, mut starts_here) = (self.clone(), true);
        for (field, diff) in diff {
            match diff {
                FieldDiff::Value { old, new } => {
                    let stored = next.fields.entry(field.clone().into_owned()).or_default();
                    starts_here &= apply_part(stored, old, new);
                }
                FieldDiff::Groups { added, removed } => {
                    for group in removed {
                        starts_here &= next.groups.remove(&group.id);
                    }
                    for group in added {
                        starts_here &= next.groups.insert(group.id);
                    }
                }
                FieldDiff::Members { .. } => starts_here = false,
            }
        }
        (next, starts_here)
    }

    /// Returns whether the user is an active member of one of these groups.
    pub fn is_active_superuser(&self, superuser_groups: &BTreeSet<GroupId>) -> bool {
        self.fields.get("is_active") == Some(&Value::Bool(true)) && !self.groups.is_disjoint(superuser_groups)
    }
}

/// Applies the changed part of a document. Returns whether the old part matched the document.
pub fn apply_part(stored: &mut Value, old: &Value, new: &Value) -> bool {
    let (Value::Object(members), Value::Object(old), Value::Object(new)) = (&mut *stored, old, new) else {
        let matches = *stored == *old;
        stored.clone_from(new);
        return matches;
    };
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter().fold(true, |matches, key| {
        let member_matches = match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => apply_part(members.entry(key.clone()).or_insert(Value::Null), old, new),
            (Some(old), None) => members.remove(key).as_ref() == Some(old),
            (None, Some(new)) => members.insert(key.clone(), new.clone()).is_none(),
            (None, None) => true,
        };
        matches && member_matches
    })
}
