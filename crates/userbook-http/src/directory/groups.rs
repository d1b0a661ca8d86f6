//! The list of groups, and single groups.

use bytes::Bytes;
use http::{Response, request::Parts};
use userbook::{
    Actor, GroupColumn, GroupFilter, GroupId, ListAuthorizer, ListStore, Listing, UserId, UserStore,
};

use super::{DirectoryApi, json, users::no_value};
use crate::{
    Authenticator,
    params::{Page, PageQuery, Params, ordering},
    refusal::ApiError,
};

/// What `ordering` may name.
const COLUMNS: [(&str, GroupColumn); 3] =
    [("pk", GroupColumn::Id), ("name", GroupColumn::Name), ("is_superuser", GroupColumn::IsSuperuser)];

/// Whether the members are shown and not only their ids.
const INCLUDE_USERS: &str = "include_users";

impl<S: UserStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn list_groups(&self, head: &Parts, actor: &Actor) -> Result<Response<Bytes>, ApiError> {
        let mut params = Params::parse(head.uri.query());
        let (listing, page) = match read(&mut params) {
            Ok(read) => read,
            Err(fault) => {
                self.service().authorize_group_list(actor).await?;
                return Err(fault);
            }
        };
        let include_users = params.includes(INCLUDE_USERS);
        let groups = self.service().list_groups(actor, listing).await?;
        let pagination = page.envelope(groups.count)?;
        let shown =
            groups.groups.iter().map(|entry| self.users.representation.listed_group(entry, include_users));
        json(&Page { pagination, results: shown.collect() })
    }

    pub(super) async fn show_group(
        &self,
        head: &Parts,
        actor: &Actor,
        id: Option<GroupId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let Some(id) = id else {
            self.service().authorize_group_list(actor).await?;
            return Err(ApiError::not_found());
        };
        let entry = self.service().retrieve_group(actor, id).await?;
        let include_users = Params::parse(head.uri.query()).includes(INCLUDE_USERS);
        json(&self.users.representation.listed_group(&entry, include_users))
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
