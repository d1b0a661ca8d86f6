//! GET, POST, PUT, PATCH and DELETE of a group.

use std::error::Error;

use http::StatusCode;
use http_body::Body;
use serde_json::Value;
use userbook::{
    Group, GroupId, ListError,
    authz::ListAuthorizer,
    service::AuthorizedGroupWrite,
    store::{GroupEntry, ListStore, ProvisioningStore},
    update::{GroupUpdate, Mode, Op},
};

use super::{Answer, Exchange, parse_id, payload::Payload, reply::Reply};
use crate::{
    error::ScimError,
    patch::{self, GroupPatch, MembersChange},
    resource::{ResourceKind, canonical_resource, group},
};

/// The only attribute whose size is not limited by the group itself.
const MEMBERS: &str = "members";

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    pub(super) async fn show_group(&self, id: &str) -> Answer {
        let with_members = self.shows_members();
        let id = parse_id(id).map(GroupId).ok_or_else(ScimError::not_found)?;
        let entry = self.service().retrieve_group(self.actor, id, with_members).await?;
        if !entry.group.external_ids.is_managed_by(self.source()) {
            return Err(ScimError::not_found());
        }
        let document = group::resource(&entry, self.source(), &self.provider.base, with_members);
        self.conditional(ResourceKind::Group, &document)
    }

    fn shows_members(&self) -> bool {
        self.params.projection(self.schema(ResourceKind::Group)).contains(MEMBERS)
    }

    pub(super) async fn create_group<B>(&self, payload: Payload<'_, B>) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let authorized = self.service().authorize_group_insertion(self.actor).await?;
        let body = payload.read(&self.provider.limits).await?;
        let changes = self.replacement_of_group(body)?;
        let id = changes.external_id.value().cloned();
        let update = self.group_update(Mode::Replace, &changes).await?;
        let update = update.set_external_id(self.source().clone(), id.as_deref());
        self.write_group(authorized, update, StatusCode::CREATED).await
    }

    /// PUT and PATCH.
    pub(super) async fn change_group<B>(&self, id: &str, payload: Payload<'_, B>, is_patch: bool) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let condition = self.preconditions.of_group();
        let target = parse_id(id).map(GroupId);
        let authorized = self.service().authorize_group_update(self.actor, target, condition).await?;
        let body = payload.read(&self.provider.limits).await?;
        let mut changes = if is_patch {
            let schema = self.schema(ResourceKind::Group);
            let patch = patch::read(body, schema, self.connection.strictness, &self.provider.limits)?;
            patch::group_patch(&patch)?
        } else {
            self.replacement_of_group(body)?
        };
        if changes.members.replaces {
            self.make_delta(authorized.id(), &mut changes.members).await?;
        }
        let mut update = self.group_update(Mode::Patch, &changes).await?;
        if !changes.external_id.is_keep() {
            let id = changes.external_id.value().map(String::as_str);
            update = update.set_external_id(self.source().clone(), id);
        }
        self.write_group(authorized, update, StatusCode::OK).await
    }

    /// Reads the body of a POST or PUT. Members that the body does not name at all stay.
    fn replacement_of_group(&self, body: Value) -> Result<GroupPatch, ScimError> {
        let names_members = body
            .as_object()
            .is_some_and(|members| members.keys().any(|key| key.eq_ignore_ascii_case(MEMBERS)));
        let schema = self.schema(ResourceKind::Group);
        let limits = &self.provider.limits;
        let document = canonical_resource(body, schema, self.connection.strictness, limits)?;
        let external_id = document.get("externalId").and_then(Value::as_str).map(str::to_owned);
        let members = if names_members {
            MembersChange::replace(patch::ids(document.get(MEMBERS))?)
        } else {
            MembersChange::default()
        };
        let display_name = Some(document.get("displayName").cloned().unwrap_or(Value::Null));
        Ok(GroupPatch { display_name, external_id: external_id.map_or(Op::Null, Op::Set), members })
    }

    async fn group_update(&self, mode: Mode, changes: &GroupPatch) -> Result<GroupUpdate, ScimError> {
        let mut update = GroupUpdate::new(mode);
        match &changes.display_name {
            Some(Value::String(name)) => update = update.name(name.as_str()),
            Some(_) => update.name = Op::Null,
            None => {}
        }
        if changes.members.is_empty() {
            return Ok(update);
        }
        let (join, leave) = self.resolve_members(&changes.members).await?;
        let update = join.into_iter().fold(update, GroupUpdate::add_user);
        Ok(leave.into_iter().fold(update, GroupUpdate::remove_user))
    }

    async fn write_group(
        &self,
        authorized: AuthorizedGroupWrite<'_, S, A>,
        update: GroupUpdate,
        status: StatusCode,
    ) -> Answer {
        let mut call = authorized.update(update);
        if let Some(id) = self.request_id {
            call = call.request_id(id);
        }
        let group = call.run().await?.group;
        let (entry, with_members) = self.written(group).await?;
        let document = group::resource(&entry, self.source(), &self.provider.base, with_members);
        let shown = self.projected(ResourceKind::Group, document.clone());
        Ok(Reply::resource(status, &document, shown))
    }

    /// Returns the written group, and whether its members were read. The change is committed, so a limit of the response
    /// must not turn it into an error.
    async fn written(&self, group: Group) -> Result<(GroupEntry, bool), ScimError> {
        if self.shows_members() {
            match self.service().written_group(self.actor, group.id).await {
                Ok(entry) => return Ok((entry, true)),
                Err(ListError::PageTooLarge { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok((GroupEntry { group, parent_name: None, members: Vec::new() }, false))
    }

    pub(super) async fn delete_group(&self, id: &str) -> Answer {
        let condition = self.preconditions.of_group();
        let target = parse_id(id).map(GroupId);
        let authorized = self.service().authorize_group_deletion(self.actor, target, condition).await?;
        let mut call = authorized.delete();
        if let Some(id) = self.request_id {
            call = call.request_id(id);
        }
        call.run().await?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    }
}
