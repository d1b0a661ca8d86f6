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

use crate::{AvatarSubject, Avatars, error::ApiError, params::INCLUDE_GROUPS, render::to_json, uid};

/// Capacity for most responses in bytes; the avatar alone takes 800.
const USUAL_SIZE: usize = 3072;

/// Settings of the representation that the directory does not contain.
#[derive(Debug, Clone)]
pub struct Representation {
    install_id: String,
    avatars: Avatars,
}

impl Representation {
    /// Represents users of the installation with this id (authentik's install id, part of every `uid`), with
    /// [`Avatars::default`].
    pub fn new(install_id: impl Into<String>) -> Self {
        Self { install_id: install_id.into(), avatars: Avatars::default() }
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

    pub(crate) fn user<'a>(&self, view: &'a UserView, include_groups: bool) -> UserJson<'a> {
        let user = &view.user;
        let (avatar, uid) = self.avatar_and_uid(user);
        UserJson {
            pk: user.id.0,
            username: &user.username,
            name: &user.name,
            is_active: user.is_active,
            last_login: user.last_login.map(timestamp_text),
            is_superuser: view.is_superuser,
            groups: user.groups.iter().copied().collect(),
            groups_obj: include_groups.then(|| view.groups.iter().map(GroupJson::new).collect()),
            email: &user.email,
            avatar,
            attributes: &user.attributes,
            uid,
            path: &user.path,
            user_type: user.user_type.as_str(),
            uuid: user.uuid,
            password_change_date: timestamp_text(user.password_change_date),
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
    is_superuser: bool,
    groups: Vec<GroupId>,
    groups_obj: Option<Vec<GroupJson<'a>>>,
    email: &'a str,
    avatar: String,
    attributes: &'a Value,
    uid: String,
    path: &'a str,
    #[serde(rename = "type")]
    user_type: &'static str,
    uuid: Uuid,
    password_change_date: String,
}

/// A user's group in the wire format.
#[derive(Debug, Serialize)]
struct GroupJson<'a> {
    pk: GroupId,
    num_pk: u32,
    name: &'a str,
    is_superuser: bool,
    parent: Option<GroupId>,
    parent_name: Option<&'a str>,
    attributes: &'a Value,
}

impl<'a> GroupJson<'a> {
    fn new(view: &'a GroupView) -> Self {
        let group = &*view.group;
        Self {
            pk: group.id,
            num_pk: group.id.num_pk(),
            name: &group.name,
            is_superuser: group.is_superuser,
            parent: group.parent,
            parent_name: view.parent_name.as_deref(),
            attributes: &group.attributes,
        }
    }
}
