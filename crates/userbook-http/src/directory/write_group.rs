//! `POST` on the list of groups, `PUT`, `PATCH` and `DELETE` on a group.

use std::error::Error;

use bytes::Bytes;
use http::{Response, StatusCode, header::ETAG, request::Parts};
use http_body::Body;
use userbook::{
    AccessError, Actor, GroupError, GroupId, GroupUpdated, ListError, UserId,
    authz::ListAuthorizer,
    decision::GroupCondition,
    service::{AuthorizedGroupWrite, GroupRelatives},
    store::{GroupEntry, ListStore, ProvisioningStore},
    update::{GroupUpdate, Mode, Op, UsersOp},
    violation::GroupField,
};

use super::{DirectoryApi, group_tag, groups::parts, list_access_error};
use crate::{
    Authenticator, Extension, Release, body, dry_run,
    error::ApiError,
    etag::EntityTag,
    lenient::{PARENTS, group_field, group_ops},
    params::{INCLUDE_USERS, Params, WriteParams},
    render::to_json,
    representation::GroupParts,
    request_id::request_id,
    respond,
};

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn create_group<B>(
        &self,
        head: &Parts,
        body: B,
        actor: &Actor,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let authorized = self.service().authorize_group_insertion(actor).await;
        let authorized = authorized.map_err(|error| match error {
            GroupError::Access(error) => list_access_error(actor, error),
            error => error.into(),
        })?;
        let mut response = self.write_group(head, body, actor, authorized, Mode::Replace).await?;
        if !WriteParams::parse(head.uri.query()).dry_run(self.users.extensions)? {
            *response.status_mut() = StatusCode::CREATED;
        }
        Ok(response)
    }

    pub(super) async fn update_group<B>(
        &self,
        head: &Parts,
        body: B,
        actor: &Actor,
        id: Option<GroupId>,
        mode: Mode,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let condition = self.group_condition(head);
        let authorized = self.service().authorize_group_update(actor, id, condition).await?;
        self.write_group(head, body, actor, authorized, mode).await
    }

    /// Deletes a group under the preconditions of the head. The body has no meaning and is not read.
    pub(super) async fn delete_group(
        &self,
        head: &Parts,
        actor: &Actor,
        id: Option<GroupId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let condition = self.group_condition(head);
        let authorized = self.service().authorize_group_deletion(actor, id, condition).await?;
        let params = WriteParams::parse(head.uri.query());
        let dry_run = params.dry_run(self.users.extensions)?;
        let call = params.apply(authorized.delete(), request_id(&head.headers));
        if dry_run {
            return dry_run::respond_group(
                &call.dry_run().run().await?,
                self.service().policy(),
                self.release(),
            );
        }
        call.run().await?;
        Ok(respond::no_content())
    }

    fn group_condition(&self, head: &Parts) -> Option<GroupCondition> {
        let has_tags = self.users.extensions.contains(Extension::EntityTags);
        has_tags.then(|| group_tag::condition(&head.headers)).flatten()
    }

    /// Reads the body of an authorized write, runs, and renders.
    async fn write_group<B>(
        &self,
        head: &Parts,
        body: B,
        actor: &Actor,
        authorized: AuthorizedGroupWrite<'_, S, A>,
        mode: Mode,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let params = WriteParams::parse(head.uri.query());
        let parts = parts(&Params::parse(head.uri.query()));
        let policy = self.service().policy();
        let dry_run = params.dry_run(self.users.extensions)?;
        let body = body::collect(&head.headers, body, self.users.body_limit).await?;
        let release = self.release();
        let is_known = |key: &str| group_field(key, release).is_some();
        let object = body::read_object(&head.headers, &body, policy.limits(), is_known)?;
        let update = group_ops(object, mode, release);
        let members = match named_members(&update) {
            Some(named) => named,
            None if dry_run => Vec::new(),
            None => self.presentable_members(actor, authorized.id(), parts).await?,
        };
        let call = params.apply(authorized.update(update), request_id(&head.headers));
        if dry_run {
            let preview = call.dry_run().run().await.map_err(|error| named_as(release, error))?;
            return dry_run::respond_group(&preview, policy, release);
        }
        let updated = call.run().await.map_err(|error| named_as(release, error))?;
        self.render_written(actor, &updated, members, parts).await
    }

    /// Returns the members, which the write does not replace. They must fit into the response: after the commit, a limit
    /// of the response must not turn the write into an error.
    async fn presentable_members(
        &self,
        actor: &Actor,
        id: GroupId,
        parts: GroupParts,
    ) -> Result<Vec<UserId>, ApiError> {
        match self.service().written_group(actor, id).await {
            Ok(entry) => {
                let members = entry.members.iter().map(|member| member.id).collect();
                self.relatives(actor, &[entry], parts).await?;
                Ok(members)
            }
            Err(ListError::PageTooLarge { limit }) => Err(ApiError::answer_too_large(limit, INCLUDE_USERS)),
            Err(ListError::Access(AccessError::NotFound)) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Renders a written group. If the group cannot be read back, the response contains the values of the write and the
    /// known `members`, because the write has succeeded.
    async fn render_written(
        &self,
        actor: &Actor,
        updated: &GroupUpdated,
        members: Vec<UserId>,
        parts: GroupParts,
    ) -> Result<Response<Bytes>, ApiError> {
        let representation = &self.users.representation;
        let entry = match self.service().written_group(actor, updated.group.id).await {
            Ok(entry) => entry,
            Err(error) => {
                if !matches!(error, ListError::PageTooLarge { .. }) {
                    tracing::warn!(group = %updated.group.id, error = &error as &dyn Error, "could not read a written group");
                }
                let entry =
                    GroupEntry { group: updated.group.clone(), parent_name: None, members: Vec::new() };
                let relatives = GroupRelatives::default();
                let group =
                    representation.listed_group(&entry, &relatives, GroupParts::NONE).with_users(members);
                return Ok(respond::ok(to_json(&group, 0, None, INCLUDE_USERS)?));
            }
        };
        let entry = [entry];
        // The change is committed: relatives that cannot be read are left out.
        let relatives = self.relatives(actor, &entry, parts).await.unwrap_or_else(|error| {
            tracing::warn!(group = %updated.group.id, ?error, "could not read the relatives of a written group");
            GroupRelatives::default()
        });
        let [entry] = entry;
        let group = representation.listed_group(&entry, &relatives, parts);
        let body = to_json(&group, 0, None, INCLUDE_USERS)?;
        Ok(self.tagged_group(&entry, body).0)
    }

    /// Returns a group as a response, with an entity tag if the API has [`Extension::EntityTags`].
    pub(super) fn tagged_group(
        &self,
        entry: &GroupEntry,
        body: Bytes,
    ) -> (Response<Bytes>, Option<EntityTag>) {
        let has_tags = self.users.extensions.contains(Extension::EntityTags);
        let tag = has_tags.then(|| group_tag::tag(entry, &body));
        let mut response = respond::ok(body);
        if let Some(header) = tag.as_ref().and_then(EntityTag::to_header) {
            response.headers_mut().insert(ETAG, header);
        }
        (response, tag)
    }
}

/// Returns the error with the names of the release: 2026.8 has a list of parents.
fn named_as(release: Release, error: GroupError) -> ApiError {
    let error = ApiError::from(error);
    if release.is_2026_8() { error.with_field_renamed(GroupField::Parent.as_str(), PARENTS) } else { error }
}

/// Returns the members that the group has after the write, if the request says so.
fn named_members(update: &GroupUpdate) -> Option<Vec<UserId>> {
    match &update.users {
        Op::Set(UsersOp::Replace(users)) => Some(users.elements().iter().map(|user| user.id).collect()),
        Op::Keep if update.mode == Mode::Replace => Some(Vec::new()),
        _ => None,
    }
}
