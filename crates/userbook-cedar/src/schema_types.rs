//! The schema and its entity types.

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, ParseErrors, Schema};
use userbook::{Field, GroupId, UserId, UserType};

use crate::LoadError;

/// The schema for the validation of policies, in Cedar's notation.
pub const SCHEMA: &str = include_str!("userbook.cedarschema");

/// The actions of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    View,
    Change,
    DeleteUser,
    SetPassword,
    Impersonate,
    SetIdentity,
    SetContact,
    SetStatus,
    SetAttributes,
    SetGroups,
    Join,
    AddMember,
    RemoveMember,
    GrantSuperuser,
    DisableSuperuser,
    ViewGroup,
    ChangeGroup,
    DeleteGroup,
    AddUser,
    AddToken,
    AddGroup,
}

impl Action {
    /// Returns the action that changes a field; `None` if no policy permits the change.
    pub(crate) fn set(field: Field) -> Option<Self> {
        Some(match field {
            Field::Username | Field::Path | Field::Type => Self::SetIdentity,
            Field::Name | Field::Email => Self::SetContact,
            Field::IsActive | Field::LastLogin => Self::SetStatus,
            Field::Attributes => Self::SetAttributes,
            Field::Groups => Self::SetGroups,
            Field::ExternalIds => return None,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Change => "change",
            Self::DeleteUser => "delete_user",
            Self::SetPassword => "set_password",
            Self::Impersonate => "impersonate",
            Self::SetIdentity => "set_identity",
            Self::SetContact => "set_contact",
            Self::SetStatus => "set_status",
            Self::SetAttributes => "set_attributes",
            Self::SetGroups => "set_groups",
            Self::Join => "join",
            Self::AddMember => "add_member",
            Self::RemoveMember => "remove_member",
            Self::GrantSuperuser => "grant_superuser",
            Self::DisableSuperuser => "disable_superuser",
            Self::ViewGroup => "view_group",
            Self::ChangeGroup => "change_group",
            Self::DeleteGroup => "delete_group",
            Self::AddUser => "add_user",
            Self::AddToken => "add_token",
            Self::AddGroup => "add_group",
        }
    }
}

/// The schema and the types of its entities.
#[derive(Debug, Clone)]
pub(crate) struct SchemaTypes {
    pub(crate) schema: Schema,
    /// The hierarchy of actions.
    pub(crate) actions: Vec<Entity>,
    action: EntityTypeName,
    user: EntityTypeName,
    external: EntityTypeName,
    account: EntityTypeName,
    group: EntityTypeName,
    directory: EntityTypeName,
    field: EntityTypeName,
    user_type: EntityTypeName,
}

impl SchemaTypes {
    pub(crate) fn new() -> Result<Self, LoadError> {
        let unusable = |error: Box<dyn std::error::Error + Send + Sync>| LoadError::Schema(error);
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| unusable(error.into()))?;
        let actions = schema.action_entities().map_err(|error| unusable(error.into()))?;
        let name = |name: &str| name.parse().map_err(|error: ParseErrors| unusable(error.into()));
        Ok(Self {
            schema,
            actions: actions.into_iter().collect(),
            action: name("Action")?,
            user: name("User")?,
            external: name("External")?,
            account: name("Account")?,
            group: name("Group")?,
            directory: name("Directory")?,
            field: name("Field")?,
            user_type: name("UserType")?,
        })
    }

    pub(crate) fn action(&self, action: Action) -> EntityUid {
        uid(&self.action, action.as_str())
    }

    pub(crate) fn user(&self, id: UserId) -> EntityUid {
        uid(&self.user, &id.to_string())
    }

    pub(crate) fn external(&self, name: &str) -> EntityUid {
        uid(&self.external, name)
    }

    pub(crate) fn account(&self, id: UserId) -> EntityUid {
        uid(&self.account, &id.to_string())
    }

    pub(crate) fn group(&self, id: GroupId) -> EntityUid {
        uid(&self.group, &id.to_string())
    }

    pub(crate) fn directory(&self) -> EntityUid {
        uid(&self.directory, "userbook")
    }

    pub(crate) fn field(&self, field: Field) -> EntityUid {
        uid(&self.field, field.as_str())
    }

    pub(crate) fn user_type(&self, user_type: UserType) -> EntityUid {
        uid(&self.user_type, user_type.as_str())
    }

    /// Returns a fictional account for policies that do not depend on the account.
    pub(crate) fn any_account(&self) -> EntityUid {
        uid(&self.account, "")
    }

    /// Returns a fictional group for policies that do not depend on the group.
    pub(crate) fn any_group(&self) -> EntityUid {
        uid(&self.group, "")
    }
}

fn uid(type_name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name.clone(), EntityId::new(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_and_code_use_the_same_names() {
        let types = SchemaTypes::new().unwrap();
        let all = [
            Action::View,
            Action::Change,
            Action::DeleteUser,
            Action::SetPassword,
            Action::Impersonate,
            Action::SetIdentity,
            Action::SetContact,
            Action::SetStatus,
            Action::SetAttributes,
            Action::SetGroups,
            Action::Join,
            Action::AddMember,
            Action::RemoveMember,
            Action::GrantSuperuser,
            Action::DisableSuperuser,
            Action::ViewGroup,
            Action::ChangeGroup,
            Action::DeleteGroup,
            Action::AddUser,
            Action::AddToken,
            Action::AddGroup,
        ];
        let mut known: Vec<String> = all.iter().map(|action| types.action(*action).to_string()).collect();
        known.push("Action::\"set\"".to_owned());
        known.sort();
        let mut declared: Vec<String> = types.schema.actions().map(ToString::to_string).collect();
        declared.sort();
        assert_eq!(known, declared);
        for field in Field::DOCUMENT {
            assert!(SCHEMA.contains(&format!("\"{field}\"")), "{field}");
        }
        for user_type in UserType::ALL {
            assert!(SCHEMA.contains(&format!("\"{user_type}\"")), "{user_type}");
        }
    }
}
