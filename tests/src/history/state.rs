//! What a client can change of a user, in the form in which rows, answers and events can be compared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use userbook::{Diff, FieldDiff, GroupId, User};

/// The fields that the operations of a history change.
const FIELDS: [&str; 4] = ["name", "email", "is_active", "attributes"];

/// A user's state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    fields: BTreeMap<String, Value>,
    groups: BTreeSet<GroupId>,
}

impl State {
    /// What a row holds.
    pub fn of_user(user: &User) -> Self {
        let values = [json!(user.name), json!(user.email), json!(user.is_active), json!(user.attributes)];
        let fields = FIELDS.iter().map(|&name| name.to_owned()).zip(values).collect();
        Self { fields, groups: user.groups.clone() }
    }

    /// What an answer shows; `None`: it does not show a user.
    pub fn of_answer(body: &Value) -> Option<Self> {
        let field = |name: &&str| Some(((*name).to_owned(), body.get(*name)?.clone()));
        let fields = FIELDS.iter().map(field).collect::<Option<_>>()?;
        Some(Self { fields, groups: serde_json::from_value(body.get("groups")?.clone()).ok()? })
    }

    /// What comes of it by an event, and whether the event starts here.
    #[must_use]
    pub fn after(&self, diff: &Diff) -> (Self, bool) {
        let (mut next, mut starts_here) = (self.clone(), true);
        for (field, diff) in diff {
            match diff {
                FieldDiff::Value { old, new } => {
                    let before = next.fields.insert(field.clone().into_owned(), new.clone().into_value());
                    starts_here &= before.is_some_and(|before| *old == before);
                }
                FieldDiff::Groups { added, removed } => {
                    for group in removed {
                        starts_here &= next.groups.remove(&group.id);
                    }
                    for group in added {
                        starts_here &= next.groups.insert(group.id);
                    }
                }
            }
        }
        (next, starts_here)
    }

    /// Whether the user is an active member of one of these groups.
    pub fn is_active_superuser(&self, superuser_groups: &BTreeSet<GroupId>) -> bool {
        self.fields.get("is_active") == Some(&Value::Bool(true)) && !self.groups.is_disjoint(superuser_groups)
    }
}
