//! The rights of the fixture, as permissions and as Cedar policies.

use userbook::{StaticPermissions, UserId, authz::Permission as P};
use userbook_cedar::CedarAuthorizer;

use crate::directory::*;

/// What a right covers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum On {
    Everything,
    User(i64),
    Group(u128),
}

/// One right of one user.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    pub(crate) to: i64,
    pub(crate) permission: P,
    pub(crate) on: On,
}

/// A right on everything.
pub(crate) const fn grant(to: i64, permission: P) -> Grant {
    Grant { to, permission, on: On::Everything }
}

/// A right on one user.
pub(crate) const fn grant_on_user(to: i64, permission: P, user: i64) -> Grant {
    Grant { to, permission, on: On::User(user) }
}

/// A right on one group.
pub(crate) const fn grant_on_group(to: i64, permission: P, group: u128) -> Grant {
    Grant { to, permission, on: On::Group(group) }
}

/// The rights of the fixture.
pub(crate) const GRANTS: [Grant; 16] = [
    grant(DESK, P::ViewUser),
    grant(DESK, P::ChangeUser),
    grant(GRANTER, P::ViewUser),
    grant(GRANTER, P::ChangeUser),
    grant(JOINER, P::ViewUser),
    grant(JOINER, P::AddUserToGroup),
    grant(REMOVER, P::ViewUser),
    grant(REMOVER, P::RemoveUserFromGroup),
    grant(VIEWER, P::ViewUser),
    grant(GROUP_VIEWER, P::ViewGroup),
    grant(ROBOT, P::ViewUser),
    grant_on_user(SELF_ONLY, P::ViewUser, SELF_ONLY),
    grant_on_user(SELF_ONLY, P::ChangeUser, SELF_ONLY),
    grant_on_user(ONLY_ONE, P::ViewUser, ALICE),
    grant_on_user(ONLY_ONE, P::ChangeUser, ALICE),
    grant_on_group(GRANTER, P::EnableGroupSuperuser, ADMINS2),
];

/// As permissions.
pub(crate) fn permissions(grants: &[Grant]) -> StaticPermissions {
    grants.iter().fold(StaticPermissions::none(), |granted, Grant { to, permission, on }| match on {
        On::Everything => granted.grant(UserId(*to), *permission),
        On::User(user) => granted.grant_on_user(UserId(*to), *permission, UserId(*user)),
        On::Group(number) => granted.grant_on_group(UserId(*to), *permission, group(*number)),
    })
}

/// As policies. Superusers may do everything.
pub(crate) fn policies(grants: &[Grant]) -> CedarAuthorizer {
    let superusers = "permit (principal is User, action, resource) when { principal.superuser };".to_owned();
    let text: Vec<String> = std::iter::once(superusers).chain(grants.iter().map(policy)).collect();
    let text = text.join("\n");
    text.parse().unwrap_or_else(|error| panic!("{error:?}: {text}"))
}

/// The policy that allows what a permission allows.
fn policy(Grant { to, permission, on }: &Grant) -> String {
    let resource = match (on, is_on_groups(*permission)) {
        (On::Everything, false) => "resource is Account".to_owned(),
        (On::Everything, true) => "resource is Group".to_owned(),
        (On::User(user), _) => format!(r#"resource == Account::"{user}""#),
        (On::Group(number), _) => format!(r#"resource == Group::"{}""#, group(*number)),
    };
    let permit = |action: &str| {
        format!(r#"permit (principal == User::"{to}", action in Action::"{action}", {resource});"#)
    };
    let join = |condition: &str| {
        let action = r#"action == Action::"join""#;
        format!(r#"permit (principal == User::"{to}", {action}, resource is Group) when {{ {condition} }};"#)
    };
    let directory = |action: &str| {
        let action = format!(r#"action == Action::"{action}""#);
        format!(r#"permit (principal == User::"{to}", {action}, resource == Directory::"userbook");"#)
    };
    match permission {
        P::ViewUser => permit("view"),
        // The right to change a user includes the right to let the user join any group.
        P::ChangeUser => {
            let account = match on {
                On::User(user) => {
                    format!(r#"context has account && context.account == Account::"{user}""#)
                }
                On::Everything | On::Group(_) => "context has account".to_owned(),
            };
            [permit("change"), permit("set"), join(&account)].concat()
        }
        P::AddUser => [directory("add_user"), join("!(context has account)")].concat(),
        P::DeleteUser => permit("delete_user"),
        P::ViewGroup => permit("view_group"),
        P::AddGroup => directory("add_group"),
        P::ChangeGroup => permit("change_group"),
        P::DeleteGroup => permit("delete_group"),
        P::AddUserToGroup => permit("add_member"),
        P::RemoveUserFromGroup => permit("remove_member"),
        P::EnableGroupSuperuser => permit("grant_superuser"),
        P::DisableGroupSuperuser => permit("disable_superuser"),
        P::ResetUserPassword => permit("set_password"),
        P::AddToken => directory("add_token"),
        P::Impersonate => permit("impersonate"),
        // No operation requires a system permission.
        P::System(_) => String::new(),
    }
}

fn is_on_groups(permission: P) -> bool {
    !matches!(
        permission,
        P::ViewUser
            | P::ChangeUser
            | P::AddUser
            | P::DeleteUser
            | P::AddGroup
            | P::ResetUserPassword
            | P::AddToken
            | P::Impersonate
            | P::System(_)
    )
}
