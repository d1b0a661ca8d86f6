//! Listing users.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeSet, sync::Arc};

use userbook::{
    ANONYMOUS_USERNAME, GroupGraph, GroupId, Order, Scope, User, UserColumn, UserFilter, UserId,
    UserListQuery, UserPage, json_contains,
};

use crate::{
    groups::Node,
    listing::{any_of, by, cut, holds_words, is_within, page, words},
    state::State,
};

/// A page, its users not yet copied.
#[derive(Debug)]
pub(crate) struct FoundUsers {
    users: Vec<Arc<User>>,
    groups: GroupGraph,
    count: u64,
}

impl State {
    pub(crate) fn list_users(&self, query: &UserListQuery) -> FoundUsers {
        let &UserListQuery { ref scope, ref filter, ref order, offset, limit } = query;
        let (rows, count) =
            if *scope == Scope::Everything && *filter == UserFilter::default() && is_by_name(order) {
                let anonymous = u64::from(self.usernames.contains_key(ANONYMOUS_USERNAME));
                (cut(self.by_name(order), offset, limit).collect(), self.users.len() as u64 - anonymous)
            } else {
                let (rows, sorted) = self.candidates(query);
                let asked = Asked::new(self, filter);
                let rows = rows.filter(|user| is_within(scope, &user.id) && asked.is_met_by(user)).collect();
                let compare = |left: &&Arc<User>, right: &&Arc<User>| {
                    by(order, left, right, |column, left, right| column_order(column, left, right))
                        .then(left.id.cmp(&right.id))
                };
                page(rows, sorted, compare, offset, limit)
            };
        FoundUsers {
            groups: self.groups.closure(rows.iter().flat_map(|user| &user.groups)),
            users: rows.into_iter().cloned().collect(),
            count,
        }
    }

    /// Everybody who can be listed, by name in the direction asked for.
    fn by_name<'a>(&'a self, order: &[Order<UserColumn>]) -> Box<dyn Iterator<Item = &'a Arc<User>> + 'a> {
        let ids: Box<dyn Iterator<Item = &UserId>> = match order.first() {
            Some(order) if order.descending => Box::new(self.usernames.values().rev()),
            _ => Box::new(self.usernames.values()),
        };
        Box::new(ids.filter_map(|id| self.listed(*id)))
    }

    /// A user who can be listed.
    pub(crate) fn listed(&self, id: UserId) -> Option<&Arc<User>> {
        self.users.get(&id).filter(|user| user.username != ANONYMOUS_USERNAME)
    }

    /// All who may match, from the narrowest index, and whether they are in order.
    fn candidates<'a>(
        &'a self,
        query: &UserListQuery,
    ) -> (Box<dyn Iterator<Item = &'a Arc<User>> + 'a>, bool) {
        let ids: Cow<'_, BTreeSet<UserId>> = match (&query.filter, &query.scope) {
            (UserFilter { username: Some(name), .. }, _) => {
                Cow::Owned(self.usernames.get(name).copied().into_iter().collect())
            }
            (_, Scope::Only(some)) => Cow::Borrowed(some),
            (UserFilter { groups, .. }, _) if !groups.is_empty() => Cow::Owned(self.members(groups)),
            (UserFilter { group_names, .. }, _) if !group_names.is_empty() => {
                Cow::Owned(self.members(&self.groups_named(group_names)))
            }
            _ => return (self.by_name(&query.order), is_by_name(&query.order)),
        };
        (Box::new(ids.into_owned().into_iter().filter_map(|id| self.listed(id))), false)
    }

    fn groups_named(&self, names: &BTreeSet<String>) -> BTreeSet<GroupId> {
        names.iter().filter_map(|name| self.groups.named(name)).collect()
    }

    fn members(&self, groups: &BTreeSet<GroupId>) -> BTreeSet<UserId> {
        groups.iter().filter_map(|id| self.groups.nodes.get(id)).flat_map(Node::all_members).collect()
    }
}

/// User names are unique: whatever comes after decides nothing.
fn is_by_name(order: &[Order<UserColumn>]) -> bool {
    order.first().is_some_and(|order| order.column == UserColumn::Username)
}

/// A filter with what it takes to ask it.
struct Asked<'a> {
    filter: &'a UserFilter,
    words: Vec<String>,
    named: BTreeSet<GroupId>,
    superusers: &'a BTreeSet<GroupId>,
    attributes: Option<serde_json::Value>,
}

impl<'a> Asked<'a> {
    fn new(state: &'a State, filter: &'a UserFilter) -> Self {
        Self {
            filter,
            words: words(&filter.search),
            named: state.groups_named(&filter.group_names),
            superusers: &state.groups.superusers,
            attributes: filter.attributes.clone().map(serde_json::Value::Object),
        }
    }

    fn is_met_by(&self, user: &User) -> bool {
        let filter = self.filter;
        let is = |asked: &Option<String>, text: &str| asked.as_deref().is_none_or(|asked| asked == text);
        is(&filter.username, &user.username)
            && is(&filter.email, &user.email)
            && is(&filter.name, &user.name)
            && filter.uuid.is_none_or(|uuid| uuid == user.uuid)
            && filter.is_active.is_none_or(|active| active == user.is_active)
            && filter
                .is_superuser
                .is_none_or(|superuser| superuser != user.groups.is_disjoint(self.superusers))
            && is(&filter.path, &user.path)
            && filter.path_prefix.as_deref().is_none_or(|prefix| user.path.starts_with(prefix))
            && any_of(&filter.types, |types| types.contains(&user.user_type))
            && any_of(&filter.groups, |groups| !user.groups.is_disjoint(groups))
            && any_of(&filter.group_names, |_| !user.groups.is_disjoint(&self.named))
            && self.attributes.as_ref().is_none_or(|part| json_contains(&user.attributes, part))
            && holds_words(&self.words, &[&user.username, &user.name, &user.email, &user.uuid.to_string()])
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
        // As text, which is what the other stores hold.
        UserColumn::Type => left.user_type.as_str().cmp(right.user_type.as_str()),
        UserColumn::Uuid => left.uuid.cmp(&right.uuid),
        UserColumn::PasswordChangeDate => left.password_change_date.cmp(&right.password_change_date),
    }
}

impl From<FoundUsers> for UserPage {
    fn from(found: FoundUsers) -> Self {
        Self {
            users: found.users.into_iter().map(Arc::unwrap_or_clone).collect(),
            groups: found.groups,
            count: found.count,
        }
    }
}
