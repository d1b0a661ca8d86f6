//! `used_by`: what refers to a user or a group, external systems that manage the object included.

use bytes::Bytes;
use http::Response;
use serde::Serialize;
use userbook::{
    Actor, GroupId, ListError, UserId, UserRef,
    authz::ListAuthorizer,
    model::{ExternalIds, ExternalSource},
    service::ReferringGroup,
    store::{ListStore, ProvisioningStore},
};

use super::DirectoryApi;
use crate::{Authenticator, error::ApiError, render::to_json, respond};

/// An object that refers to another one, and what happens to it when the other one is deleted.
#[derive(Debug, Serialize)]
struct UsedBy {
    app: &'static str,
    model_name: &'static str,
    pk: String,
    name: String,
    action: &'static str,
}

impl UsedBy {
    fn new(model_name: &'static str, pk: String, name: String, action: &'static str) -> Self {
        Self { app: "authentik_core", model_name, pk, name, action }
    }

    /// The mark of an external system on a user or a group, with the identifier that the system uses.
    fn external_id(source: &ExternalSource, identifier: Option<&str>) -> Self {
        let name = identifier.map_or_else(|| source.to_string(), |it| format!("{source} ({it})"));
        Self { app: "userbook", model_name: "external_id", pk: source.to_string(), name, action: CASCADE }
    }

    fn external_ids(ids: &ExternalIds) -> impl Iterator<Item = Self> {
        ids.iter().map(|(source, identifier)| Self::external_id(source, identifier))
    }

    fn group(group: &ReferringGroup, action: &'static str) -> Self {
        Self::new("group", group.id.to_string(), format!("Group {}", group.name), action)
    }
}

/// The mark is deleted.
const CASCADE: &str = "cascade";
/// The membership is deleted.
const CASCADE_MANY: &str = "cascade_many";
/// The reference is cleared.
const SET_NULL: &str = "set_null";

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn user_used_by(
        &self,
        actor: &Actor,
        id: Option<UserId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let found = self.service().references_to_user(actor, id.map(UserRef::Id)).await?;
        let groups = found.groups.iter().map(|group| UsedBy::group(group, CASCADE_MANY));
        self.used_by(groups.chain(UsedBy::external_ids(&found.external_ids)))
    }

    pub(super) async fn group_used_by(
        &self,
        actor: &Actor,
        id: Option<GroupId>,
    ) -> Result<Response<Bytes>, ApiError> {
        // An impossible id costs the same as a missing group.
        let id = id.unwrap_or(GroupId(uuid::Uuid::nil()));
        let found = self.service().references_to_group(actor, id).await.map_err(|error| match error {
            ListError::PageTooLarge { limit } => ApiError::answer_too_large(limit, None),
            error => error.into(),
        })?;
        let children = found.children.iter().map(|group| UsedBy::group(group, SET_NULL));
        let member =
            |user: userbook::User| UsedBy::new("user", user.id.to_string(), user.username, CASCADE_MANY);
        let members = found.members.into_iter().map(member);
        self.used_by(children.chain(members).chain(UsedBy::external_ids(&found.external_ids)))
    }

    fn used_by(&self, references: impl Iterator<Item = UsedBy>) -> Result<Response<Bytes>, ApiError> {
        Ok(respond::ok(to_json(&references.collect::<Vec<_>>(), 0, Some(self.max_bytes()), None)?))
    }
}
