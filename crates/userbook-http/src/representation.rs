//! Users and groups as JSON, in authentik's field order.

mod group;
mod session;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use userbook::{
    GroupId, JsonObject, User,
    model::timestamp_text,
    view::{GroupView, UserView},
};
use uuid::Uuid;

use crate::{AvatarSubject, Avatars, Release, error::ApiError, params::INCLUDE_GROUPS, render::to_json, uid};

pub(crate) use group::GroupParts;

/// Capacity for most responses in bytes; the avatar alone takes 800.
const USUAL_SIZE: usize = 3072;

/// Userbook has no roles.
type NoRoles = [(); 0];

/// Settings of the representation that the directory does not contain.
#[derive(Debug, Clone)]
pub struct Representation {
    install_id: String,
    avatars: Avatars,
    release: Release,
}

impl Representation {
    /// Represents users of the installation with this id (authentik's install id, part of every `uid`), with
    /// [`Avatars::default`], as [`Release::V2025_2`] does.
    pub fn new(install_id: impl Into<String>) -> Self {
        Self { install_id: install_id.into(), avatars: Avatars::default(), release: Release::default() }
    }

    /// Speaks another release: fields of requests and responses, and parameters of lists.
    #[must_use]
    pub fn with_release(mut self, release: Release) -> Self {
        self.release = release;
        self
    }

    /// Returns the release.
    pub fn release(&self) -> Release {
        self.release
    }

    /// Uses other avatars.
    #[must_use]
    pub fn with_avatars(mut self, avatars: Avatars) -> Self {
        self.avatars = avatars;
        self
    }

    /// Returns the user as JSON; `groups_obj` is null unless groups are included.
    ///
    /// # Errors
    /// 400 that names `include_groups` if the response with groups exceeds `limit`. A user without groups is always
    /// returned: the row is loaded, and no parameter would make the response smaller.
    pub(crate) fn body(
        &self,
        view: &UserView,
        include_groups: bool,
        limit: Option<u64>,
    ) -> Result<Bytes, ApiError> {
        let limit = limit.filter(|_| include_groups);
        to_json(&self.user(view, include_groups), USUAL_SIZE, limit, INCLUDE_GROUPS)
    }

    /// Returns the members of the user as JSON.
    pub(crate) fn members(&self, view: &UserView, include_groups: bool) -> JsonObject {
        // Serialization fails only for values that no store contains.
        match serde_json::to_value(self.user(view, include_groups)) {
            Ok(Value::Object(members)) => members,
            _ => JsonObject::new(),
        }
    }

    /// Returns the avatar and the `uid` of a user.
    fn avatar_and_uid(&self, user: &User) -> (String, String) {
        // Stored attributes may violate the rule that they are an object; such a user has no custom avatar.
        let none = JsonObject::new();
        let avatar = self.avatars.avatar(&AvatarSubject {
            username: &user.username,
            name: &user.name,
            email: &user.email,
            attributes: user.attributes.as_object().unwrap_or(&none),
        });
        (avatar, self.uid(user))
    }

    /// Returns the `uid` of a user.
    pub(crate) fn uid(&self, user: &User) -> String {
        uid(user.id, &self.install_id)
    }

    /// Returns a user with roles; see [`Representation::listed_user`].
    pub(crate) fn user<'a>(&self, view: &'a UserView, include_groups: bool) -> UserJson<'a> {
        self.listed_user(view, include_groups, true)
    }

    /// Returns a user; `groups_obj` and `roles_obj` are null unless they are included.
    pub(crate) fn listed_user<'a>(
        &self,
        view: &'a UserView,
        include_groups: bool,
        include_roles: bool,
    ) -> UserJson<'a> {
        let user = &view.user;
        let since_2026_8 = self.release.is_2026_8();
        let (avatar, uid) = self.avatar_and_uid(user);
        UserJson {
            pk: user.id.0,
            username: &user.username,
            name: &user.name,
            is_active: user.is_active,
            last_login: user.last_login.map(timestamp_text),
            date_joined: since_2026_8.then(|| timestamp_text(user.created_at)),
            is_superuser: view.is_superuser,
            groups: user.groups.iter().copied().collect(),
            groups_obj: include_groups
                .then(|| view.groups.iter().map(|group| GroupJson::new(group, !since_2026_8)).collect()),
            roles: since_2026_8.then(|| RolesJson { roles: [], roles_obj: include_roles.then_some([]) }),
            email: &user.email,
            avatar,
            attributes: &user.attributes,
            uid,
            path: &user.path,
            user_type: user.user_type.as_str(),
            uuid: user.uuid,
            password_change_date: timestamp_text(user.password_change_date),
            last_updated: since_2026_8.then(|| timestamp_text(user.updated_at)),
        }
    }
}

/// A user in the wire format.
#[derive(Debug, Serialize)]
pub(crate) struct UserJson<'a> {
    pk: i64,
    username: &'a str,
    name: &'a str,
    is_active: bool,
    last_login: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_joined: Option<String>,
    is_superuser: bool,
    groups: Vec<GroupId>,
    groups_obj: Option<Vec<GroupJson<'a>>>,
    #[serde(flatten)]
    roles: Option<RolesJson>,
    email: &'a str,
    avatar: String,
    attributes: &'a Value,
    uid: String,
    path: &'a str,
    #[serde(rename = "type")]
    user_type: &'static str,
    uuid: Uuid,
    password_change_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated: Option<String>,
}

/// The roles of a user.
#[derive(Debug, Serialize)]
struct RolesJson {
    roles: NoRoles,
    roles_obj: Option<NoRoles>,
}

/// A user's group in the wire format.
#[derive(Debug, Serialize)]
struct GroupJson<'a> {
    pk: GroupId,
    num_pk: u32,
    name: &'a str,
    is_superuser: bool,
    #[serde(flatten)]
    parent: Option<ParentJson<'a>>,
    attributes: &'a Value,
}

/// The parent of a user's group.
#[derive(Debug, Serialize)]
struct ParentJson<'a> {
    parent: Option<GroupId>,
    parent_name: Option<&'a str>,
}

impl<'a> GroupJson<'a> {
    fn new(view: &'a GroupView, with_parent: bool) -> Self {
        let group = &*view.group;
        let parent = || ParentJson { parent: group.parent, parent_name: view.parent_name.as_deref() };
        Self {
            pk: group.id,
            num_pk: group.id.num_pk(),
            name: &group.name,
            is_superuser: group.is_superuser,
            parent: with_parent.then(parent),
            attributes: &group.attributes,
        }
    }
}

#[cfg(test)]
mod tests;
