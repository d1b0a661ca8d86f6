//! The acting user.

use serde::Serialize;
use userbook::{
    Group, GroupId, JsonObject, UserId,
    view::{CurrentUserView, SelfView},
};

use super::{NoRoles, Representation};

/// The acting user, and the impersonating user if any.
#[derive(Debug, Serialize)]
pub(crate) struct SessionJson<'a> {
    user: SelfJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<SelfJson<'a>>,
    /// The owner of the session; 2025.2 has no such list.
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<[SelfJson<'a>; 1]>,
}

#[derive(Debug, Serialize)]
struct SelfJson<'a> {
    pk: UserId,
    username: &'a str,
    name: &'a str,
    is_active: bool,
    is_superuser: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_current: Option<bool>,
    groups: Vec<SelfGroupJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<NoRoles>,
    email: &'a str,
    avatar: String,
    uid: String,
    settings: &'a JsonObject,
    #[serde(rename = "type")]
    user_type: &'static str,
    system_permissions: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct SelfGroupJson<'a> {
    name: &'a str,
    pk: GroupId,
}

impl Representation {
    pub(crate) fn session<'a>(&self, view: &'a CurrentUserView) -> SessionJson<'a> {
        let CurrentUserView { user, original } = view;
        let owner = original.as_ref().unwrap_or(user);
        SessionJson {
            user: self.self_json(user, original.is_none()),
            original: original.as_ref().map(|original| self.self_json(original, true)),
            users: self.release.is_2026_8().then(|| [self.self_json(owner, true)]),
        }
    }

    /// `owns_session` is false for an impersonated user.
    fn self_json<'a>(&self, own: &'a SelfView, owns_session: bool) -> SelfJson<'a> {
        let user = &own.view.user;
        let (avatar, uid) = self.avatar_and_uid(user);
        let named = |group: &'a std::sync::Arc<Group>| SelfGroupJson { name: &group.name, pk: group.id };
        SelfJson {
            pk: user.id,
            username: &user.username,
            name: &user.name,
            is_active: user.is_active,
            is_superuser: own.view.is_superuser,
            is_current: self.release.is_2026_8().then_some(owns_session),
            groups: own.groups.iter().map(named).collect(),
            roles: self.release.is_2026_8().then_some([]),
            email: &user.email,
            avatar,
            uid,
            settings: &own.settings,
            user_type: user.user_type.as_str(),
            system_permissions: own.system_permissions.iter().map(|permission| permission.as_str()).collect(),
        }
    }
}
