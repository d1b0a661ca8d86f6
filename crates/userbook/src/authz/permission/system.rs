//! Permissions on the installation. Userbook only reports them: a client's user interface depends on them.

/// A permission on the installation, under authentik's name `authentik_rbac.…`. No operation of Userbook requires one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SystemPermission {
    /// `add_role`
    AddRole,
    /// `view_role`
    ViewRole,
    /// `change_role`
    ChangeRole,
    /// `delete_role`
    DeleteRole,
    /// `assign_role_permissions`
    AssignRolePermissions,
    /// `unassign_role_permissions`
    UnassignRolePermissions,
    /// `view_system_info`
    ViewSystemInfo,
    /// `view_system_settings`
    ViewSystemSettings,
    /// `edit_system_settings`
    EditSystemSettings,
    /// `access_admin_interface`
    AccessAdminInterface,
}

/// The prefix of the full names.
const PREFIX: &str = "authentik_rbac.";

impl SystemPermission {
    /// All system permissions, which a superuser has.
    pub const ALL: &'static [Self] = &[
        Self::AddRole,
        Self::ViewRole,
        Self::ChangeRole,
        Self::DeleteRole,
        Self::AssignRolePermissions,
        Self::UnassignRolePermissions,
        Self::ViewSystemInfo,
        Self::ViewSystemSettings,
        Self::EditSystemSettings,
        Self::AccessAdminInterface,
    ];

    /// Returns authentik's name without the prefix, as `me` lists it.
    pub fn as_str(self) -> &'static str {
        let full = self.full_name();
        full.strip_prefix(PREFIX).unwrap_or(full)
    }

    /// Returns authentik's full name.
    pub(super) const fn full_name(self) -> &'static str {
        match self {
            Self::AddRole => "authentik_rbac.add_role",
            Self::ViewRole => "authentik_rbac.view_role",
            Self::ChangeRole => "authentik_rbac.change_role",
            Self::DeleteRole => "authentik_rbac.delete_role",
            Self::AssignRolePermissions => "authentik_rbac.assign_role_permissions",
            Self::UnassignRolePermissions => "authentik_rbac.unassign_role_permissions",
            Self::ViewSystemInfo => "authentik_rbac.view_system_info",
            Self::ViewSystemSettings => "authentik_rbac.view_system_settings",
            Self::EditSystemSettings => "authentik_rbac.edit_system_settings",
            Self::AccessAdminInterface => "authentik_rbac.access_admin_interface",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::Permission;

    #[test]
    fn names_have_no_prefix_in_me() {
        for &permission in SystemPermission::ALL {
            assert!(!permission.as_str().contains('.'));
            let full = format!("authentik_rbac.{}", permission.as_str());
            assert_eq!(full.parse(), Ok(Permission::System(permission)));
        }
    }
}
