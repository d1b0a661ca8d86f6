//! The list of users.

use bytes::Bytes;
use http::{Response, request::Parts};
use userbook::{
    Actor, GroupId, ListAuthorizer, ListStore, Listing, UserColumn, UserFilter, UserStore, UserType,
};
use uuid::Uuid;

use super::{DirectoryApi, json};
use crate::{
    Authenticator,
    params::{Page, PageQuery, Params, ordering},
    refusal::ApiError,
};

/// What `ordering` may name.
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
        let mut params = Params::parse(head.uri.query());
        // Who may see nobody learns nothing from what is wrong with the request.
        let (listing, page) = match read(&mut params) {
            Ok(read) => read,
            Err(fault) => {
                self.service().authorize_user_list(actor).await?;
                return Err(fault);
            }
        };
        let include_groups = params.includes("include_groups");
        let users = self.service().list_users(actor, listing).await?;
        let pagination = page.envelope(users.count)?;
        let views: Vec<_> = users.views().collect();
        let shown = views.iter().map(|view| self.users.representation.user(view, include_groups));
        json(&Page { pagination, results: shown.collect() })
    }
}

fn read(params: &mut Params<'_>) -> Result<(Listing<UserFilter, UserColumn>, PageQuery), ApiError> {
    let filter = UserFilter {
        username: params.text("username"),
        email: params.text("email"),
        name: params.text("name"),
        uuid: params.uuid("uuid"),
        is_active: params.boolean("is_active"),
        is_superuser: params.boolean("is_superuser"),
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
