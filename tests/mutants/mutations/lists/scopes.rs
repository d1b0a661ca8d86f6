//! Lists that ignore the scope or take it for another.

use userbook::store::{
    GroupListQuery, GroupPage, ListStore, PathListQuery, PathPage, Scope, StoreError, UserFilter,
    UserListQuery, UserPage,
};
use userbook_memory::MemoryStore;

use super::mutations;

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

    /// Ignores the scope of paths.
    IgnoresTheScopeOfPaths {
        async fn list_paths(&self, store: &MemoryStore, query: &PathListQuery) -> Result<PathPage, StoreError> {
            store.list_paths(&PathListQuery { scope: Scope::Everything, ..query.clone() }).await
        }
    }

    /// Reads all members although the query wants some.
    IgnoresTheMemberScope {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let members = query.members.as_ref().map(|_| Scope::Everything);
            store.list_groups(&GroupListQuery { members, ..query.clone() }).await
        }
    }

    /// Ignores the scope of groups.
    IgnoresTheScopeOfGroups {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            store.list_groups(&GroupListQuery { scope: Scope::Everything, ..query.clone() }).await
        }
    }
}
