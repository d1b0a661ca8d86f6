//! Pages whose size is measured wrongly.

use userbook::{
    model::GroupGraph,
    store::{GroupListQuery, GroupPage, ListStore, ROW_BYTES, StoreError, UserListQuery, UserPage},
};
use userbook_memory::MemoryStore;

use super::mutations;

mutations! {
    /// Returns a page of any size.
    IgnoresThePageSize {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            store.list_users(&UserListQuery { max_bytes: u64::MAX, ..query.clone() }).await
        }
    }

    /// Returns as many users as fit and reports them as complete.
    CutsLargePages {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut query = query.clone();
            loop {
                let page = store.list_users(&query).await?;
                if !page.too_large {
                    return Ok(page);
                }
                query.limit = query.limit.min(u32::try_from(page.count).unwrap_or(u32::MAX)).saturating_sub(1);
            }
        }
    }

    /// Omits the count when it does not return a page.
    CountsNoLargePages {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let page = store.list_users(query).await?;
            Ok(if page.too_large { UserPage { count: 0, ..page } } else { page })
        }
    }

    /// Measures the users without their groups.
    MeasuresNoGroups {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let whole = store.list_users(&UserListQuery { max_bytes: u64::MAX, ..query.clone() }).await?;
            let bytes = |groups: &GroupGraph| groups.iter().map(|group| group.attributes.to_string().len() as u64).sum::<u64>();
            let max_bytes = query.max_bytes.saturating_add(bytes(&whole.groups));
            store.list_users(&UserListQuery { max_bytes, ..query.clone() }).await
        }
    }

    /// Measures texts, but not rows.
    MeasuresNoRows {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let whole = store.list_users(&UserListQuery { max_bytes: u64::MAX, ..query.clone() }).await?;
            let memberships: usize = whole.users.iter().map(|user| user.groups.len()).sum();
            let rows = whole.users.len() + memberships + whole.groups.iter().count();
            let max_bytes = query.max_bytes.saturating_add(ROW_BYTES * rows as u64);
            store.list_users(&UserListQuery { max_bytes, ..query.clone() }).await
        }
    }

    /// Measures the groups without their members.
    MeasuresNoMembers {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let alone = store.list_groups(&GroupListQuery { members: None, ..query.clone() }).await?;
            if alone.too_large {
                return Ok(alone);
            }
            store.list_groups(&GroupListQuery { max_bytes: u64::MAX, ..query.clone() }).await
        }
    }

    /// Reads attributes that the query does not want.
    ReadsAllAttributes {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let attributes = userbook::store::ReadAttributes::ALL;
            store.list_groups(&GroupListQuery { attributes, ..query.clone() }).await
        }
    }

    /// Measures members that it does not return.
    MeasuresUnreadMembers {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let members = Some(userbook::store::Scope::Everything);
            let all = store.list_groups(&GroupListQuery { members, ..query.clone() }).await?;
            if all.too_large { Ok(all) } else { store.list_groups(query).await }
        }
    }
}
