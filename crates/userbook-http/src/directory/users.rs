//! The list of users, and the list of their paths.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{Response, request::Parts};
use serde::Serialize;
use userbook::{
    Actor, GroupId, ListError, UserStore, UserType,
    authz::ListAuthorizer,
    service::{AuthorizedUserList, Listing},
    store::{ListStore, SuperuserFilter, TimeColumn, TimeTest, UserColumn, UserFilter},
};

use super::{DirectoryApi, list_access_error};
use crate::{
    Authenticator, Release,
    error::{ApiError, PAGE_SIZE},
    lenient::python_uuid,
    params::{
        INCLUDE_GROUPS, INCLUDE_ROLES, Page, PageQuery, Params, Related, TimeParam, by_name, conditions,
        no_choice, ordering, times,
    },
    render::to_json,
    respond,
};

/// The columns that `ordering` accepts.
const COLUMNS: [(&str, Option<UserColumn>); 13] = [
    ("pk", Some(UserColumn::Id)),
    ("username", Some(UserColumn::Username)),
    ("name", Some(UserColumn::Name)),
    ("is_active", Some(UserColumn::IsActive)),
    ("last_login", Some(UserColumn::LastLogin)),
    ("email", Some(UserColumn::Email)),
    ("path", Some(UserColumn::Path)),
    ("type", Some(UserColumn::Type)),
    ("uuid", Some(UserColumn::Uuid)),
    ("password_change_date", Some(UserColumn::PasswordChangeDate)),
    ("attributes", None),
    ("ak_groups", None),
    ("is_superuser", None),
];

/// The columns that 2026.8 adds.
const DATE_COLUMNS: [(&str, Option<UserColumn>); 2] =
    [("date_joined", Some(UserColumn::CreatedAt)), ("last_updated", Some(UserColumn::UpdatedAt))];

/// The filters by time of 2026.8.
const TIMES: [TimeParam; 9] = [
    ("date_joined", TimeColumn::CreatedAt, TimeTest::At),
    ("date_joined__gt", TimeColumn::CreatedAt, TimeTest::After),
    ("date_joined__lt", TimeColumn::CreatedAt, TimeTest::Before),
    ("last_login", TimeColumn::LastLogin, TimeTest::At),
    ("last_login__gt", TimeColumn::LastLogin, TimeTest::After),
    ("last_login__lt", TimeColumn::LastLogin, TimeTest::Before),
    ("last_updated", TimeColumn::UpdatedAt, TimeTest::At),
    ("last_updated__gt", TimeColumn::UpdatedAt, TimeTest::After),
    ("last_updated__lt", TimeColumn::UpdatedAt, TimeTest::Before),
];

/// The different paths of users.
#[derive(Debug, Serialize)]
struct Paths {
    paths: BTreeSet<String>,
}

impl<S: UserStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn list_users(&self, head: &Parts, actor: &Actor) -> Result<Response<Bytes>, ApiError> {
        let authorized = self.service().authorize_user_list(actor).await;
        let authorized = authorized.map_err(|error| list_access_error(actor, error))?;
        let mut params = Params::parse(head.uri.query());
        let filter = read(&mut params, &authorized, self.release()).await?;
        let mut columns = COLUMNS.to_vec();
        if self.release().is_2026_8() {
            columns.extend(DATE_COLUMNS);
        }
        let order = ordering(&mut params, &columns, UserColumn::Username);
        params.check()?;
        let page = PageQuery::read(&params, self.service().policy().limits().page_rows)?;
        let (with_groups, with_roles) = (params.includes(INCLUDE_GROUPS), params.includes(INCLUDE_ROLES));
        let listing = Listing { filter, order, offset: page.offset(), limit: page.limit() };
        let users = authorized.page(listing).await?;
        let pagination = page.envelope(users.count)?;
        let representation = &self.users.representation;
        let shown = users.users.iter().map(|view| representation.listed_user(view, with_groups, with_roles));
        let page = Page::new(self.release(), pagination, shown.collect());
        Ok(respond::ok(to_json(&page, 0, Some(self.max_bytes()), PAGE_SIZE)?))
    }

    /// As in the recorded release, filters and `search` count, order and page do not.
    pub(super) async fn list_paths(&self, head: &Parts, actor: &Actor) -> Result<Response<Bytes>, ApiError> {
        let authorized = self.service().authorize_user_list(actor).await;
        let authorized = authorized.map_err(|error| list_access_error(actor, error))?;
        let filter = read(&mut Params::parse(head.uri.query()), &authorized, self.release()).await?;
        let paths = authorized.paths(filter).await.map_err(|error| match error {
            ListError::PageTooLarge { limit } => ApiError::answer_too_large(limit, "path_startswith"),
            error => error.into(),
        })?;
        super::json(&Paths { paths })
    }
}

async fn read<S: UserStore + ListStore, A: ListAuthorizer>(
    params: &mut Params<'_>,
    authorized: &AuthorizedUserList<'_, S, A>,
    release: Release,
) -> Result<UserFilter, ApiError> {
    // The policy decides whether ancestors count.
    let superuser = |is_superuser| SuperuserFilter { is_superuser, inherited: false };
    let types = params.any("type", |text| text.parse::<UserType>().map_err(|_| no_choice(text)));
    let mut filter = UserFilter {
        usernames: params.text("username").into_iter().collect(),
        email: params.text("email"),
        name: params.text("name"),
        uuids: params.uuid("uuid").into_iter().collect(),
        is_active: params.boolean("is_active"),
        is_superuser: params.boolean("is_superuser").map(superuser),
        path: params.text("path"),
        path_prefix: params.text("path_startswith"),
        types: types.into_values().collect(),
        groups: groups(params, authorized).await?,
        search: params.words("search"),
        ..UserFilter::default()
    };
    if release.is_2026_8() {
        filter.times = times(params, &TIMES);
        no_roles(params);
    }
    let attributes = params.attributes();
    params.check()?;
    filter.attributes = conditions(attributes.as_deref())?;
    Ok(filter)
}

/// Reads the roles of the filter. No role exists, so each one is an invalid choice.
fn no_roles(params: &mut Params<'_>) {
    let roles = Related::read(params, ["roles_by_pk", "roles_by_name"], |text| {
        python_uuid(text).ok_or_else(|| format!("“{text}” is not a valid UUID."))
    });
    roles.resolve(params, BTreeSet::new(), &BTreeMap::new());
}

/// Reads the groups of the filter: a listed user is a member of one of them.
async fn groups<S: UserStore + ListStore, A: ListAuthorizer>(
    params: &mut Params<'_>,
    authorized: &AuthorizedUserList<'_, S, A>,
) -> Result<Vec<BTreeSet<GroupId>>, ApiError> {
    let related = Related::read(params, ["groups_by_pk", "groups_by_name"], |text| {
        python_uuid(text).map(GroupId).ok_or_else(|| format!("“{text}” is not a valid UUID."))
    });
    let wanted = related.wanted();
    let (by_id, named) = authorized.groups_named(wanted.0, wanted.1).await?;
    let found = by_id.iter().map(|group| group.id).collect();
    let named = by_name(named.into_iter().map(|group| (group.name, group.id)));
    Ok(related.resolve(params, found, &named))
}
