//! The reasons why an actor is denied.

use std::{borrow::Cow, fmt};

use crate::{json::JsonObject, model::GroupId, violation::Field};

/// A reason why an actor is denied. `Display` is the message for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// The actor lacks permission; with the authorizer's reason, if any.
    Permission(Option<Cow<'static, str>>),
    /// The actor's own account is inactive.
    ActorInactive,
    /// The actor is not in the directory, or no longer: a host must name users by the ids of this directory.
    ActorUnknown,
    /// The actor may change the user, but not these fields.
    Fields(Vec<FieldDenial>),
    /// The actor may not grant the superuser status that comes with a group.
    GrantsSuperuser {
        /// The group to join, or a group of the user who becomes active.
        group: GroupId,
        /// The group's name, if the actor may view the group.
        name: Option<String>,
        /// The name of the granting ancestor, if it is another group that the actor may view.
        through: Option<String>,
    },
    /// The actor may not revoke the superuser status that comes with a group.
    RevokesSuperuser {
        /// The group to leave, or a group of the user who is deactivated or deleted.
        group: GroupId,
        /// The group's name, if the actor may view the group.
        name: Option<String>,
        /// The name of the granting ancestor, if it is another group that the actor may view.
        through: Option<String>,
    },
    /// The deletion of a group would change child groups that the actor may not change.
    ChildGroups,
    /// Only superusers may change these fields of a privileged user.
    ProtectedUser(Vec<Field>),
    /// Only superusers may delete a privileged user.
    ProtectedDeletion,
    /// Only superusers may set the password of a privileged user, or create a recovery link.
    ProtectedPassword,
    /// Only superusers may act as a privileged user.
    ProtectedImpersonation,
    /// A [rule of the host](crate::service::ChangeRule) denies the change.
    Rule {
        /// The host's stable code, the parameter `rule` of the code `denied_by_rule`.
        rule: String,
        /// The message for users.
        message: String,
        /// Further parameters for programs.
        params: JsonObject,
    },
}

/// A field that the actor may not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDenial {
    /// The field.
    pub field: Field,
    /// The authorizer's reason, if any.
    pub reason: Option<Cow<'static, str>>,
}

impl Denial {
    /// The stable code, for programs and translations. The guide [codes](crate::docs::codes) lists all.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Permission(_) | Self::Fields(_) => "permission_denied",
            Self::ActorInactive => "actor_inactive",
            Self::ActorUnknown => "actor_unknown",
            Self::Rule { .. } => "denied_by_rule",
            Self::GrantsSuperuser { .. } => "grants_superuser",
            Self::RevokesSuperuser { .. } => "revokes_superuser",
            Self::ChildGroups => "child_groups",
            Self::ProtectedUser(_)
            | Self::ProtectedDeletion
            | Self::ProtectedPassword
            | Self::ProtectedImpersonation => "protected_superuser",
        }
    }

    /// The parameters of the message, by name: `group`, `name`, `through`, `fields`, `action`, `rule`.
    pub fn params(&self) -> JsonObject {
        let fields = |fields: Vec<&str>| JsonObject::from_iter([("fields".to_owned(), fields.into())]);
        let action = |action: &str| JsonObject::from_iter([("action".to_owned(), action.into())]);
        match self {
            Self::GrantsSuperuser { group, name, through }
            | Self::RevokesSuperuser { group, name, through } => {
                let group = Some(group.to_string());
                let params = [("group", &group), ("name", name), ("through", through)];
                params
                    .into_iter()
                    .filter_map(|(key, value)| Some((key.to_owned(), value.clone()?.into())))
                    .collect()
            }
            Self::Fields(denials) => fields(denials.iter().map(|denial| denial.field.as_str()).collect()),
            Self::ProtectedUser(protected) => fields(protected.iter().map(|field| field.as_str()).collect()),
            Self::ProtectedDeletion => action("delete"),
            Self::ProtectedPassword => action("set_password"),
            Self::ProtectedImpersonation => action("impersonate"),
            Self::Rule { rule, params, .. } => {
                let mut params = params.clone();
                params.insert("rule".to_owned(), rule.clone().into());
                params
            }
            Self::Permission(_) | Self::ActorInactive | Self::ActorUnknown | Self::ChildGroups => {
                JsonObject::new()
            }
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission(Some(reason)) => f.write_str(reason),
            Self::Permission(None) => f.write_str("You do not have permission to perform this action."),
            Self::ActorInactive => f.write_str("Your account is inactive."),
            Self::ActorUnknown => f.write_str("Your account is not in this directory."),
            Self::Rule { message, .. } => f.write_str(message),
            Self::Fields(denials) => {
                f.write_str("You do not have permission to change: ")?;
                write_list(f, denials.iter().map(|denial| denial.field))?;
                f.write_str(".")
            }
            Self::GrantsSuperuser { name, through, .. } => {
                f.write_str("You do not have permission to grant superuser status through ")?;
                write_group(f, name.as_deref(), through.as_deref())
            }
            Self::RevokesSuperuser { name, through, .. } => {
                f.write_str("You do not have permission to revoke superuser status through ")?;
                write_group(f, name.as_deref(), through.as_deref())
            }
            Self::ChildGroups => {
                f.write_str("You do not have permission to change the child groups of the group.")
            }
            Self::ProtectedUser(fields) => {
                f.write_str(
                    "Only a superuser may change these fields of a superuser or of a user who can grant \
                     superuser status: ",
                )?;
                write_list(f, fields.iter())?;
                f.write_str(".")
            }
            Self::ProtectedDeletion => f.write_str(
                "Only a superuser may delete a superuser or a user who can grant superuser status.",
            ),
            Self::ProtectedPassword => f.write_str(
                "Only a superuser may set the password of a superuser or of a user who can grant superuser status.",
            ),
            Self::ProtectedImpersonation => f.write_str(
                "Only a superuser may act as a superuser or as a user who can grant superuser status.",
            ),
        }
    }
}

fn write_group(f: &mut fmt::Formatter<'_>, name: Option<&str>, through: Option<&str>) -> fmt::Result {
    match name {
        Some(name) => write!(f, "the group \"{name}\"")?,
        None => f.write_str("a group")?,
    }
    match through {
        Some(ancestor) => write!(f, " (below \"{ancestor}\")."),
        None => f.write_str("."),
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = impl fmt::Display>) -> fmt::Result {
    for (n, item) in items.enumerate() {
        write!(f, "{}{item}", if n > 0 { ", " } else { "" })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_fields_and_groups() {
        let field = |field| FieldDenial { field, reason: None };
        let fields = Denial::Fields(vec![field(Field::Name), field(Field::Email)]);
        let group = GroupId(uuid::Uuid::nil());
        let (name, through) = (Some("below".to_owned()), Some("admins".to_owned()));
        for (denial, expected) in [
            (Denial::Permission(None), "You do not have permission to perform this action."),
            (Denial::Permission(Some("Closed.".into())), "Closed."),
            (fields, "You do not have permission to change: name, email."),
            (
                Denial::GrantsSuperuser { group, name: name.clone(), through },
                "You do not have permission to grant superuser status through the group \"below\" (below \
                 \"admins\").",
            ),
            (
                Denial::RevokesSuperuser { group, name, through: None },
                "You do not have permission to revoke superuser status through the group \"below\".",
            ),
            (
                Denial::RevokesSuperuser { group, name: None, through: None },
                "You do not have permission to revoke superuser status through a group.",
            ),
            (
                Denial::ProtectedUser(vec![Field::Username, Field::Path]),
                "Only a superuser may change these fields of a superuser or of a user who can grant superuser \
                 status: username, path.",
            ),
        ] {
            assert_eq!(denial.to_string(), expected);
        }
    }
}
