//! Filters that are ignored or mean something else.

use std::collections::BTreeSet;

use serde_json::Value;
use userbook::{
    User,
    store::{
        AttributeCondition, AttributeTest, GroupListQuery, GroupPage, ListStore, PathListQuery, PathPage,
        StoreError, SuperuserFilter, TimeCondition, TimeTest, UserFilter, UserListQuery, UserPage,
    },
};
use userbook_memory::MemoryStore;

use super::{mutations, page};

fn with_inherited(query: &UserListQuery, inherited: bool) -> UserListQuery {
    let mut query = query.clone();
    query.filter.is_superuser =
        query.filter.is_superuser.map(|filter| SuperuserFilter { inherited, ..filter });
    query
}

mutations! {
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
}
