//! The list of groups, and single groups.

use bytes::Bytes;
use http::{Response, header::IF_NONE_MATCH, request::Parts};
use userbook::{
    Actor, GroupId, ListError, UserId,
    authz::ListAuthorizer,
    service::Listing,
    store::{GroupColumn, GroupFilter, ListStore, ProvisioningStore},
};

use super::{DirectoryApi, list_access_error, users::no_value};
use crate::{
    Authenticator,
    error::{ApiError, PAGE_SIZE},
    etag::Tags,
    params::{INCLUDE_USERS, Page, PageQuery, Params, ordering},
    read::not_modified,
    render::to_json,
    respond,
};

/// The columns that `ordering` accepts.
const COLUMNS: [(&str, GroupColumn); 3] =
    [("pk", GroupColumn::Id), ("name", GroupColumn::Name), ("is_superuser", GroupColumn::IsSuperuser)];

/// The response always contains the members' ids, as recorded. The port cannot read ids without members.
const MEMBERS: bool = true;

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn list_groups(&self, head: &Parts, actor: &Actor) -> Result<Response<Bytes>, ApiError> {
        let authorized = self.service().authorize_group_list(actor).await;
        let authorized = authorized.map_err(|error| list_access_error(actor, error))?;
        let mut params = Params::parse(head.uri.query());
        let (listing, page) = read(&mut params)?;
        let include_users = params.includes(INCLUDE_USERS);
        let groups = authorized.page(listing, MEMBERS).await?;
        let pagination = page.envelope(groups.count)?;
        let shown =
            groups.groups.iter().map(|entry| self.users.representation.listed_group(entry, include_users));
        let page = Page { pagination, results: shown.collect() };
        Ok(respond::ok(to_json(&page, 0, Some(self.max_bytes()), PAGE_SIZE)?))
    }

    pub(super) async fn show_group(
        &self,
        head: &Parts,
        actor: &Actor,
        id: Option<GroupId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let authorized = self.service().authorize_group_list(actor).await?;
        let filter = GroupFilter { id: Some(id.ok_or_else(ApiError::not_found)?), ..GroupFilter::default() };
        let include_users = Params::parse(head.uri.query()).includes(INCLUDE_USERS);
        let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
        let page = authorized.page(listing, MEMBERS).await.map_err(|error| match error {
            ListError::PageTooLarge { limit } => ApiError::answer_too_large(limit, INCLUDE_USERS),
            error => error.into(),
        })?;
        let entry = page.groups.first().ok_or_else(ApiError::not_found)?;
        let limit = include_users.then(|| self.max_bytes());
        let group = self.users.representation.listed_group(entry, include_users);
        let body = to_json(&group, 0, limit, INCLUDE_USERS)?;
        let (response, tag) = self.tagged_group(entry, body);
        let known = Tags::read(&head.headers, IF_NONE_MATCH);
        match tag.zip(known) {
            Some((tag, known)) if known.match_weakly(&tag) => Ok(not_modified(response)),
            _ => Ok(response),
        }
    }
}

fn read(params: &mut Params<'_>) -> Result<(Listing<GroupFilter, GroupColumn>, PageQuery), ApiError> {
    let filter = GroupFilter {
        id: None,
        name: params.text("name"),
        is_superuser: params.boolean("is_superuser"),
        members: params.any("members_by_pk", |text| text.trim().parse().ok().map(UserId), no_value),
        member_names: params.any("members_by_username", |text| Some(text.to_owned()), no_value),
        attributes: params.object("attributes"),
        search: params.words("search"),
    };
    params.check()?;
    let page = PageQuery::read(params)?;
    let order = ordering(params, &COLUMNS, GroupColumn::Name);
    Ok((Listing { filter, order, offset: page.offset(), limit: page.limit() }, page))
}
