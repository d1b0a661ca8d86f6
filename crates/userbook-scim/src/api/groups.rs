//! GET, POST, PUT, PATCH and DELETE of a group.

use std::{error::Error, sync::Arc};

use http::StatusCode;
use http_body::Body;
use serde_json::Value;
use userbook::{
    Group, GroupError, GroupId, ListError, User,
    authz::ListAuthorizer,
    service::{AuthorizedGroupWrite, Listing},
    store::{ExternalIdFilter, GroupEntry, GroupFilter, ListStore, ProvisioningStore},
    update::{GroupUpdate, Mode, Op},
};
use userbook_http::Failure;

use super::{Answer, Exchange, group_members::ResolvedMembers, parse_id, payload::Payload, reply::Reply};
use crate::{
    error::ScimError,
    etag::Pinned,
    members::member,
    patch::{self, GroupPatch, MembersChange},
    resource::{Resource, ResourceKind, canonical_resource, group},
};

/// The only attribute whose size is not limited by the group itself.
pub(super) const MEMBERS: &str = "members";

/// Attempts of a write whose users or group change meanwhile.
const ATTEMPTS: u32 = 5;

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    pub(super) async fn show_group(&self, id: &str) -> Answer {
        let with_members = self.shows_members();
        let id = parse_id(id).map(GroupId).ok_or_else(ScimError::not_found)?;
        let entry = self.managed_entry(id, with_members).await?;
        self.conditional(ResourceKind::Group, self.group_resource(&entry, with_members))
    }

    fn group_resource<'r>(&self, entry: &'r GroupEntry, with_members: bool) -> Resource<'r> {
        group::resource(entry, self.source(), &self.provider.base, with_members)
    }

    /// Returns a group that the connection manages. The filter limits the store to these groups, so no foreign group is
    /// loaded.
    async fn managed_entry(&self, id: GroupId, with_members: bool) -> Result<GroupEntry, ScimError> {
        let external_id = Some(ExternalIdFilter { source: self.source().clone(), identifier: None });
        let filter = GroupFilter { ids: [id].into(), external_id, ..GroupFilter::default() };
        let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
        let authorized = self.service().authorize_group_list(self.actor).await?;
        let page = authorized.without_member_attributes().page(listing, with_members).await?;
        page.groups.into_iter().next().ok_or_else(ScimError::not_found)
    }

    /// Requires that the version with the members is one that the client names, and pins the members. The state of the
    /// group is compared again in each attempt, and so are the members where the write depends on all of them.
    async fn require_version(&self, id: GroupId, pinned: &Pinned) -> Result<(), ScimError> {
        if !self.preconditions.names_members() {
            return Ok(());
        }
        let entry = self.managed_entry(id, true).await?;
        if self.preconditions.allows(&self.group_resource(&entry, true).version) {
            let is_managed = |user: &&User| user.external_ids.is_managed_by(self.source());
            let managed = entry.members.iter().filter(is_managed).map(|user| user.uuid).collect();
            pinned.pin_members(entry.members.iter().map(|user| user.id).collect(), managed);
            return Ok(());
        }
        Err(ScimError::another_version())
    }

    fn shows_members(&self) -> bool {
        self.params.projection(self.schema(ResourceKind::Group)).contains(MEMBERS)
    }

    pub(super) async fn create_group<B>(&self, payload: Payload<'_, B>) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let mut authorized = self.service().authorize_group_insertion(self.actor).await?;
        let body = payload.read(&self.provider.limits).await?;
        let changes = self.replacement_of_group(body)?;
        let id = changes.external_id.value().cloned();
        for _ in 0..ATTEMPTS {
            let update = self.group_update(Mode::Replace, &changes).await?;
            let update = update.set_external_id(self.source().clone(), id.as_deref());
            match self.write_group(authorized, update).await {
                Err(GroupError::Contended { .. }) => {}
                result => return self.group_reply(StatusCode::CREATED, result?).await,
            }
            authorized = self.service().authorize_group_insertion(self.actor).await?;
        }
        Err(GroupError::Contended { attempts: ATTEMPTS }.into())
    }

    /// PUT and PATCH. The members are chosen by the state of the users, and those of a PUT also by the state of the
    /// group, so the write is repeated if one of the states changes before the commit.
    pub(super) async fn change_group<B>(&self, id: &str, payload: Payload<'_, B>, is_patch: bool) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let target = parse_id(id).map(GroupId);
        let (mut authorized, mut pinned) = self.authorize_group_change(target).await?;
        let body = payload.read(&self.provider.limits).await?;
        let changes = if is_patch {
            let schema = self.schema(ResourceKind::Group);
            let patch = patch::read(body, schema, self.connection.strictness, &self.provider.limits)?;
            patch::group_patch(&patch)?
        } else {
            self.replacement_of_group(body)?
        };
        for _ in 0..ATTEMPTS {
            let mut delta = changes.clone();
            if delta.members.replaces {
                let entry = self.managed_entry(authorized.id(), false).await?;
                pinned.pin_state(group::state(&entry.group, self.source()));
                self.make_delta(authorized.id(), &mut delta.members, &pinned).await?;
            }
            let mut update = self.group_update(Mode::Patch, &delta).await?;
            // The update has the revisions of the members already, so a later change of them repeats the attempt.
            self.require_selected(authorized.id(), &delta.selected).await?;
            if !delta.external_id.is_keep() {
                let id = delta.external_id.value().map(String::as_str);
                update = update.set_external_id(self.source().clone(), id);
            }
            match self.write_group(authorized, update).await {
                Err(GroupError::Contended { .. }) => {}
                Err(GroupError::Condition) if pinned.has_state() => {}
                result => return self.group_reply(StatusCode::OK, result?).await,
            }
            (authorized, pinned) = self.authorize_group_change(target).await?;
        }
        Err(GroupError::Contended { attempts: ATTEMPTS }.into())
    }

    /// Authorizes a change under the preconditions. The change also requires the state that the caller pins.
    async fn authorize_group_change(
        &self,
        target: Option<GroupId>,
    ) -> Result<(AuthorizedGroupWrite<'_, S, A>, Arc<Pinned>), ScimError> {
        let pinned = Arc::<Pinned>::default();
        let condition = self.preconditions.of_group(self.source(), &pinned);
        let authorized = self.service().authorize_group_update(self.actor, target, Some(condition)).await?;
        self.require_version(authorized.id(), &pinned).await?;
        Ok((authorized, pinned))
    }

    /// Reads the body of a POST or PUT. Members that the body does not name at all stay.
    fn replacement_of_group(&self, body: Value) -> Result<GroupPatch, ScimError> {
        let named = body.as_object().and_then(|body| member(body, MEMBERS));
        named.map_or(Ok(()), patch::require_ids)?;
        let names_members = named.is_some();
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
        let external_id = external_id.map_or(Op::Null, Op::Set);
        Ok(GroupPatch { display_name, external_id, members, selected: Vec::new() })
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
        let ResolvedMembers { join, leave } = self.resolve_members(&changes.members).await?;
        update.member_revisions.extend(join.iter().chain(&leave).copied());
        let update = join.into_iter().fold(update, |update, (user, _)| update.add_user(user));
        Ok(leave.into_iter().fold(update, |update, (user, _)| update.remove_user(user)))
    }

    async fn write_group(
        &self,
        authorized: AuthorizedGroupWrite<'_, S, A>,
        update: GroupUpdate,
    ) -> Result<Group, GroupError> {
        let mut call = authorized.update(update);
        if let Some(id) = self.request_id {
            call = call.request_id(id);
        }
        Ok(call.run().await?.group)
    }

    async fn group_reply(&self, status: StatusCode, group: Group) -> Answer {
        let (entry, with_members, failure) = self.written(group).await;
        let resource = self.group_resource(&entry, with_members);
        Ok(Reply { failure, ..self.resource(ResourceKind::Group, status, resource) })
    }

    /// Returns the written group, and whether its members were read. The change is committed, so a failure to read the
    /// members must not turn the change into an error: the client would repeat the request.
    async fn written(&self, group: Group) -> (GroupEntry, bool, Option<Failure>) {
        let mut failure = None;
        if self.shows_members() {
            match self.service().written_group(self.actor, group.id, false).await {
                Ok(entry) => return (entry, true, None),
                Err(ListError::PageTooLarge { .. }) => {}
                Err(error) => failure = Some(Failure::new(error)),
            }
        }
        (GroupEntry { group, parent_name: None, members: Vec::new() }, false, failure)
    }

    pub(super) async fn delete_group(&self, id: &str) -> Answer {
        let pinned = Arc::<Pinned>::default();
        let condition = self.preconditions.of_group(self.source(), &pinned);
        let target = parse_id(id).map(GroupId);
        let authorized = self.service().authorize_group_deletion(self.actor, target, Some(condition)).await?;
        if let Some(id) = target {
            self.require_version(id, &pinned).await?;
        }
        let mut call = authorized.delete();
        if let Some(id) = self.request_id {
            call = call.request_id(id);
        }
        call.run().await?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    }
}
