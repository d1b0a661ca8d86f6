//! Resolves a requested change of a group against the stored group.

use super::MembersOp;
use crate::{
    field::{FieldErrors, GroupName, Members},
    json::JsonObject,
    model::{ExternalIds, Group, GroupId, Timestamp},
    update::{ExternalIdsOp, GroupUpdate, Mode, Op},
    violation::{GroupField, ViolationKind, Violations},
};

/// A resolved write of a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GroupWrite {
    /// The group after the write, with the valid values of the request; `None` deletes the group.
    pub(crate) after: Option<Group>,
    /// The change of members.
    pub(crate) members: MembersOp,
    /// Whether the request names `name`, so that the name must be unique.
    pub(crate) names_group: bool,
    /// Whether the request names `is_superuser`.
    pub(crate) sets_flag: bool,
    /// The spelling of the parent in the request, for messages.
    pub(crate) parent_sent: Option<String>,
    /// Violations of single values.
    pub(crate) violations: Violations<GroupField>,
}

impl GroupWrite {
    /// Deletes the group.
    pub(crate) fn delete() -> Self {
        Self {
            after: None,
            members: MembersOp::RemoveAll,
            names_group: false,
            sets_flag: false,
            parent_sent: None,
            violations: Violations::default(),
        }
    }

    /// Resolves an update of `before`, or of a new group.
    pub(crate) fn resolve(update: &GroupUpdate, id: GroupId, before: Option<&Group>) -> Self {
        let mut violations = Violations::default();
        let required = update.mode == Mode::Replace;
        let new = || Group {
            id,
            name: String::new(),
            is_superuser: false,
            parent: None,
            attributes: JsonObject::new().into(),
            external_ids: ExternalIds::new(),
            // The decision sets the dates.
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let mut after = before.cloned().unwrap_or_else(new);
        if let Some(name) = value(&update.name, GroupField::Name, required, &mut violations) {
            name.as_str().clone_into(&mut after.name);
        }
        let flag = value(&update.is_superuser, GroupField::IsSuperuser, false, &mut violations);
        after.is_superuser = flag.copied().unwrap_or(after.is_superuser);
        let mut parent_sent = None;
        match &update.parent {
            Op::Keep if required => after.parent = None,
            Op::Null => after.parent = None,
            op => {
                if let Some(parent) = value(op, GroupField::Parent, false, &mut violations) {
                    after.parent = Some(parent.id);
                    parent_sent.clone_from(&parent.sent);
                }
            }
        }
        let members = match &update.users {
            Op::Keep if required => MembersOp::Replace(Members::default()),
            op => {
                value(op, GroupField::Users, false, &mut violations).map_or(MembersOp::Keep, MembersOp::from)
            }
        };
        if let Some(attributes) = value(&update.attributes, GroupField::Attributes, false, &mut violations) {
            after.attributes.clone_from(attributes.as_value());
        }
        value(&update.roles, GroupField::Roles, false, &mut violations);
        let mut write = Self {
            after: Some(after),
            members,
            names_group: update.name.value().map(GroupName::as_str).is_some(),
            sets_flag: flag.is_some(),
            parent_sent,
            violations,
        };
        write.set_external_ids(&update.external_ids, before);
        write
    }

    /// Applies a change of external ids to those of the stored group.
    pub(crate) fn set_external_ids(&mut self, op: &ExternalIdsOp, before: Option<&Group>) {
        let Some(after) = &mut self.after else { return };
        let stored = before.map(|group| group.external_ids.clone()).unwrap_or_default();
        match op.applied(&stored) {
            Ok(ids) => after.external_ids = ids,
            Err(faults) => {
                after.external_ids = stored;
                for kind in faults.into_vec() {
                    self.violations.push(GroupField::ExternalIds, kind);
                }
            }
        }
    }
}

/// Returns the valid value of a field, and records its violations.
fn value<'o, T>(
    op: &'o Op<T>,
    field: GroupField,
    required: bool,
    violations: &mut Violations<GroupField>,
) -> Option<&'o T> {
    let faults = match op {
        Op::Set(value) => return Some(value),
        Op::Keep if required => ViolationKind::Required.into(),
        Op::Keep => return None,
        Op::Null => ViolationKind::Null.into(),
        Op::Faulty(faults) => faults.clone(),
    };
    for kind in FieldErrors::into_vec(faults) {
        violations.push(field, kind);
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::model::UserId;

    const ID: GroupId = GroupId(Uuid::from_u128(7));
    const PARENT: GroupId = GroupId(Uuid::from_u128(8));

    fn stored() -> Group {
        Group {
            id: ID,
            name: "ops".into(),
            is_superuser: true,
            parent: Some(PARENT),
            attributes: json!({"a": 1}),
            ..Group::example()
        }
    }

    #[test]
    fn absent_fields_are_cleared_or_kept() {
        let put = GroupWrite::resolve(&GroupUpdate::replace().name("ops"), ID, Some(&stored()));
        assert_eq!(put.after, Some(Group { parent: None, ..stored() }));
        assert_eq!(put.members, MembersOp::Replace(Members::default()));
        assert!(put.names_group && !put.sets_flag && put.violations.is_empty());
        let patch = GroupWrite::resolve(&GroupUpdate::patch(), ID, Some(&stored()));
        assert_eq!((patch.after, patch.members), (Some(stored()), MembersOp::Keep));
        assert!(!patch.names_group);
        let new = GroupWrite::resolve(&GroupUpdate::replace().name("new"), ID, None).after.unwrap();
        assert_eq!((new.is_superuser, new.parent, new.attributes), (false, None, json!({})));
    }

    #[test]
    fn named_fields_are_set_and_all_violations_reported() {
        let update = GroupUpdate::patch().superuser(false).parent(None).users([UserId(3)]);
        let write = GroupWrite::resolve(&update, ID, Some(&stored()));
        assert_eq!(write.after, Some(Group { is_superuser: false, parent: None, ..stored() }));
        assert_eq!(write.members, MembersOp::Replace([UserId(3)].into()));
        assert!(write.sets_flag);
        let faulty = GroupUpdate {
            is_superuser: Op::Null,
            roles: ViolationKind::Blank.into(),
            attributes: Op::Null,
            ..GroupUpdate::replace()
        };
        let found = GroupWrite::resolve(&faulty, ID, None).violations;
        let fields: Vec<_> = found.iter().filter_map(|violation| violation.field).collect();
        let expected = [GroupField::Name, GroupField::IsSuperuser, GroupField::Attributes, GroupField::Roles];
        assert_eq!(fields, expected);
    }
}
