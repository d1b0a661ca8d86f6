//! The roles of a user, a field of 2026.8. Userbook has no roles: only an empty list is valid.

use json_patch::{Patch, PatchOperation};
use serde_json::Value;
use userbook::{
    Violations,
    update::Op,
    violation::{GroupField, ViolationKind},
};

use crate::{error::ApiError, lenient};

/// The name of the field.
pub(super) const NAME: &str = GroupField::Roles.as_str();

/// Requires a list without roles.
///
/// # Errors
/// 400 on `roles`.
pub(super) fn require_none(value: &Value) -> Result<(), ApiError> {
    let mut violations = Violations::default();
    let sent = if value.is_null() { Op::Null } else { lenient::roles(value) };
    match sent {
        Op::Set(()) | Op::Keep => return Ok(()),
        Op::Null => violations.push(GroupField::Roles, ViolationKind::Null),
        Op::Faulty(errors) => {
            errors.iter().for_each(|kind| violations.push(GroupField::Roles, kind.clone()));
        }
    }
    Err(violations.into())
}

/// Requires a JSON Patch that sets no role.
///
/// # Errors
/// 400 on `roles`.
pub(super) fn require_no_operation(patch: &Patch) -> Result<(), ApiError> {
    for operation in &patch.0 {
        match operation {
            PatchOperation::Add(add) if sets_roles(&add.path.to_string()) => require_none(&add.value)?,
            PatchOperation::Replace(replace) if sets_roles(&replace.path.to_string()) => {
                require_none(&replace.value)?;
            }
            PatchOperation::Move(moved) if sets_roles(&moved.path.to_string()) => require_none(&Value::Null)?,
            PatchOperation::Copy(copied) if sets_roles(&copied.path.to_string()) => {
                require_none(&Value::Null)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns whether a JSON pointer leads to the roles.
fn sets_roles(pointer: &str) -> bool {
    let member = pointer.strip_prefix('/').and_then(|rest| rest.split('/').next());
    member == Some(NAME)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROLE: &str = "ec09df47-3fd8-53cd-9f7a-434cd99e5796";

    #[test]
    fn only_an_empty_list_is_valid() {
        for (value, is_valid) in [
            (json!([]), true),
            (json!([ROLE]), false),
            (json!(["x"]), false),
            (json!(null), false),
            (json!("admin"), false),
            (json!({}), false),
        ] {
            assert_eq!(require_none(&value).is_ok(), is_valid, "{value}");
        }
    }

    #[test]
    fn no_operation_of_a_patch_sets_a_role() {
        for (operation, is_valid) in [
            (json!({"op": "add", "path": "/roles", "value": []}), true),
            (json!({"op": "replace", "path": "/roles", "value": []}), true),
            (json!({"op": "test", "path": "/roles", "value": [ROLE]}), true),
            (json!({"op": "remove", "path": "/roles"}), true),
            (json!({"op": "add", "path": "/roles/-", "value": ROLE}), false),
            (json!({"op": "add", "path": "/roles", "value": [ROLE]}), false),
            (json!({"op": "replace", "path": "/roles", "value": [ROLE]}), false),
            (json!({"op": "copy", "from": "/groups", "path": "/roles"}), false),
            (json!({"op": "move", "from": "/groups", "path": "/roles"}), false),
            (json!({"op": "add", "path": "/roles_obj", "value": [ROLE]}), true),
            (json!({"op": "add", "path": "/attributes/roles", "value": [ROLE]}), true),
        ] {
            let patch: Patch = serde_json::from_value(json!([operation])).unwrap();
            assert_eq!(require_no_operation(&patch).is_ok(), is_valid, "{operation}");
        }
    }
}
