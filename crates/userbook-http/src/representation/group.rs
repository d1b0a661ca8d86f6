//! A group with its members.

use serde::Serialize;
use serde_json::Value;
use userbook::{
    Group, GroupId, User, UserId, model::timestamp_text, service::GroupRelatives, store::GroupEntry,
};

use super::{NoRoles, Representation};
use crate::{
    Release,
    params::{INCLUDE_CHILDREN, INCLUDE_PARENTS, INCLUDE_USERS},
};

/// What a response about groups contains besides the groups.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupParts {
    pub(crate) users: bool,
    pub(crate) parents: bool,
    pub(crate) children: bool,
    pub(crate) inherited_roles: bool,
}

impl GroupParts {
    /// Returns the parameter that makes a response smaller.
    pub(crate) fn largest(self) -> Option<&'static str> {
        let parts =
            [(self.users, INCLUDE_USERS), (self.children, INCLUDE_CHILDREN), (self.parents, INCLUDE_PARENTS)];
        parts.into_iter().find(|(is_included, _)| *is_included).map(|(_, parameter)| parameter)
    }
}

/// A group, listed or single.
#[derive(Debug, Serialize)]
pub(crate) struct ListedGroup<'a> {
    pk: GroupId,
    num_pk: u32,
    name: &'a str,
    is_superuser: bool,
    #[serde(flatten)]
    parent: ParentJson<'a>,
    users: Vec<UserId>,
    users_obj: Option<Vec<MemberJson<'a>>>,
    attributes: &'a Value,
    roles: NoRoles,
    roles_obj: NoRoles,
    #[serde(flatten)]
    children: Option<ChildrenJson<'a>>,
}

/// The members about the parent, which differ between releases.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ParentJson<'a> {
    One { parent: Option<GroupId>, parent_name: Option<&'a str> },
    List { parents: Vec<GroupId>, parents_obj: Option<Vec<RelatedJson<'a>>> },
}

/// The members about children, which 2025.2 does not have.
#[derive(Debug, Serialize)]
struct ChildrenJson<'a> {
    inherited_roles_obj: Option<NoRoles>,
    children: Vec<GroupId>,
    children_obj: Option<Vec<RelatedJson<'a>>>,
}

/// A parent or child of a group.
#[derive(Debug, Serialize)]
struct RelatedJson<'a> {
    pk: GroupId,
    name: &'a str,
    is_superuser: bool,
    attributes: &'a Value,
    group_uuid: GroupId,
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
    /// Returns a group with these parts; parts that are not included are null. `relatives` count for 2026.8 only.
    pub(crate) fn listed_group<'a>(
        &self,
        entry: &'a GroupEntry,
        relatives: &'a GroupRelatives,
        parts: GroupParts,
    ) -> ListedGroup<'a> {
        let group = &entry.group;
        let (parent, children) = match self.release {
            Release::V2025_2 => {
                let parent_name = entry.parent_name.as_deref();
                (ParentJson::One { parent: group.parent, parent_name }, None)
            }
            Release::V2026_8 => {
                (ParentJson::list(group, relatives, parts), Some(children(group, relatives, parts)))
            }
        };
        ListedGroup {
            pk: group.id,
            num_pk: group.id.num_pk(),
            name: &group.name,
            is_superuser: group.is_superuser,
            parent,
            users: entry.members.iter().map(|member| member.id).collect(),
            users_obj: parts.users.then(|| entry.members.iter().map(|member| self.member(member)).collect()),
            attributes: &group.attributes,
            roles: [],
            roles_obj: [],
            children,
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

impl<'a> ParentJson<'a> {
    fn list(group: &Group, relatives: &'a GroupRelatives, parts: GroupParts) -> Self {
        let shown = || relatives.parent(group).into_iter().map(RelatedJson::new).collect();
        Self::List { parents: group.parent.into_iter().collect(), parents_obj: parts.parents.then(shown) }
    }
}

fn children<'a>(group: &Group, relatives: &'a GroupRelatives, parts: GroupParts) -> ChildrenJson<'a> {
    let children = relatives.children(group.id);
    ChildrenJson {
        inherited_roles_obj: parts.inherited_roles.then_some([]),
        children: children.iter().map(|child| child.id).collect(),
        children_obj: parts.children.then(|| children.iter().map(RelatedJson::new).collect()),
    }
}

impl<'a> RelatedJson<'a> {
    fn new(group: &'a Group) -> Self {
        let Group { id, name, is_superuser, attributes, .. } = group;
        Self { pk: *id, name, is_superuser: *is_superuser, attributes, group_uuid: *id }
    }
}
