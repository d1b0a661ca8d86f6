//! Lists users: collects rows under the lock, and filters, sorts and copies them outside of it.

use std::{cmp::Ordering, collections::BTreeSet, sync::Arc};

use userbook::{
    GroupId, User, UserId,
    field::fold,
    model::{ANONYMOUS_USERNAME, GroupGraph},
    store::{
        ContentFilter, FurtherAddresses, Order, PathListQuery, PathPage, ROW_BYTES, RowContent, Scope,
        UserColumn, UserFilter, UserListQuery, UserPage,
    },
};

use crate::{
    groups::Groups,
    listing::{any_of, by},
    scan::{Window, for_each, select},
    size::Budget,
    state::State,
};

/// Above this number of candidates, all groups are collected instead of each candidate's groups.
const FEW: usize = 1024;

/// Rows of one moment that include the page.
#[derive(Debug)]
pub(crate) struct FoundUsers {
    rows: Vec<Arc<User>>,
    /// Whether the rows are in the order of the query.
    sorted: bool,
    /// The total number of rows, if `rows` is only the page.
    count: Option<u64>,
    /// Groups with ancestors: at least the groups of the rows.
    groups: GroupGraph,
    /// The groups whose direct members are superusers for the filter.
    granting: BTreeSet<GroupId>,
}

impl State {
    pub(crate) fn find_users(&self, query: &UserListQuery) -> FoundUsers {
        let is_whole = query.scope == Scope::Everything && query.filter == UserFilter::default();
        if is_whole && is_by_name(&query.order) {
            let anonymous = u64::from(self.usernames.contains_key(ANONYMOUS_USERNAME));
            let rows: Vec<_> = window(query).cut(self.by_name(&query.order)).cloned().collect();
            return FoundUsers {
                groups: self.groups.closure(rows.iter().flat_map(|user| &user.groups)),
                rows,
                sorted: true,
                count: Some(self.users.len() as u64 - anonymous),
                granting: BTreeSet::new(),
            };
        }
        let (rows, sorted) = self.candidates(&query.filter, &query.scope, &query.order);
        FoundUsers {
            groups: if rows.len() <= FEW {
                self.groups.closure(rows.iter().flat_map(|user| &user.groups))
            } else {
                self.groups.all()
            },
            rows,
            sorted,
            count: None,
            granting: self.granting(&query.filter),
        }
    }

    /// Returns the rows whose paths are listed.
    pub(crate) fn find_paths(&self, query: &PathListQuery) -> FoundUsers {
        FoundUsers {
            rows: self.candidates(&query.filter, &query.scope, &[]).0,
            sorted: true,
            count: None,
            groups: GroupGraph::default(),
            granting: self.granting(&query.filter),
        }
    }

    /// Returns the groups whose direct members are superusers for the filter.
    fn granting(&self, filter: &UserFilter) -> BTreeSet<GroupId> {
        match filter.is_superuser {
            None => BTreeSet::new(),
            Some(filter) if filter.inherited => self.groups.granting(),
            Some(_) => self.groups.superusers.clone(),
        }
    }

    /// Returns all listable users by name in the direction of the query.
    fn by_name<'a>(&'a self, order: &[Order<UserColumn>]) -> Box<dyn Iterator<Item = &'a Arc<User>> + 'a> {
        let ids: Box<dyn Iterator<Item = &UserId>> = match order.first() {
            Some(order) if order.descending => Box::new(self.usernames.values().rev()),
            _ => Box::new(self.usernames.values()),
        };
        Box::new(ids.filter_map(|id| self.listed(*id)))
    }

    /// Returns a user if it is listable.
    pub(crate) fn listed(&self, id: UserId) -> Option<&Arc<User>> {
        self.users.get(&id).filter(|user| is_listed(user))
    }

    /// Returns all possibly matching users from the narrowest index, and whether they are sorted.
    fn candidates(
        &self,
        filter: &UserFilter,
        scope: &Scope<UserId>,
        order: &[Order<UserColumn>],
    ) -> (Vec<Arc<User>>, bool) {
        let ids: Vec<UserId> = match (filter, scope) {
            (UserFilter { ids, .. }, _) if !ids.is_empty() => ids.iter().copied().collect(),
            (UserFilter { usernames, .. }, _) if !usernames.is_empty() => {
                usernames.iter().filter_map(|name| self.usernames.get(name)).copied().collect()
            }
            (UserFilter { folded_name: Some(name), .. }, _) => {
                self.claims.holders(name).into_iter().collect()
            }
            (UserFilter { further_address: Some(address), .. }, _) => {
                self.further_addresses.find(address).into_iter().collect()
            }
            (UserFilter { uuids, .. }, _) if !uuids.is_empty() => {
                uuids.iter().filter_map(|uuid| self.uuids.get(uuid)).copied().collect()
            }
            (UserFilter { external_id: Some(filter), .. }, _) => {
                self.external_ids.find(filter).into_iter().collect()
            }
            (_, Scope::Only(some)) if some.is_by_id() => some.ids.iter().copied().collect(),
            (UserFilter { groups, .. }, _) if !groups.is_empty() => {
                groups.first().map(|groups| members(&self.groups, groups)).unwrap_or_default()
            }
            (_, Scope::Only(some)) if some.paths.is_empty() => {
                let members = members(&self.groups, &some.groups);
                some.ids.iter().copied().chain(members).collect::<BTreeSet<_>>().into_iter().collect()
            }
            _ if is_by_name(order) => return (self.by_name(order).cloned().collect(), true),
            _ => return (self.users.values().filter(|user| is_listed(user)).cloned().collect(), false),
        };
        (ids.into_iter().filter_map(|id| self.listed(id)).cloned().collect(), false)
    }
}

/// Returns each direct member of the groups once.
fn members(groups: &Groups, ids: &BTreeSet<GroupId>) -> Vec<UserId> {
    let nodes = ids.iter().filter_map(|id| groups.nodes.get(id));
    let members: BTreeSet<UserId> = nodes.flat_map(|node| node.members.iter()).collect();
    members.into_iter().collect()
}

fn is_listed(user: &User) -> bool {
    user.username != ANONYMOUS_USERNAME
}

/// Usernames are unique, so further columns have no effect.
fn is_by_name(order: &[Order<UserColumn>]) -> bool {
    order.first().is_some_and(|order| order.column == UserColumn::Username)
}

fn window(query: &UserListQuery) -> Window {
    Window { offset: query.offset, limit: query.limit }
}

impl FoundUsers {
    /// Returns the page with copies of its rows.
    pub(crate) async fn into_page(mut self, query: &UserListQuery) -> UserPage {
        let rows = std::mem::take(&mut self.rows);
        let (rows, count) = match self.count {
            Some(count) => (rows, count),
            None => self.select(rows, query).await,
        };
        let groups = self.groups_of(&rows);
        if is_too_large(&rows, &groups, query.max_bytes).await {
            return UserPage { count, too_large: true, ..UserPage::default() };
        }
        UserPage {
            users: rows.into_iter().map(Arc::unwrap_or_clone).collect(),
            groups,
            count,
            too_large: false,
        }
    }

    async fn select(&self, rows: Vec<Arc<User>>, query: &UserListQuery) -> (Vec<Arc<User>>, u64) {
        let matches = self.matcher(&query.filter, &query.scope);
        let compare = |left: &Arc<User>, right: &Arc<User>| {
            by(&query.order, left, right, |column, left, right| column_order(column, left, right))
                .then(left.id.cmp(&right.id))
        };
        select(rows, self.sorted, matches, compare, window(query)).await
    }

    /// Returns the different paths of the matching rows.
    pub(crate) async fn into_paths(mut self, query: &PathListQuery) -> PathPage {
        let rows = std::mem::take(&mut self.rows);
        let matches = self.matcher(&query.filter, &query.scope);
        let mut paths = BTreeSet::new();
        for_each(rows, |user| {
            if !paths.contains(&user.path) && matches(&user) {
                paths.insert(user.path.clone());
            }
        })
        .await;
        let bytes = paths.iter().map(|path| path.len() as u64 + ROW_BYTES).sum::<u64>();
        if bytes > query.max_bytes {
            return PathPage { paths: BTreeSet::new(), too_large: true };
        }
        PathPage { paths, too_large: false }
    }

    /// Returns a function that checks whether a user is in the scope and matches the filter.
    fn matcher(&self, filter: &UserFilter, scope: &Scope<UserId>) -> impl Fn(&Arc<User>) -> bool {
        let content = ContentFilter::of_users(filter);
        let key = filter.folded_name.as_deref().map(fold);
        let address = filter.further_address.as_deref();
        move |user| {
            scope.contains_user(user)
                && key.as_deref().is_none_or(|key| has_folded_name(user, key))
                && self.matches(filter, user)
                && address.is_none_or(|address| FurtherAddresses::of(&user.attributes).may_contain(address))
                && content.as_ref().is_none_or(|content| content.matches(row_content(user)))
        }
    }

    /// Returns whether the user matches the filter, except words and attributes.
    fn matches(&self, filter: &UserFilter, user: &User) -> bool {
        let is = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
        any_of(&filter.ids, &user.id)
            && any_of(&filter.usernames, &user.username)
            && is(&filter.email, &user.email)
            && is(&filter.name, &user.name)
            && any_of(&filter.uuids, &user.uuid)
            && filter.is_active.is_none_or(|active| active == user.is_active)
            && filter
                .is_superuser
                .is_none_or(|filter| filter.is_superuser != user.groups.is_disjoint(&self.granting))
            && is(&filter.path, &user.path)
            && filter.path_prefix.as_deref().is_none_or(|prefix| user.path.starts_with(prefix))
            && any_of(&filter.types, &user.user_type)
            && filter.external_id.as_ref().is_none_or(|filter| filter.matches(&user.external_ids))
            && filter.groups.iter().all(|groups| !user.groups.is_disjoint(groups))
            && filter.times.iter().all(|condition| condition.matches(user))
    }

    /// Returns the groups of these users with ancestors.
    fn groups_of(&self, users: &[Arc<User>]) -> GroupGraph {
        let starts: BTreeSet<GroupId> = users.iter().flat_map(|user| &user.groups).copied().collect();
        let lineages = starts.into_iter().flat_map(|id| self.groups.lineage(id));
        lineages.filter_map(|group| self.groups.get_shared(group.id)).cloned().collect()
    }
}

async fn is_too_large(users: &[Arc<User>], groups: &GroupGraph, max_bytes: u64) -> bool {
    let mut budget = Budget::new(max_bytes);
    for user in users {
        if !budget.user(user).await || !budget.rows(user.groups.len()) {
            return true;
        }
    }
    for group in groups.iter() {
        if !budget.group(group).await {
            return true;
        }
    }
    false
}

fn has_folded_name(user: &User, key: &str) -> bool {
    !key.is_empty() && [&user.username, &user.email].iter().any(|name| fold(name) == key)
}

fn row_content(user: &User) -> RowContent<'_> {
    RowContent::User {
        username: &user.username,
        name: &user.name,
        email: &user.email,
        uuid: user.uuid,
        is_active: user.is_active,
        attributes: &user.attributes,
    }
}

fn column_order(column: UserColumn, left: &User, right: &User) -> Ordering {
    match column {
        UserColumn::Id => left.id.cmp(&right.id),
        UserColumn::Username => left.username.cmp(&right.username),
        UserColumn::Name => left.name.cmp(&right.name),
        UserColumn::Email => left.email.cmp(&right.email),
        UserColumn::IsActive => left.is_active.cmp(&right.is_active),
        UserColumn::LastLogin => {
            let key = |user: &User| (user.last_login.is_none(), user.last_login);
            key(left).cmp(&key(right))
        }
        UserColumn::Path => left.path.cmp(&right.path),
        // Compares types as text, like the other stores.
        UserColumn::Type => left.user_type.as_str().cmp(right.user_type.as_str()),
        UserColumn::Uuid => left.uuid.cmp(&right.uuid),
        UserColumn::PasswordChangeDate => left.password_change_date.cmp(&right.password_change_date),
        UserColumn::CreatedAt => left.created_at.cmp(&right.created_at),
        UserColumn::UpdatedAt => left.updated_at.cmp(&right.updated_at),
    }
}
