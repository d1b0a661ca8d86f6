//! A group with its members.

use serde::Serialize;
use serde_json::Value;
use userbook::{GroupId, User, UserId, model::timestamp_text, store::GroupEntry};

use super::Representation;

/// A group, listed or single.
#[derive(Debug, Serialize)]
pub(crate) struct ListedGroup<'a> {
    pk: GroupId,
    num_pk: u32,
    name: &'a str,
    is_superuser: bool,
    parent: Option<GroupId>,
    parent_name: Option<&'a str>,
    users: Vec<UserId>,
    users_obj: Option<Vec<MemberJson<'a>>>,
    attributes: &'a Value,
    /// Userbook has no roles.
    roles: [(); 0],
    roles_obj: [(); 0],
}

/// A member of a group.
#[derive(Debug, Serialize)]
struct MemberJson<'a> {
    pk: UserId,
    username: &'a str,
    name: &'a str,
    is_active: bool,
    last_login: Option<String>,
    email: &'a str,
    attributes: &'a Value,
    uid: String,
}

impl ListedGroup<'_> {
    /// Replaces the ids of the members.
    pub(crate) fn with_users(self, users: Vec<UserId>) -> Self {
        Self { users, ..self }
    }
}

impl Representation {
    /// Returns a group; `users_obj` is null unless users are included.
    pub(crate) fn listed_group<'a>(&self, entry: &'a GroupEntry, include_users: bool) -> ListedGroup<'a> {
        let group = &entry.group;
        ListedGroup {
            pk: group.id,
            num_pk: group.id.num_pk(),
            name: &group.name,
            is_superuser: group.is_superuser,
            parent: group.parent,
            parent_name: entry.parent_name.as_deref(),
            users: entry.members.iter().map(|member| member.id).collect(),
            users_obj: include_users
                .then(|| entry.members.iter().map(|member| self.member(member)).collect()),
            attributes: &group.attributes,
            roles: [],
            roles_obj: [],
        }
    }

    fn member<'a>(&self, user: &'a User) -> MemberJson<'a> {
        MemberJson {
            pk: user.id,
            username: &user.username,
            name: &user.name,
            is_active: user.is_active,
            last_login: user.last_login.map(timestamp_text),
            email: &user.email,
            attributes: &user.attributes,
            uid: self.uid(user),
        }
    }
}
