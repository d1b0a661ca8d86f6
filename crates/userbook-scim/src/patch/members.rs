//! PATCH of a group: members change as deltas, because the group may have many members and several writers.

use std::collections::BTreeSet;

use scim_v2::filter::{AttrExp, CompValue, CompareOp, ValFilter};
use serde_json::Value;
use userbook::update;

use super::{Op, Patch, Step};
use crate::{
    error::{ScimError, ScimType},
    members::member,
    resource::Place,
};

/// The changes of a group.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct GroupPatch {
    pub(crate) display_name: Option<Value>,
    /// `externalId`
    pub(crate) external_id: update::Op<String>,
    pub(crate) members: MembersChange,
    /// The members that filters select: of each set, one at least must be in the group.
    pub(crate) selected: Vec<BTreeSet<String>>,
}

/// The changes of members, by their ids in lower case.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MembersChange {
    /// Whether `add` are all members after the change.
    pub(crate) replaces: bool,
    pub(crate) add: BTreeSet<String>,
    pub(crate) remove: BTreeSet<String>,
}

impl MembersChange {
    pub(crate) fn is_empty(&self) -> bool {
        !self.replaces && self.add.is_empty() && self.remove.is_empty()
    }

    pub(crate) fn replace(members: BTreeSet<String>) -> Self {
        Self { replaces: true, add: members, remove: BTreeSet::new() }
    }

    /// Returns those of the ids that are members after the change if the group has them before; `None` if the change
    /// adds one of them.
    fn stored(&self, ids: &BTreeSet<String>) -> Option<BTreeSet<String>> {
        if ids.iter().any(|id| self.add.contains(id)) {
            return None;
        }
        Some(if self.replaces { BTreeSet::new() } else { ids.difference(&self.remove).cloned().collect() })
    }

    fn join(&mut self, ids: impl IntoIterator<Item = String>) {
        for id in ids {
            self.remove.remove(&id);
            self.add.insert(id);
        }
    }

    fn leave(&mut self, ids: impl IntoIterator<Item = String>) {
        for id in ids {
            self.add.remove(&id);
            if !self.replaces {
                self.remove.insert(id);
            }
        }
    }
}

/// Returns the changes of all operations together.
pub(crate) fn group_patch(patch: &Patch) -> Result<GroupPatch, ScimError> {
    let mut changes = GroupPatch::default();
    for step in &patch.steps {
        let Some(place) = step.place() else { continue };
        match place.attribute.name.as_ref() {
            "displayName" => changes.display_name.clone_from(&step.value),
            "externalId" => {
                let text = step.value.as_ref().and_then(Value::as_str).map(str::to_owned);
                let text = text.filter(|_| step.op != Op::Remove);
                changes.external_id = text.map_or(update::Op::Null, update::Op::Set);
            }
            "members" => {
                let selected = change_members(step, place, &mut changes.members)?;
                if !patch.strictness.is_lenient() {
                    changes.selected.extend(selected);
                }
            }
            _ => {}
        }
    }
    Ok(changes)
}

/// Changes the members. Returns the stored members that a filter selects for a new value, unless an earlier operation
/// adds one of them.
fn change_members(
    step: &Step,
    place: &Place,
    members: &mut MembersChange,
) -> Result<Option<BTreeSet<String>>, ScimError> {
    if let Some(sub) = place.sub.as_ref().filter(|sub| sub.name != "value" || place.filter.is_some()) {
        // A member has only an identity: nothing else of it can change.
        let detail = format!("members.{} cannot be changed", sub.name);
        return Err(ScimError::bad_request(ScimType::Mutability, detail));
    }
    if let Some(filter) = &place.filter {
        let selected: BTreeSet<String> = selected(filter)?.into_iter().collect();
        let stored = members.stored(&selected);
        members.leave(selected);
        if step.op == Op::Remove {
            return Ok(None);
        }
        members.join(ids(step.value.as_ref())?);
        return Ok(stored);
    }
    match (step.op, &step.value) {
        (Op::Add, value) => members.join(ids(value.as_ref())?),
        (Op::Replace, value) => *members = MembersChange::replace(ids(value.as_ref())?),
        (Op::Remove, None) => *members = MembersChange::replace(BTreeSet::new()),
        (Op::Remove, value) => members.leave(ids(value.as_ref())?),
    }
    Ok(None)
}

/// Returns the ids that a filter such as `value eq "…"` names.
fn selected(filter: &ValFilter) -> Result<Vec<String>, ScimError> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(id)))
            if path.name.eq_ignore_ascii_case("value") =>
        {
            Ok(vec![id.to_ascii_lowercase()])
        }
        ValFilter::Or(items) => {
            let items: Vec<_> = items.iter().map(selected).collect::<Result<_, _>>()?;
            Ok(items.into_iter().flatten().collect())
        }
        _ => Err(ScimError::bad_request(
            ScimType::InvalidFilter,
            "members are selected by comparisons of value with eq",
        )),
    }
}

/// Requires that each member in the value of a request has an id. A list without ids is not the absence of members.
pub(crate) fn require_ids(value: &Value) -> Result<(), ScimError> {
    let items = match value {
        Value::Null => return Ok(()),
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    let only_nulls = !items.is_empty() && items.iter().all(Value::is_null);
    if only_nulls || items.iter().any(|item| item.is_object() && !has_id(item)) {
        return Err(ScimError::invalid_value("a member has no value"));
    }
    Ok(())
}

/// Returns whether an element has an id, also in a list or an object, as a lenient connection accepts. The parser
/// limits the depth.
fn has_id(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().any(has_id),
        Value::Object(members) => member(members, "value").is_some_and(has_id),
        _ => true,
    }
}

/// Returns the ids of members in a canonical value: a list of objects, an object, or a text.
pub(crate) fn ids(value: Option<&Value>) -> Result<BTreeSet<String>, ScimError> {
    let items = match value {
        None => &[][..],
        Some(Value::Array(items)) => items.as_slice(),
        Some(other) => std::slice::from_ref(other),
    };
    let id = |item: &Value| {
        let is_group =
            item.get("type").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("group"));
        if is_group {
            return Err(ScimError::invalid_value("members of type Group are not supported"));
        }
        let id = item.get("value").unwrap_or(item).as_str();
        id.map(str::to_ascii_lowercase).ok_or_else(|| ScimError::invalid_value("a member has no value"))
    };
    items.iter().map(id).collect()
}
