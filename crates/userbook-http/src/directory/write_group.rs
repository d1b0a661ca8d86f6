//! `POST` on the list of groups, `PUT`, `PATCH` and `DELETE` on a group.

use std::error::Error;

use bytes::Bytes;
use http::{Response, StatusCode, header::ETAG, request::Parts};
use http_body::Body;
use userbook::{
    AccessError, Actor, GroupError, GroupId, GroupUpdated, ListError, UserId,
    authz::ListAuthorizer,
    decision::GroupCondition,
    service::{AuthorizedGroupWrite, GroupRelatives, RelativesQuery},
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
        let members = named_members(&update);
        let id = authorized.id();
        let call = params.apply(authorized.update(update), request_id(&head.headers));
        if dry_run {
            let preview = call.dry_run().run().await.map_err(|error| named_as(release, error))?;
            return dry_run::respond_group(&preview, policy, release);
        }
        let before = self.related_before(actor, id, members, parts).await?;
        let updated = call.run().await.map_err(|error| named_as(release, error))?;
        self.render_written(actor, &updated, before, parts).await
    }

    /// Returns what the response contains besides the written group. `members` are those that the write names; without,
    /// the write keeps the members, which must fit into the response. Children are kept by every write. After the
    /// commit, a limit of the response must not turn the write into an error.
    async fn related_before(
        &self,
        actor: &Actor,
        id: GroupId,
        members: Option<Vec<UserId>>,
        parts: GroupParts,
    ) -> Result<Related, ApiError> {
        let query = RelativesQuery {
            children_of: [id].into(),
            child_attributes: parts.children,
            ..RelativesQuery::default()
        };
        let relatives = self.find_relatives(actor, query, None).await?;
        if let Some(members) = members {
            return Ok(Related { members, relatives });
        }
        let members = match self.service().written_group(actor, id, parts.users).await {
            Ok(entry) => entry.members.iter().map(|member| member.id).collect(),
            Err(ListError::PageTooLarge { limit }) => {
                return Err(ApiError::answer_too_large(limit, parts.users.then_some(INCLUDE_USERS)));
            }
            Err(ListError::Access(AccessError::NotFound)) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        Ok(Related { members, relatives })
    }

    /// Renders a written group. What cannot be read back comes from the write and from `before`, because the write has
    /// succeeded.
    async fn render_written(
        &self,
        actor: &Actor,
        updated: &GroupUpdated,
        before: Related,
        parts: GroupParts,
    ) -> Result<Response<Bytes>, ApiError> {
        let representation = &self.users.representation;
        // Parents that cannot be read are null.
        let fewer = GroupParts { users: false, parents: false, ..parts };
        let entry = match self.service().written_group(actor, updated.group.id, parts.users).await {
            Ok(entry) => entry,
            Err(error) => {
                if !matches!(error, ListError::PageTooLarge { .. }) {
                    tracing::warn!(group = %updated.group.id, error = &error as &dyn Error, "could not read a written group");
                }
                let entry =
                    GroupEntry { group: updated.group.clone(), parent_name: None, members: Vec::new() };
                let group = representation.listed_group(&entry, &before.relatives, fewer);
                return Ok(respond::ok(to_json(&group.with_users(before.members), 0, None, None)?));
            }
        };
        let entry = [entry];
        let (relatives, parts) = match self.relatives(actor, &entry, parts, None).await {
            Ok(relatives) => (relatives, parts),
            Err(error) => {
                tracing::warn!(group = %updated.group.id, ?error, "could not read the relatives of a written group");
                (before.relatives, GroupParts { parents: false, ..parts })
            }
        };
        let [entry] = entry;
        let group = representation.listed_group(&entry, &relatives, parts);
        let body = to_json(&group, 0, None, None)?;
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

/// The members and relatives of a written group, as far as they are known before the write.
#[derive(Debug)]
struct Related {
    members: Vec<UserId>,
    relatives: GroupRelatives,
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
