//! The authorizer with the behaviour of the recorded release: superusers, and permissions granted globally or on one
//! object.

mod fixed;
mod listing;
mod system;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Debug},
    str::FromStr,
    sync::Arc,
};

use async_trait::async_trait;
pub use fixed::StaticPermissions;
pub use system::SystemPermission;

use super::{Actor, ActorView, Authorizer, AuthorizerError, Check, Resource, Subject, Verdict, Verdicts};
use crate::{
    model::{GroupGraph, GroupId, User, UserId, UserType},
    store::Scope,
    violation::Field,
};

/// The permissions with an effect, under authentik's names.
///
/// Exhaustive: a host that translates permissions into rules of its own translates each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// `authentik_core.view_user`
    ViewUser,
    /// `authentik_core.change_user`
    ChangeUser,
    /// `authentik_core.add_user`
    AddUser,
    /// `authentik_core.delete_user`
    DeleteUser,
    /// `authentik_core.view_group`
    ViewGroup,
    /// `authentik_core.add_group`
    AddGroup,
    /// `authentik_core.change_group`
    ChangeGroup,
    /// `authentik_core.delete_group`
    DeleteGroup,
    /// `authentik_core.add_user_to_group`
    AddUserToGroup,
    /// `authentik_core.remove_user_from_group`
    RemoveUserFromGroup,
    /// `authentik_core.enable_group_superuser`
    EnableGroupSuperuser,
    /// `authentik_core.disable_group_superuser`
    DisableGroupSuperuser,
    /// `authentik_core.reset_user_password`
    ResetUserPassword,
    /// `authentik_core.add_token`
    AddToken,
    /// `authentik_core.impersonate`
    Impersonate,
    /// `authentik_rbac.…`: see [`SystemPermission`].
    System(SystemPermission),
}

/// The text is not a permission that Userbook knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown permission {0:?}")]
pub struct UnknownPermission(pub String);

impl Permission {
    /// All permissions.
    pub const ALL: &'static [Self] = &[
        Self::ViewUser,
        Self::ChangeUser,
        Self::AddUser,
        Self::DeleteUser,
        Self::ViewGroup,
        Self::AddGroup,
        Self::ChangeGroup,
        Self::DeleteGroup,
        Self::AddUserToGroup,
        Self::RemoveUserFromGroup,
        Self::EnableGroupSuperuser,
        Self::DisableGroupSuperuser,
        Self::ResetUserPassword,
        Self::AddToken,
        Self::Impersonate,
        Self::System(SystemPermission::AddRole),
        Self::System(SystemPermission::ViewRole),
        Self::System(SystemPermission::ChangeRole),
        Self::System(SystemPermission::DeleteRole),
        Self::System(SystemPermission::AssignRolePermissions),
        Self::System(SystemPermission::UnassignRolePermissions),
        Self::System(SystemPermission::ViewSystemInfo),
        Self::System(SystemPermission::ViewSystemSettings),
        Self::System(SystemPermission::EditSystemSettings),
        Self::System(SystemPermission::AccessAdminInterface),
    ];

    /// Returns authentik's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ViewUser => "authentik_core.view_user",
            Self::ChangeUser => "authentik_core.change_user",
            Self::AddUser => "authentik_core.add_user",
            Self::DeleteUser => "authentik_core.delete_user",
            Self::ViewGroup => "authentik_core.view_group",
            Self::AddGroup => "authentik_core.add_group",
            Self::ChangeGroup => "authentik_core.change_group",
            Self::DeleteGroup => "authentik_core.delete_group",
            Self::AddUserToGroup => "authentik_core.add_user_to_group",
            Self::RemoveUserFromGroup => "authentik_core.remove_user_from_group",
            Self::EnableGroupSuperuser => "authentik_core.enable_group_superuser",
            Self::DisableGroupSuperuser => "authentik_core.disable_group_superuser",
            Self::ResetUserPassword => "authentik_core.reset_user_password",
            Self::AddToken => "authentik_core.add_token",
            Self::Impersonate => "authentik_core.impersonate",
            Self::System(permission) => permission.full_name(),
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.as_str() == text)
            .ok_or_else(|| UnknownPermission(text.to_owned()))
    }
}

/// The facts about an actor that an authorizer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantQuery {
    /// The actor.
    pub actor: UserId,
    /// Requests permissions on this user.
    pub user: Option<UserId>,
    /// Requests permissions on these groups.
    pub groups: BTreeSet<GroupId>,
}

/// The permissions of an actor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Permissions on everything.
    pub global: BTreeSet<Permission>,
    /// Permissions on the user of the query.
    pub on_user: BTreeSet<Permission>,
    /// Whether the actor may view at least one user by a permission on that user, which decides between 403 and 404
    /// for all others.
    pub views_some_user: bool,
    /// Permissions on the groups of the query, and [`Permission::ViewGroup`] for every group with that permission.
    pub on_groups: BTreeMap<GroupId, BTreeSet<Permission>>,
    /// Whether the user of the query holds [`Permission::EnableGroupSuperuser`], globally or on at least one group.
    pub user_can_grant: bool,
}

impl Grants {
    /// Returns whether the actor may view at least one group by a permission on that group.
    fn views_some_group(&self) -> bool {
        self.on_groups.values().any(|granted| granted.contains(&Permission::ViewGroup))
    }

    /// The groups that the actor may view.
    fn visible_groups(&self) -> Scope<GroupId> {
        if self.global.contains(&Permission::ViewGroup) {
            return Scope::Everything;
        }
        let visible = |granted: &BTreeSet<Permission>| granted.contains(&Permission::ViewGroup);
        Scope::Only(
            self.on_groups.iter().filter(|(_, granted)| visible(granted)).map(|(id, _)| *id).collect(),
        )
    }
}

/// The objects of one permission of an actor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantedObjects {
    /// On everything.
    pub global: bool,
    /// On these users.
    pub users: BTreeSet<UserId>,
    /// On these groups.
    pub groups: BTreeSet<GroupId>,
}

/// Stores granted permissions.
#[async_trait]
pub trait PermissionSource: Debug + Send + Sync + 'static {
    /// Returns the permissions of the actor.
    ///
    /// # Errors
    /// [`AuthorizerError`] if the permissions cannot be read.
    async fn grants(&self, query: &GrantQuery) -> Result<Grants, AuthorizerError>;

    /// Returns the objects of the actor's permission, which limit lists. The result may contain deleted users and
    /// groups.
    ///
    /// # Errors
    /// As [`PermissionSource::grants`].
    async fn granted_objects(
        &self,
        actor: UserId,
        permission: Permission,
    ) -> Result<GrantedObjects, AuthorizerError>;
}

#[async_trait]
impl<P: PermissionSource + ?Sized> PermissionSource for Arc<P> {
    async fn grants(&self, query: &GrantQuery) -> Result<Grants, AuthorizerError> {
        (**self).grants(query).await
    }

    async fn granted_objects(
        &self,
        actor: UserId,
        permission: Permission,
    ) -> Result<GrantedObjects, AuthorizerError> {
        (**self).granted_objects(actor, permission).await
    }
}

/// Decides like authentik 2025.2.4: an active superuser may do everything; other users need permissions, globally or
/// on the object.
///
/// Only superusers set external ids.
///
/// An actor who may view no user gets 403. An actor who may view some users gets 404 for all others, and so does an
/// internal service account. The same holds for groups. `change_user` alone does not suffice; `view_user` is required
/// as well.
///
/// Adding a member requires `add_user_to_group` (removing one: `remove_user_from_group`), globally or on the group,
/// and `view_user` on the user; `change_user` does not suffice. Superuser status that the group grants requires
/// `enable_group_superuser` as well.
#[derive(Debug, Clone, Default)]
pub struct PermissionAuthorizer<P> {
    source: P,
}

impl<P: PermissionSource> PermissionAuthorizer<P> {
    /// Uses the permissions of this source.
    pub fn new(source: P) -> Self {
        Self { source }
    }
}

#[async_trait]
impl<P: PermissionSource> Authorizer for PermissionAuthorizer<P> {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        let state = match Rank::of(actor, resource.actor()) {
            Rank::Superuser => return Ok(all(checks, &Verdict::Allow).with_visible_groups(Scope::Everything)),
            Rank::Denied => return Ok(all(checks, &Verdict::deny()).with_visible_groups(Scope::Nothing)),
            Rank::Holder(state) => state,
        };
        let groups = checks.iter().filter_map(|check| group_of(*check)).collect();
        let query = GrantQuery { actor: state.state.id, user: resource.user_id(), groups };
        let grants = self.source.grants(&query).await?;
        let is_new = resource.user().is_none();
        let verdicts: Verdicts = checks.iter().map(|check| verdict(*check, &grants, state, is_new)).collect();
        let verdicts = verdicts.with_visible_groups(grants.visible_groups());
        Ok(if is_new { verdicts } else { verdicts.with_user_can_grant(grants.user_can_grant) })
    }

    fn denies_all(&self, actor: &Actor) -> bool {
        matches!(actor.subject, Subject::Anonymous | Subject::External(_))
    }

    async fn can_grant_superuser(&self, user: &User, _groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        let granted = self.source.granted_objects(user.id, Permission::EnableGroupSuperuser).await?;
        Ok(granted.global || !granted.groups.is_empty())
    }
}

/// The rights of an actor before permissions are considered.
enum Rank<'a> {
    /// May do everything.
    Superuser,
    /// An active user, with the rights of the user's permissions.
    Holder(ActorView<'a>),
    /// May do nothing.
    Denied,
}

impl<'a> Rank<'a> {
    fn of(actor: &Actor, state: Option<ActorView<'a>>) -> Self {
        match (&actor.subject, state) {
            (Subject::System, _) => Self::Superuser,
            (Subject::User(_), Some(state)) if state.is_active_superuser() => Self::Superuser,
            (Subject::User(_), Some(state)) if state.state.is_active => Self::Holder(state),
            _ => Self::Denied,
        }
    }
}

fn all(checks: &[Check], verdict: &Verdict) -> Verdicts {
    checks.iter().map(|_| verdict.clone()).collect()
}

fn group_of(check: Check) -> Option<GroupId> {
    match check {
        Check::AddMember(group)
        | Check::RemoveMember(group)
        | Check::GrantSuperuser(group)
        | Check::DisableSuperuser(group)
        | Check::ViewGroup(group)
        | Check::AddGroup(group)
        | Check::ChangeGroup(group)
        | Check::DeleteGroup(group)
        | Check::SetGroupExternalIds(group) => Some(group),
        _ => None,
    }
}

/// `is_new`: the user does not exist yet and therefore has no object permissions.
fn verdict(check: Check, grants: &Grants, actor: ActorView<'_>, is_new: bool) -> Verdict {
    use Permission as P;
    let on_user = |permission| grants.global.contains(&permission) || grants.on_user.contains(&permission);
    let on_group = |permission, group| {
        grants.global.contains(&permission)
            || grants.on_groups.get(group).is_some_and(|granted| granted.contains(&permission))
    };
    // An internal service account gets 404 where other actors are denied.
    let is_machine = actor.state.user_type == UserType::InternalServiceAccount;
    match &check {
        Check::View if on_user(P::ViewUser) => Verdict::Allow,
        Check::View if grants.views_some_user || is_machine => Verdict::Hide,
        Check::ViewGroup(group) if on_group(P::ViewGroup, group) => Verdict::Allow,
        Check::ViewGroup(_) if grants.views_some_group() || is_machine => Verdict::Hide,
        // No permission of the recorded release covers external ids.
        Check::View
        | Check::ViewGroup(_)
        | Check::Set(Field::ExternalIds)
        | Check::SetGroupExternalIds(_) => Verdict::deny(),
        // The recorded release lets every caller with `change_user` add the user to any group. `GrantSuperuser` covers
        // what a group grants.
        Check::AddUser | Check::Join(_) if is_new => grants.global.contains(&P::AddUser).into(),
        Check::Change | Check::Set(_) | Check::Join(_) => on_user(P::ChangeUser).into(),
        Check::AddMember(group) => on_group(P::AddUserToGroup, group).into(),
        Check::RemoveMember(group) => on_group(P::RemoveUserFromGroup, group).into(),
        Check::GrantSuperuser(group) => on_group(P::EnableGroupSuperuser, group).into(),
        Check::DisableSuperuser(group) => on_group(P::DisableGroupSuperuser, group).into(),
        Check::AddUser => grants.global.contains(&P::AddUser).into(),
        Check::AddToken => grants.global.contains(&P::AddToken).into(),
        Check::SetPassword => on_user(P::ResetUserPassword).into(),
        Check::Impersonate => on_user(P::Impersonate).into(),
        Check::DeleteUser => on_user(P::DeleteUser).into(),
        Check::AddGroup(_) => grants.global.contains(&P::AddGroup).into(),
        Check::ChangeGroup(group) => on_group(P::ChangeGroup, group).into(),
        Check::DeleteGroup(group) => on_group(P::DeleteGroup, group).into(),
    }
}

#[cfg(test)]
mod tests;
