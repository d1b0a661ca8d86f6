//! Lists that show too much, too little, or another order.

use std::{collections::BTreeSet, sync::Mutex};

use async_trait::async_trait;
use serde_json::Value;
use userbook::{
    User,
    model::ANONYMOUS_USERNAME,
    store::{
        AttributeCondition, AttributeTest, ChangeSet, CommitOutcome, ContentFilter, DirectoryQuery,
        GroupListQuery, GroupPage, ListStore, Order, PathListQuery, PathPage, RowContent, Scope, StoreError,
        SuperuserFilter, TimeCondition, TimeTest, UserColumn, UserFilter, UserListQuery, UserPage,
    },
};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::{Mutation, directory, pause, row};

/// Returns a page of the users that match the filter without some criteria and pass this test instead.
async fn page(
    store: &MemoryStore,
    query: &UserListQuery,
    without: impl FnOnce(&mut UserFilter),
    passes: impl Fn(&UserPage, &User) -> bool,
) -> Result<UserPage, StoreError> {
    let mut wide = UserListQuery { offset: 0, limit: u32::MAX, ..query.clone() };
    without(&mut wide.filter);
    let mut page = store.list_users(&wide).await?;
    let users = std::mem::take(&mut page.users);
    let (users, _): (Vec<_>, Vec<_>) = users.into_iter().partition(|user| passes(&page, user));
    page.count = users.len() as u64;
    page.users = cut(users, query);
    Ok(page)
}

fn cut(users: Vec<User>, query: &UserListQuery) -> Vec<User> {
    let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
    users.into_iter().skip(offset).take(query.limit as usize).collect()
}

/// Returns all matching users in the order of a custom key.
async fn sorted<K: Ord>(
    store: &MemoryStore,
    query: &UserListQuery,
    column: UserColumn,
    key: impl Fn(&User) -> K,
) -> Result<UserPage, StoreError> {
    if query.order != [(Order { column, descending: false })] {
        return store.list_users(query).await;
    }
    let wide = UserListQuery { offset: 0, limit: u32::MAX, ..query.clone() };
    let mut page = store.list_users(&wide).await?;
    page.users.sort_by_key(key);
    page.users = cut(page.users, query);
    Ok(page)
}

fn with_inherited(query: &UserListQuery, inherited: bool) -> UserListQuery {
    let mut query = query.clone();
    query.filter.is_superuser =
        query.filter.is_superuser.map(|filter| SuperuserFilter { inherited, ..filter });
    query
}

/// The content of a row.
fn content(user: &User) -> RowContent<'_> {
    let User { username, name, email, uuid, is_active, attributes, .. } = user;
    RowContent::User { username, name, email, uuid: *uuid, is_active: *is_active, attributes }
}

/// The texts of a row that are searched.
fn texts(user: &User) -> [String; 6] {
    let User { username, name, email, uuid, is_active, attributes, .. } = user;
    let texts = [username.clone(), name.clone(), email.clone(), uuid.to_string()];
    let [a, b, c, d] = texts;
    [a, b, c, d, is_active.to_string(), attributes.to_string().replace("\":", "\": ")]
}

/// Counts inserted users and does not subtract deleted ones.
#[derive(Debug, Default)]
pub(crate) struct CountsOnlyUpwards {
    most: Mutex<u64>,
}

#[async_trait]
impl Mutation for CountsOnlyUpwards {
    async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
        let mut page = store.list_users(query).await?;
        let mut most = self.most.lock().expect("no panic");
        *most = page.count.max(*most);
        page.count = *most;
        Ok(page)
    }
}

mutations! {
    /// Ignores the scope.
    IgnoresTheScope {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            store.list_users(&UserListQuery { scope: Scope::Everything, ..query.clone() }).await
        }
    }

    /// Takes the paths of a scope for prefixes of text.
    ComparesPathsOfScopesByText {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut query = query.clone();
            if let (Scope::Only(set), true) = (&query.scope, query.filter == UserFilter::default())
                && let (Some(path), 1) = (set.paths.first(), set.paths.len())
                && set.groups.is_empty()
            {
                query.filter.path_prefix = Some(path.clone());
                query.scope = Scope::Everything;
            }
            store.list_users(&query).await
        }
    }

    /// Ignores the paths of a scope.
    IgnoresPathsOfScopes {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut query = query.clone();
            if let Scope::Only(set) = &mut query.scope {
                set.paths.clear();
            }
            store.list_users(&query).await
        }
    }

    /// Ignores the groups of a scope.
    IgnoresGroupsOfScopes {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut query = query.clone();
            if let Scope::Only(set) = &mut query.scope {
                set.groups.clear();
            }
            store.list_users(&query).await
        }
    }

    /// Ignores the paths of the scope of members.
    IgnoresPathsOfMemberScopes {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let mut query = query.clone();
            if let Some(Scope::Only(set)) = &mut query.members {
                set.paths.clear();
            }
            store.list_groups(&query).await
        }
    }

    /// Counts `AnonymousUser`.
    CountsAnonymousInLists {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let wanted = DirectoryQuery { username: Some(ANONYMOUS_USERNAME.to_owned()), ..DirectoryQuery::default() };
            let mut page = store.list_users(query).await?;
            if query.filter == UserFilter::default() {
                page.count += u64::from(directory(store, &wanted).await.username_taken);
            }
            Ok(page)
        }
    }

    /// Counts the rows of the page instead of all matches.
    CountsThePage {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut page = store.list_users(query).await?;
            page.count = page.users.len() as u64;
            Ok(page)
        }
    }

    /// Numbers its pages, and rounds the offset down to a full page.
    SkipsWholePages {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let limit = u64::from(query.limit.max(1));
            store.list_users(&UserListQuery { offset: query.offset / limit * limit, ..query.clone() }).await
        }
    }

    /// Reverses the order of ids together with the column.
    ReversesTies {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut query = query.clone();
            if let Some(first) = query.order.first() {
                query.order.push(Order { column: UserColumn::Id, descending: first.descending });
            }
            store.list_users(&query).await
        }
    }

    /// Sorts by the first column only.
    OrdersByOneColumn {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut query = query.clone();
            query.order.truncate(1);
            store.list_users(&query).await
        }
    }

    /// Sorts texts case-insensitively, like many collations.
    FoldsCaseInOrder {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            sorted(store, query, UserColumn::Name, |user| user.name.to_lowercase()).await
        }
    }

    /// Sorts texts by UTF-16 code units.
    OrdersByUtf16 {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            sorted(store, query, UserColumn::Name, |user| user.name.encode_utf16().collect::<Vec<_>>()).await
        }
    }

    /// Sorts nulls first.
    PutsNullsFirst {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            sorted(store, query, UserColumn::LastLogin, |user| user.last_login).await
        }
    }

    /// Compares only the beginning of long texts, and sorts equal ones by id.
    OrdersByABeginning {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let key = |user: &User| (user.name.chars().take(255).collect::<String>(), user.id);
            sorted(store, query, UserColumn::Name, key).await
        }
    }

    /// Compares addresses case-insensitively, like mail servers.
    FoldsCaseInFilters {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let Some(wanted) = &query.filter.email else { return store.list_users(query).await };
            let like = |_: &UserPage, user: &User| user.email.eq_ignore_ascii_case(wanted);
            page(store, query, |filter| filter.email = None, like).await
        }
    }

    /// Passes a text to `LIKE` without escaping.
    TakesPrefixesForPatterns {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let Some(wanted) = &query.filter.path_prefix else { return store.list_users(query).await };
            let like = |_: &UserPage, user: &User| {
                let mut path = user.path.chars();
                wanted.chars().take_while(|it| *it != '%').all(|it| path.next().is_some_and(|other| it == '_' || it == other))
            };
            page(store, query, |filter| filter.path_prefix = None, like).await
        }
    }

    /// Requires membership in all groups instead of one.
    AsksForAllGroups {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let wanted = &query.filter.groups;
            let all = |user: &User| wanted.iter().all(|groups| user.groups.is_superset(groups));
            page(store, query, |_| {}, |_, user| all(user)).await
        }
    }

    /// Requires membership in one group of any set instead of each.
    AsksForOneSetOfGroups {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let wanted = query.filter.groups.clone();
            let any = |user: &User| {
                wanted.is_empty() || wanted.iter().any(|groups| !user.groups.is_disjoint(groups))
            };
            page(store, query, |filter| filter.groups.clear(), |_, user| any(user)).await
        }
    }

    /// Joins memberships, so that a member of two groups occurs twice.
    RepeatsMembers {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut page = store.list_users(query).await?;
            let wanted: BTreeSet<_> = query.filter.groups.iter().flatten().copied().collect();
            let times = |user: &User| user.groups.intersection(&wanted).count().max(1);
            page.count += page.users.iter().map(|user| times(user) as u64 - 1).sum::<u64>();
            page.users = page.users.into_iter().flat_map(|user| vec![user.clone(); times(&user)]).collect();
            Ok(page)
        }
    }

    /// Uses the flag of an ancestor as the flag of the group.
    InheritsTheFlag {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            store.list_users(&with_inherited(query, true)).await
        }
    }

    /// Considers only the groups' own flags.
    InheritsNothing {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            store.list_users(&with_inherited(query, false)).await
        }
    }

    /// Requires one condition on attributes instead of all.
    MeetsAnyCondition {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let conditions = query.filter.attributes.clone();
            let any = |_: &UserPage, user: &User| {
                conditions.is_empty() || conditions.iter().any(|condition| condition.holds(&user.attributes))
            };
            page(store, query, |filter| filter.attributes.clear(), any).await
        }
    }

    /// Takes a null for a missing value, like SQL.
    TakesNullForAbsent {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let conditions = query.filter.attributes.clone();
            let holds = |_: &UserPage, user: &User| {
                conditions.iter().all(|condition| match condition.test {
                    AttributeTest::Equals(Value::Null) => {
                        let absent = AttributeTest::IsAbsent(true);
                        AttributeCondition { test: absent, ..condition.clone() }.holds(&user.attributes)
                    }
                    _ => condition.holds(&user.attributes),
                })
            };
            page(store, query, |filter| filter.attributes.clear(), holds).await
        }
    }

    /// Requires one search word instead of all.
    SearchesForAnyWord {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let words = query.filter.search.clone();
            let one = |word: &String| UserFilter { search: vec![word.clone()], ..UserFilter::default() };
            let filters: Vec<_> = words.iter().filter_map(|word| ContentFilter::of_users(&one(word))).collect();
            let any = |_: &UserPage, user: &User| {
                filters.is_empty() || filters.iter().any(|filter| filter.matches(content(user)))
            };
            page(store, query, |filter| filter.search.clear(), any).await
        }
    }

    /// Searches without case for ASCII letters only, like many databases.
    SearchesAsciiOnly {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let words: Vec<_> = query.filter.search.iter().map(|word| word.to_ascii_lowercase()).collect();
            let all = |_: &UserPage, user: &User| {
                let texts = texts(user).map(|text| text.to_ascii_lowercase());
                words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
            };
            page(store, query, |filter| filter.search.clear(), all).await
        }
    }

    /// Searches with full case mapping, in which `ß` equals `SS`.
    SearchesWithFullCases {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let words: Vec<_> = query.filter.search.iter().map(|word| word.to_uppercase()).collect();
            let all = |_: &UserPage, user: &User| {
                let texts = texts(user).map(|text| text.to_uppercase());
                words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
            };
            page(store, query, |filter| filter.search.clear(), all).await
        }
    }

    /// Searches without the attributes.
    SearchesNoAttributes {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let filter = ContentFilter::of_users(&UserFilter { search: query.filter.search.clone(), ..UserFilter::default() });
            let all = |_: &UserPage, user: &User| {
                let bare = User { attributes: Value::Null.into(), ..user.clone() };
                filter.as_ref().is_none_or(|filter| filter.matches(content(&bare)))
            };
            page(store, query, |_| {}, all).await
        }
    }

    /// Includes the bound of a time.
    ReachesTheBound {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let times = query.filter.times.clone();
            let reaches = |_: &UserPage, user: &User| {
                times.iter().all(|time| {
                    let (TimeTest::After(bound) | TimeTest::Before(bound)) = time.test else { return time.matches(user) };
                    time.matches(user) || TimeCondition { test: TimeTest::At(bound), ..*time }.matches(user)
                })
            };
            page(store, query, |filter| filter.times.clear(), reaches).await
        }
    }

    /// Takes a missing time for one before all others.
    TakesAMissingTimeForTheFirst {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let times = query.filter.times.clone();
            let holds = |_: &UserPage, user: &User| {
                times.iter().all(|time| match time.test {
                    TimeTest::Before(_) => {
                        let missing = TimeCondition { test: TimeTest::IsMissing(true), ..*time };
                        missing.matches(user) || time.matches(user)
                    }
                    _ => time.matches(user),
                })
            };
            page(store, query, |filter| filter.times.clear(), holds).await
        }
    }

    /// Ignores the parents of groups.
    IgnoresParents {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let mut query = query.clone();
            query.filter.parents.clear();
            store.list_groups(&query).await
        }
    }

    /// Ignores the scope of paths.
    IgnoresTheScopeOfPaths {
        async fn list_paths(&self, store: &MemoryStore, query: &PathListQuery) -> Result<PathPage, StoreError> {
            store.list_paths(&PathListQuery { scope: Scope::Everything, ..query.clone() }).await
        }
    }

    /// Ignores the filter of paths.
    IgnoresTheFilterOfPaths {
        async fn list_paths(&self, store: &MemoryStore, query: &PathListQuery) -> Result<PathPage, StoreError> {
            store.list_paths(&PathListQuery { filter: UserFilter::default(), ..query.clone() }).await
        }
    }

    /// Compares paths without trailing spaces.
    TrimsPaths {
        async fn list_paths(&self, store: &MemoryStore, query: &PathListQuery) -> Result<PathPage, StoreError> {
            let mut page = store.list_paths(query).await?;
            page.paths = page.paths.iter().map(|path| path.trim_end().to_owned()).collect();
            Ok(page)
        }
    }

    /// Returns any number of paths.
    BoundsNoPaths {
        async fn list_paths(&self, store: &MemoryStore, query: &PathListQuery) -> Result<PathPage, StoreError> {
            store.list_paths(&PathListQuery { max_bytes: u64::MAX, ..query.clone() }).await
        }
    }

    /// Finds the ids of a page in one transaction and reads the rows in another.
    ListsInTwoSteps {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut page = store.list_users(query).await?;
            pause().await;
            for user in &mut page.users {
                if let Some(later) = row(store, user.id).await {
                    *user = later;
                }
            }
            Ok(page)
        }

        /// Yields like a database, so that other tasks can run between the two reads.
        async fn after_commit(&self, _: &MemoryStore, _: &ChangeSet, _: &mut CommitOutcome) {
            pause().await;
        }
    }

    /// Reads all members although the query wants none.
    ReadsMembersUnasked {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let members = query.members.clone().or(Some(Scope::Everything));
            store.list_groups(&GroupListQuery { members, ..query.clone() }).await
        }
    }

    /// Reads all members although the query wants some.
    IgnoresTheMemberScope {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let members = query.members.as_ref().map(|_| Scope::Everything);
            store.list_groups(&GroupListQuery { members, ..query.clone() }).await
        }
    }

    /// Omits the names of parents, which need a join.
    ForgetsParentNames {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let mut page = store.list_groups(query).await?;
            page.groups.iter_mut().for_each(|entry| entry.parent_name = None);
            Ok(page)
        }
    }

    /// Returns only active members.
    HidesInactiveMembers {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let mut page = store.list_groups(query).await?;
            page.groups.iter_mut().for_each(|entry| entry.members.retain(|member| member.is_active));
            Ok(page)
        }
    }

    /// Ignores the scope of groups.
    IgnoresTheScopeOfGroups {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            store.list_groups(&GroupListQuery { scope: Scope::Everything, ..query.clone() }).await
        }
    }
}
