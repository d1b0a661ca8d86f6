//! The list of users.

use bytes::Bytes;
use http::{Response, request::Parts};
use userbook::{
    Actor, GroupId, UserStore, UserType,
    authz::ListAuthorizer,
    service::Listing,
    store::{ListStore, SuperuserFilter, UserColumn, UserFilter},
};
use uuid::Uuid;

use super::{DirectoryApi, list_access_error};
use crate::{
    Authenticator,
    error::{ApiError, PAGE_SIZE},
    params::{INCLUDE_GROUPS, Page, PageQuery, Params, ordering},
    render::to_json,
    respond,
};

/// The columns that `ordering` accepts.
const COLUMNS: [(&str, UserColumn); 10] = [
    ("pk", UserColumn::Id),
    ("username", UserColumn::Username),
    ("name", UserColumn::Name),
    ("is_active", UserColumn::IsActive),
    ("last_login", UserColumn::LastLogin),
    ("email", UserColumn::Email),
    ("path", UserColumn::Path),
    ("type", UserColumn::Type),
    ("uuid", UserColumn::Uuid),
    ("password_change_date", UserColumn::PasswordChangeDate),
];

impl<S: UserStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn list_users(&self, head: &Parts, actor: &Actor) -> Result<Response<Bytes>, ApiError> {
        let authorized = self.service().authorize_user_list(actor).await;
        let authorized = authorized.map_err(|error| list_access_error(actor, error))?;
        let mut params = Params::parse(head.uri.query());
        let (listing, page) = read(&mut params)?;
        let include_groups = params.includes(INCLUDE_GROUPS);
        let users = authorized.page(listing).await?;
        let pagination = page.envelope(users.count)?;
        let shown = users.users.iter().map(|view| self.users.representation.user(view, include_groups));
        let page = Page { pagination, results: shown.collect() };
        Ok(respond::ok(to_json(&page, 0, Some(self.max_bytes()), PAGE_SIZE)?))
    }
}

fn read(params: &mut Params<'_>) -> Result<(Listing<UserFilter, UserColumn>, PageQuery), ApiError> {
    // The policy decides whether ancestors count.
    let superuser = |is_superuser| SuperuserFilter { is_superuser, inherited: false };
    let filter = UserFilter {
        username: params.text("username"),
        email: params.text("email"),
        name: params.text("name"),
        uuid: params.uuid("uuid"),
        is_active: params.boolean("is_active"),
        is_superuser: params.boolean("is_superuser").map(superuser),
        path: params.text("path"),
        path_prefix: params.text("path_startswith"),
        types: params.any("type", |text| text.parse::<UserType>().ok(), no_choice),
        groups: params.any("groups_by_pk", |text| Uuid::try_parse(text).ok().map(GroupId), no_value),
        group_names: params.any("groups_by_name", |text| Some(text.to_owned()), no_value),
        attributes: params.object("attributes"),
        search: params.words("search"),
    };
    params.check()?;
    let page = PageQuery::read(params)?;
    let order = ordering(params, &COLUMNS, UserColumn::Username);
    Ok((Listing { filter, order, offset: page.offset(), limit: page.limit() }, page))
}

fn no_choice(value: &str) -> String {
    format!("Select a valid choice. {value} is not one of the available choices.")
}

pub(super) fn no_value(value: &str) -> String {
    format!("“{value}” is not a valid value.")
}
