//! The difference of a written group.

use std::borrow::Cow;

use serde_json::Value;

use super::diff::changed_attributes;
use crate::{
    event::{Diff, FieldDiff},
    json::identical,
    model::Group,
    update::external_ids_json,
    violation::GroupField,
};

/// Returns the difference of the group's own fields. A missing group has null.
pub(super) fn group_diff(before: Option<&Group>, after: Option<&Group>) -> Diff {
    let value = |group: Option<&Group>, field| group.map_or(Value::Null, |group| field_value(group, field));
    let fields = [
        GroupField::Name,
        GroupField::IsSuperuser,
        GroupField::Parent,
        GroupField::Attributes,
        GroupField::ExternalIds,
    ];
    let entry = |field| {
        let (old, new) = (value(before, field), value(after, field));
        let changed = (!identical(&old, &new)).then(|| match field {
            GroupField::Attributes => changed_attributes(&old, &new),
            _ => (old.into(), new.into()),
        });
        changed.map(|(old, new)| (Cow::Borrowed(field.as_str()), FieldDiff::Value { old, new }))
    };
    fields.into_iter().filter_map(entry).collect()
}

fn field_value(group: &Group, field: GroupField) -> Value {
    match field {
        GroupField::Name => Value::String(group.name.clone()),
        GroupField::IsSuperuser => Value::Bool(group.is_superuser),
        GroupField::Parent => group.parent.map_or(Value::Null, |parent| Value::String(parent.to_string())),
        GroupField::Attributes => group.attributes.clone(),
        GroupField::ExternalIds => external_ids_json(&group.external_ids),
        GroupField::Users | GroupField::Roles => Value::Null,
    }
}
