//! Converts a check to a Cedar request: an action on a resource.

use userbook::{
    Field, GroupId, UserId,
    authz::{Check, Resource},
};

use crate::{entities::ends_in_cycle, schema_types::Action};

/// The action, resource and context of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CedarRequest {
    pub(crate) action: Action,
    pub(crate) resource: RequestResource,
    /// The field, for actions that change a field.
    pub(crate) field: Option<Field>,
    /// The user whose membership is requested.
    pub(crate) account: Option<UserId>,
}

/// The resource of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestResource {
    Account(UserId),
    Group(GroupId),
    Directory,
}

impl CedarRequest {
    /// Returns the request for a check on a resource; `None` if no such request exists, so that the check is denied.
    pub(crate) fn new(check: Check, resource: Resource<'_>) -> Option<Self> {
        let account = resource.user_id();
        let on = |action, resource| Some(Self { action, resource, field: None, account: None });
        let on_account = |action| on(action, RequestResource::Account(account?));
        let on_group = |action, group| {
            // Cedar cannot express the ancestors of a group in a cycle, so a forbid on an ancestor might not apply.
            let is_acyclic = !ends_in_cycle(resource.facts().groups, group);
            on(action, RequestResource::Group(group)).filter(|_| is_acyclic)
        };
        let on_member = |action, group| {
            // Without the account, a policy would consider the user as being created.
            let is_known = !matches!(resource, Resource::MissingUser(_));
            on_group(action, group).filter(|_| is_known).map(|request| Self { account, ..request })
        };
        match check {
            Check::View => on_account(Action::View),
            Check::Change => on_account(Action::Change),
            Check::Set(field) => {
                on_account(Action::set(field)?).map(|request| Self { field: Some(field), ..request })
            }
            Check::DeleteUser => on_account(Action::DeleteUser),
            Check::SetPassword => on_account(Action::SetPassword),
            Check::Impersonate => on_account(Action::Impersonate),
            Check::Join(group) => on_member(Action::Join, group),
            Check::AddMember(group) => on_member(Action::AddMember, group),
            Check::RemoveMember(group) => on_member(Action::RemoveMember, group),
            Check::GrantSuperuser(group) => on_member(Action::GrantSuperuser, group),
            Check::DisableSuperuser(group) => on_group(Action::DisableSuperuser, group),
            Check::ViewGroup(group) => on_group(Action::ViewGroup, group),
            Check::ChangeGroup(group) => on_group(Action::ChangeGroup, group),
            Check::DeleteGroup(group) => on_group(Action::DeleteGroup, group),
            Check::AddUser => on(Action::AddUser, RequestResource::Directory),
            Check::AddToken => on(Action::AddToken, RequestResource::Directory),
            Check::AddGroup(_) => on(Action::AddGroup, RequestResource::Directory),
            // A check of a later version is denied until the schema has an action for it.
            _ => None,
        }
    }
}
