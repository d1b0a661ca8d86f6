//! Permissions that are fixed when the authorizer is created.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{AuthorizerError, GrantQuery, GrantedObjects, Grants, Permission, PermissionSource};
use crate::model::{GroupId, UserId};

/// Permissions in memory, for tests and for hosts with few permissions.
#[derive(Debug, Clone, Default)]
pub struct StaticPermissions {
    global: BTreeSet<(UserId, Permission)>,
    on_users: BTreeSet<(UserId, Permission, UserId)>,
    on_groups: BTreeSet<(UserId, Permission, GroupId)>,
}

impl StaticPermissions {
    /// Only superusers may do anything.
    pub fn none() -> Self {
        Self::default()
    }

    /// Grants a permission on everything.
    #[must_use]
    pub fn grant(mut self, to: UserId, permission: Permission) -> Self {
        self.global.insert((to, permission));
        self
    }

    /// Grants a permission on one user.
    #[must_use]
    pub fn grant_on_user(mut self, to: UserId, permission: Permission, user: UserId) -> Self {
        self.on_users.insert((to, permission, user));
        self
    }

    /// Grants a permission on one group.
    #[must_use]
    pub fn grant_on_group(mut self, to: UserId, permission: Permission, group: GroupId) -> Self {
        self.on_groups.insert((to, permission, group));
        self
    }
}

impl StaticPermissions {
    fn can_grant(&self, user: UserId) -> bool {
        let grants = Permission::EnableGroupSuperuser;
        self.global.contains(&(user, grants))
            || self.on_groups.iter().any(|(to, permission, _)| *to == user && *permission == grants)
    }
}

#[async_trait]
impl PermissionSource for StaticPermissions {
    async fn grants(&self, query: &GrantQuery) -> Result<Grants, AuthorizerError> {
        let mine = |to: &UserId| *to == query.actor;
        let mut grants = Grants::default();
        grants.global.extend(self.global.iter().filter(|(to, _)| mine(to)).map(|(_, granted)| *granted));
        for (_, permission, user) in self.on_users.iter().filter(|(to, ..)| mine(to)) {
            grants.views_some_user |= *permission == Permission::ViewUser;
            if Some(*user) == query.user {
                grants.on_user.insert(*permission);
            }
        }
        for (_, permission, group) in self.on_groups.iter().filter(|(to, ..)| mine(to)) {
            if query.groups.contains(group) || *permission == Permission::ViewGroup {
                grants.on_groups.entry(*group).or_default().insert(*permission);
            }
        }
        grants.user_can_grant = query.user.is_some_and(|user| self.can_grant(user));
        Ok(grants)
    }

    async fn granted_objects(
        &self,
        actor: UserId,
        permission: Permission,
    ) -> Result<GrantedObjects, AuthorizerError> {
        let held = |to: &UserId, granted: &Permission| *to == actor && *granted == permission;
        let users = self.on_users.iter().filter(|(to, granted, _)| held(to, granted));
        let groups = self.on_groups.iter().filter(|(to, granted, _)| held(to, granted));
        Ok(GrantedObjects {
            global: self.global.contains(&(actor, permission)),
            users: users.map(|(.., user)| *user).collect(),
            groups: groups.map(|(.., group)| *group).collect(),
        })
    }
}
