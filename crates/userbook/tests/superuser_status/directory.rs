//! Random directories: groups in any hierarchy, with cycles and depths beyond the limit, users that may violate rules,
//! and permissions.

use proptest::{collection::vec, prelude::*};
use userbook::{
    Group, GroupId, Policy, Revision, Safeguard, StaticPermissions, Timestamp, User, UserId, UserType,
    authz::Permission, store::ImportData,
};
use uuid::Uuid;

/// The user with every permission except the right to grant superuser status.
pub(crate) const HELP_DESK: usize = 0;
/// The initial number of users.
pub(crate) const USERS: usize = 5;
/// The initial number of groups: enough for a chain beyond the depth limit.
pub(crate) const GROUPS: usize = 26;

/// The initial rows, and the permissions.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub(crate) rows: ImportData,
    pub(crate) permissions: StaticPermissions,
    /// The users who may grant superuser status through any group.
    pub(crate) may_grant: Vec<UserId>,
    /// The users who may grant superuser status through one group.
    pub(crate) may_grant_through: Vec<(UserId, GroupId)>,
    /// The users who may add members to any group (`true`), and remove them (`false`).
    pub(crate) may_change_members: Vec<(UserId, bool)>,
    /// Whether Demotion and `ProtectPrivileged` are on; then fewer other ways to superuser status are tried.
    pub(crate) protects: bool,
}

pub(crate) fn group_id(n: usize) -> GroupId {
    GroupId(Uuid::from_u128(1 + n as u128))
}

pub(crate) fn user_id(n: usize) -> UserId {
    UserId(1 + i64::try_from(n).unwrap())
}

/// Returns each group's parent: one long chain, or mostly the next group and otherwise any group, which creates
/// cycles.
fn parents() -> impl Strategy<Value = Vec<Option<usize>>> {
    let parent = |n: usize| {
        prop_oneof![
            8 => Just((n + 1 < GROUPS).then_some(n + 1)),
            1 => Just(None),
            1 => prop::option::of(0..GROUPS),
        ]
    };
    let chain = (0..GROUPS).map(|n| (n + 1 < GROUPS).then_some(n + 1)).collect::<Vec<_>>();
    prop_oneof![Just(chain), (0..GROUPS).map(parent).collect::<Vec<_>>()]
}

fn users() -> impl Strategy<Value = Vec<User>> {
    let odd = proptest::bool::weighted(0.2);
    let machine = prop_oneof![
        6 => Just(UserType::Internal),
        2 => Just(UserType::ServiceAccount),
        1 => Just(UserType::External),
        1 => Just(UserType::InternalServiceAccount),
    ];
    let active = proptest::bool::weighted(0.7);
    let user = (vec(0..GROUPS, 0..=2), active, odd, machine);
    vec(user, USERS).prop_map(|users| {
        let numbered = users.into_iter().enumerate();
        numbered
            .map(|(n, (groups, is_active, odd, user_type))| User {
                id: user_id(n),
                uuid: Uuid::from_u128(n as u128),
                username: format!("u{n}"),
                name: if odd { "nul\0".into() } else { String::new() },
                email: if odd { "odd".into() } else { String::new() },
                is_active,
                last_login: None,
                path: if odd { "/odd//".into() } else { "users".into() },
                user_type,
                attributes: if odd {
                    serde_json::json!([1]).into()
                } else {
                    serde_json::json!({"a": {"b": 1}}).into()
                },
                groups: groups.into_iter().map(group_id).collect(),
                password_change_date: Timestamp::UNIX_EPOCH,
                revision: Revision(Uuid::from_u128(n as u128)),
                version: 0,
                ..User::example()
            })
            .collect()
    })
}

/// Returns which groups grant: several, or one that is too far above most of a long chain.
fn flags() -> impl Strategy<Value = Vec<bool>> {
    prop_oneof![
        vec(proptest::bool::weighted(0.15), GROUPS),
        (GROUPS - 6..GROUPS).prop_map(|top| (0..GROUPS).map(|n| n == top).collect()),
    ]
}

/// Returns the bit of the right to grant superuser status.
fn enable_superuser() -> u64 {
    let position = Permission::ALL.iter().position(|it| *it == Permission::EnableGroupSuperuser);
    1 << position.unwrap()
}

/// Returns the global permissions of each user as bits, and possibly a group through which the user may grant.
fn grants() -> impl Strategy<Value = Vec<(u64, Option<usize>)>> {
    let bits = proptest::num::u64::ANY;
    vec((bits, prop::option::of(0..GROUPS)), USERS)
}

pub(crate) fn any() -> impl Strategy<Value = Directory> {
    (parents(), flags(), users(), grants(), proptest::bool::ANY).prop_map(|it| {
        let (parents, flags, users, grants, protects) = it;
        let group = |(n, (parent, is_superuser)): (usize, (&Option<usize>, &bool))| Group {
            id: group_id(n),
            name: format!("g{n}"),
            is_superuser: *is_superuser,
            parent: parent.map(group_id),
            attributes: serde_json::json!({}),
            ..Group::example()
        };
        let groups = parents.iter().zip(&flags).enumerate().map(group).collect();
        let mut directory = Directory {
            rows: ImportData { install_id: "i".into(), groups, users },
            permissions: StaticPermissions::none(),
            may_grant: Vec::new(),
            may_grant_through: Vec::new(),
            may_change_members: Vec::new(),
            protects,
        };
        let desk = directory.rows.users.get_mut(HELP_DESK).unwrap();
        (desk.is_active, desk.user_type, desk.groups) = (true, UserType::Internal, [].into());
        for (n, (bits, through)) in grants.into_iter().enumerate() {
            let bits = if n == HELP_DESK { !enable_superuser() } else { bits };
            directory.grant(user_id(n), bits, through.map(group_id));
        }
        directory
    })
}

impl Directory {
    pub(crate) fn policy(&self) -> Policy {
        let policy = Policy::hardened();
        if self.protects {
            return policy;
        }
        policy.without(Safeguard::ProtectPrivileged).without(Safeguard::Demotion)
    }

    /// Returns whether the user may add members to any group, or remove them.
    pub(crate) fn may_change_members(&self, user: UserId, joins: bool) -> bool {
        self.may_change_members.contains(&(user, joins))
    }

    /// Returns whether the user may grant superuser status through at least one group.
    pub(crate) fn can_grant(&self, user: UserId) -> bool {
        self.may_grant.contains(&user) || self.may_grant_through.iter().any(|(holder, _)| *holder == user)
    }

    /// Returns whether the user may grant through a group, given the groups on its path to superuser status.
    pub(crate) fn may_grant_by(&self, user: UserId, way: &std::collections::BTreeSet<GroupId>) -> bool {
        self.may_grant.contains(&user)
            || way.iter().any(|group| self.may_grant_through.contains(&(user, *group)))
    }

    fn grant(&mut self, user: UserId, bits: u64, through: Option<GroupId>) {
        let mut permissions = std::mem::take(&mut self.permissions);
        for (n, permission) in Permission::ALL.iter().copied().enumerate() {
            if bits & (1 << n) == 0 {
                continue;
            }
            permissions = permissions.grant(user, permission);
            match permission {
                Permission::AddUserToGroup => self.may_change_members.push((user, true)),
                Permission::RemoveUserFromGroup => self.may_change_members.push((user, false)),
                _ => {}
            }
            if permission == Permission::EnableGroupSuperuser {
                self.may_grant.push(user);
            }
        }
        if let Some(group) = through {
            permissions = permissions.grant_on_group(user, Permission::EnableGroupSuperuser, group);
            self.may_grant_through.push((user, group));
        }
        self.permissions = permissions;
    }
}
