//! The list of groups, and single groups.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Response, header::IF_NONE_MATCH, request::Parts};
use userbook::{
    Actor, GroupId, ListError, UserId, UserStore,
    authz::ListAuthorizer,
    service::{AuthorizedGroupList, GroupRelatives, Listing, RelativesQuery},
    store::{GroupColumn, GroupEntry, GroupFilter, ListStore, ProvisioningStore},
};

use super::{DirectoryApi, list_access_error};
use crate::{
    Authenticator,
    error::{ApiError, PAGE_SIZE},
    etag::Tags,
    lenient::python_int,
    params::{
        INCLUDE_CHILDREN, INCLUDE_PARENTS, INCLUDE_USERS, Page, PageQuery, Params, Related, by_name,
        conditions, ordering,
    },
    read::not_modified,
    render::to_json,
    representation::GroupParts,
    respond,
};

/// The columns that `ordering` accepts.
const COLUMNS: [(&str, Option<GroupColumn>); 8] = [
    ("pk", Some(GroupColumn::Id)),
    ("name", Some(GroupColumn::Name)),
    ("is_superuser", Some(GroupColumn::IsSuperuser)),
    ("parent", Some(GroupColumn::Parent)),
    ("parent__name", None),
    ("attributes", None),
    ("users", None),
    ("roles", None),
];

/// The response always contains the members' ids, as recorded. The port cannot read ids without members.
const MEMBERS: bool = true;

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    pub(super) async fn list_groups(&self, head: &Parts, actor: &Actor) -> Result<Response<Bytes>, ApiError> {
        let authorized = self.service().authorize_group_list(actor).await;
        let authorized = authorized.map_err(|error| list_access_error(actor, error))?;
        let mut params = Params::parse(head.uri.query());
        let filter = read(&mut params, &authorized).await?;
        let order = ordering(&mut params, &COLUMNS, GroupColumn::Name);
        params.check()?;
        let page = PageQuery::read(&params, self.service().policy().limits().page_rows)?;
        let listing = Listing { filter, order, offset: page.offset(), limit: page.limit() };
        let parts = parts(&params);
        let groups = with_parts(authorized, parts).page(listing, MEMBERS).await?;
        let pagination = page.envelope(groups.count)?;
        let relatives = self.relatives(actor, &groups.groups, parts, PAGE_SIZE).await?;
        let representation = &self.users.representation;
        let shown = groups.groups.iter().map(|entry| representation.listed_group(entry, &relatives, parts));
        let page = Page::new(self.release(), pagination, shown.collect());
        Ok(respond::ok(to_json(&page, 0, Some(self.max_bytes()), PAGE_SIZE)?))
    }

    pub(super) async fn show_group(
        &self,
        head: &Parts,
        actor: &Actor,
        id: Option<GroupId>,
    ) -> Result<Response<Bytes>, ApiError> {
        let authorized = self.service().authorize_group_list(actor).await?;
        let ids = [id.ok_or_else(ApiError::not_found)?].into();
        let filter = GroupFilter { ids, ..GroupFilter::default() };
        let parts = parts(&Params::parse(head.uri.query()));
        let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
        let page =
            with_parts(authorized, parts).page(listing, MEMBERS).await.map_err(|error| match error {
                ListError::PageTooLarge { limit } => ApiError::answer_too_large(limit, INCLUDE_USERS),
                error => error.into(),
            })?;
        let entry = page.groups.first().ok_or_else(ApiError::not_found)?;
        let relatives = self.relatives(actor, &page.groups, parts, None).await?;
        let limit = (parts.users || parts.children || parts.parents).then(|| self.max_bytes());
        let group = self.users.representation.listed_group(entry, &relatives, parts);
        let body = to_json(&group, 0, limit, parts.largest())?;
        let (response, tag) = self.tagged_group(entry, body);
        let known = Tags::read(&head.headers, IF_NONE_MATCH);
        match tag.zip(known) {
            Some((tag, known)) if known.match_weakly(&tag) => Ok(not_modified(response)),
            _ => Ok(response),
        }
    }

    /// Returns the parents and children of groups, which only 2026.8 shows. `parameter` is that of
    /// [`Self::find_relatives`].
    pub(super) async fn relatives(
        &self,
        actor: &Actor,
        groups: &[GroupEntry],
        parts: GroupParts,
        parameter: impl Into<Option<&'static str>>,
    ) -> Result<GroupRelatives, ApiError> {
        let parents = groups.iter().filter_map(|entry| entry.group.parent.filter(|_| parts.parents));
        let query = RelativesQuery {
            children_of: groups.iter().map(|entry| entry.group.id).collect(),
            child_attributes: parts.children,
            parents: parents.collect(),
        };
        self.find_relatives(actor, query, parameter.into()).await
    }

    /// Returns relatives of groups. `parameter` makes a response with too many relatives smaller, if `query` reads no
    /// attributes of children.
    pub(super) async fn find_relatives(
        &self,
        actor: &Actor,
        query: RelativesQuery,
        parameter: Option<&'static str>,
    ) -> Result<GroupRelatives, ApiError> {
        if !self.release().is_2026_8() {
            return Ok(GroupRelatives::default());
        }
        let parameter = if query.child_attributes { Some(INCLUDE_CHILDREN) } else { parameter };
        self.service().group_relatives(actor, query).await.map_err(|error| match error {
            ListError::PageTooLarge { limit } => ApiError::answer_too_large(limit, parameter),
            error => error.into(),
        })
    }
}

/// Limits what a page reads to what a response contains.
fn with_parts<S: UserStore + ListStore, A: ListAuthorizer>(
    authorized: AuthorizedGroupList<'_, S, A>,
    parts: GroupParts,
) -> AuthorizedGroupList<'_, S, A> {
    if parts.users { authorized } else { authorized.without_member_attributes() }
}

/// Reads what a response contains besides the groups.
pub(super) fn parts(params: &Params<'_>) -> GroupParts {
    GroupParts {
        users: params.includes(INCLUDE_USERS),
        parents: params.adds(INCLUDE_PARENTS),
        children: params.adds(INCLUDE_CHILDREN),
        inherited_roles: params.adds("include_inherited_roles"),
    }
}

async fn read<S: UserStore + ListStore, A: ListAuthorizer>(
    params: &mut Params<'_>,
    authorized: &AuthorizedGroupList<'_, S, A>,
) -> Result<GroupFilter, ApiError> {
    let mut filter = GroupFilter {
        names: params.text("name").into_iter().collect(),
        is_superuser: params.boolean("is_superuser"),
        members: members(params, authorized).await?,
        search: params.words("search"),
        ..GroupFilter::default()
    };
    let attributes = params.attributes();
    params.check()?;
    filter.attributes = conditions(attributes.as_deref())?;
    Ok(filter)
}

/// Reads the users of the filter: a listed group has one of them as a member.
async fn members<S: UserStore + ListStore, A: ListAuthorizer>(
    params: &mut Params<'_>,
    authorized: &AuthorizedGroupList<'_, S, A>,
) -> Result<Vec<BTreeSet<UserId>>, ApiError> {
    let related = Related::read(params, ["members_by_pk", "members_by_username"], |text| {
        // A number beyond 64 bits is a number, and no user's id.
        let id = python_int(text).or_else(|| is_huge(text).then_some(i64::MIN));
        id.map(UserId).ok_or_else(|| format!("“{text}” is not a valid value."))
    });
    let wanted = related.wanted();
    let (by_id, named) = authorized.users_named(wanted.0, wanted.1).await?;
    let found = by_id.iter().map(|user| user.id).collect();
    let named = by_name(named.into_iter().map(|user| (user.username, user.id)));
    Ok(related.resolve(params, found, &named))
}

fn is_huge(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 18 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
