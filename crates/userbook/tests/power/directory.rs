//! Random directories: groups in any hierarchy, cycles and depths beyond the bound included, users that may
//! break a rule of today, and permissions.

use proptest::{collection::vec, prelude::*};
use userbook::{
    Group, GroupId, ImportData, Permission, Policy, Revision, Safeguard, StaticPermissions, Timestamp, User,
    UserId, UserType,
};
use uuid::Uuid;

/// The user with every permission but the one to give power: the one to fear.
pub(crate) const HELP_DESK: usize = 0;
/// How many users there are at first.
pub(crate) const USERS: usize = 5;
/// How many groups there are at first: enough for a chain beyond the depth bound.
pub(crate) const GROUPS: usize = 26;

/// The bit of the permission to give power, the last of all.
const ENABLE_SUPERUSER: u16 = 1 << (Permission::ALL.len() - 1);

/// What is in the store at first, and what the authorizer knows.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub(crate) rows: ImportData,
    pub(crate) permissions: StaticPermissions,
    /// The users who may give power through any group.
    pub(crate) may_give: Vec<UserId>,
    /// The users who may give power through one group.
    pub(crate) may_give_through: Vec<(UserId, GroupId)>,
    /// The users who may let others join a group, and leave one.
    pub(crate) may_move: Vec<(UserId, bool)>,
    /// Whether superusers are protected: as long as they are, few other ways to power are tried.
    pub(crate) protects: bool,
}

pub(crate) fn group_id(n: usize) -> GroupId {
    GroupId(Uuid::from_u128(1 + n as u128))
}

pub(crate) fn user_id(n: usize) -> UserId {
    UserId(1 + i64::try_from(n).unwrap())
}

/// Each group's parent: one long chain, or mostly the next group and else any, which makes cycles.
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
    let machine = prop_oneof![9 => Just(UserType::Internal), 1 => Just(UserType::InternalServiceAccount)];
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
            })
            .collect()
    })
}

/// Which groups grant power: several, or one that most of a long chain is too far below.
fn flags() -> impl Strategy<Value = Vec<bool>> {
    prop_oneof![
        vec(proptest::bool::weighted(0.15), GROUPS),
        (GROUPS - 6..GROUPS).prop_map(|top| (0..GROUPS).map(|n| n == top).collect()),
    ]
}

/// For each user the global permissions, by bits, and perhaps a group to give power through.
fn grants() -> impl Strategy<Value = Vec<(u16, Option<usize>)>> {
    let bits = proptest::num::u16::ANY;
    vec((bits, prop::option::of(0..GROUPS)), USERS)
}

pub(crate) fn any() -> impl Strategy<Value = Directory> {
    assert_eq!(Permission::ALL.last(), Some(&Permission::EnableGroupSuperuser));
    (parents(), flags(), users(), grants(), proptest::bool::ANY).prop_map(|it| {
        let (parents, flags, users, grants, protects) = it;
        let group = |(n, (parent, is_superuser)): (usize, (&Option<usize>, &bool))| Group {
            id: group_id(n),
            name: format!("g{n}"),
            is_superuser: *is_superuser,
            parent: parent.map(group_id),
            attributes: serde_json::json!({}),
        };
        let groups = parents.iter().zip(&flags).enumerate().map(group).collect();
        let mut directory = Directory {
            rows: ImportData { install_id: "i".into(), groups, users },
            permissions: StaticPermissions::none(),
            may_give: Vec::new(),
            may_give_through: Vec::new(),
            may_move: Vec::new(),
            protects,
        };
        let desk = directory.rows.users.get_mut(HELP_DESK).unwrap();
        (desk.is_active, desk.user_type, desk.groups) = (true, UserType::Internal, [].into());
        for (n, (bits, through)) in grants.into_iter().enumerate() {
            let bits = if n == HELP_DESK { !ENABLE_SUPERUSER } else { bits };
            directory.grant(user_id(n), bits, through.map(group_id));
        }
        directory
    })
}

impl Directory {
    pub(crate) fn policy(&self) -> Policy {
        let policy = Policy::hardened();
        if self.protects { policy } else { policy.without(Safeguard::ProtectSuperusers) }
    }

    /// Whether the user was granted the right to let others join, or leave, any group.
    pub(crate) fn may_move(&self, user: UserId, joins: bool) -> bool {
        self.may_move.contains(&(user, joins))
    }

    fn grant(&mut self, user: UserId, bits: u16, through: Option<GroupId>) {
        let mut permissions = std::mem::take(&mut self.permissions);
        for (n, permission) in Permission::ALL.into_iter().enumerate() {
            if bits & (1 << n) == 0 {
                continue;
            }
            permissions = permissions.grant(user, permission);
            match permission {
                Permission::ChangeUser => self.may_move.extend([(user, true), (user, false)]),
                Permission::AddUserToGroup => self.may_move.push((user, true)),
                Permission::RemoveUserFromGroup => self.may_move.push((user, false)),
                _ => {}
            }
            if permission == Permission::EnableGroupSuperuser {
                self.may_give.push(user);
            }
        }
        if let Some(group) = through {
            permissions = permissions.grant_on_group(user, Permission::EnableGroupSuperuser, group);
            self.may_give_through.push((user, group));
        }
        self.permissions = permissions;
    }
}
