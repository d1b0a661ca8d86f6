//! GET, POST, PUT, PATCH and DELETE of a group.

use std::error::Error;

use http::StatusCode;
use http_body::Body;
use serde_json::Value;
use userbook::{
    Group, GroupId,
    authz::ListAuthorizer,
    service::{AuthorizedGroupWrite, Listing},
    store::{ExternalIdFilter, GroupEntry, GroupFilter, ListStore, ProvisioningStore},
    update::{GroupUpdate, Mode, Op},
};

use super::{Answer, Exchange, parse_id, payload::Payload, reply::Reply};
use crate::{
    error::ScimError,
    patch::{self, GroupPatch, MembersChange},
    resource::{Document, ResourceKind, canonical_resource, group, version},
};

/// The only attribute whose size is not limited by the group itself.
const MEMBERS: &str = "members";

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    pub(super) async fn show_group(&self, id: &str) -> Answer {
        let with_members = self.shows_members();
        let id = parse_id(id).map(GroupId).ok_or_else(ScimError::not_found)?;
        let document = self.managed_group(id, with_members).await?;
        self.conditional(ResourceKind::Group, &document)
    }

    /// Returns a group that the connection manages. The filter limits the store to these groups, so no foreign group is
    /// loaded.
    async fn managed_group(&self, id: GroupId, with_members: bool) -> Result<Document, ScimError> {
        let external_id = Some(ExternalIdFilter { source: self.source().clone(), identifier: None });
        let filter = GroupFilter { ids: [id].into(), external_id, ..GroupFilter::default() };
        let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
        let page = self.service().list_groups(self.actor, listing, with_members).await?;
        let entry = page.groups.into_iter().next().ok_or_else(ScimError::not_found)?;
        Ok(group::resource(&entry, self.source(), &self.provider.base, with_members))
    }

    /// Requires that the version with the members is one that the client names. The state of the group is compared again
    /// in each attempt.
    async fn require_version(&self, id: GroupId) -> Result<(), ScimError> {
        if !self.preconditions.names_members() {
            return Ok(());
        }
        let document = self.managed_group(id, true).await?;
        if self.preconditions.allows(version(&document).unwrap_or_default()) {
            return Ok(());
        }
        Err(ScimError::new(StatusCode::PRECONDITION_FAILED, "The resource has another version"))
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
        let condition = self.preconditions.of_group(self.source());
        let target = parse_id(id).map(GroupId);
        let authorized = self.service().authorize_group_update(self.actor, target, condition).await?;
        self.require_version(authorized.id()).await?;
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
        let (entry, with_members) = self.written(group).await;
        let document = group::resource(&entry, self.source(), &self.provider.base, with_members);
        let shown = self.projected(ResourceKind::Group, document.clone());
        Ok(Reply::resource(status, &document, shown))
    }

    /// Returns the written group, and whether its members were read. The change is committed, so a failure to read the
    /// members must not turn it into an error: the client would repeat the request.
    async fn written(&self, group: Group) -> (GroupEntry, bool) {
        if self.shows_members()
            && let Ok(entry) = self.service().written_group(self.actor, group.id).await
        {
            return (entry, true);
        }
        (GroupEntry { group, parent_name: None, members: Vec::new() }, false)
    }

    pub(super) async fn delete_group(&self, id: &str) -> Answer {
        let condition = self.preconditions.of_group(self.source());
        let target = parse_id(id).map(GroupId);
        let authorized = self.service().authorize_group_deletion(self.actor, target, condition).await?;
        if let Some(id) = target {
            self.require_version(id).await?;
        }
        let mut call = authorized.delete();
        if let Some(id) = self.request_id {
            call = call.request_id(id);
        }
        call.run().await?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    }
}
