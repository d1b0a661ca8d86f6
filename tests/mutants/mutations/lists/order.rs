//! Lists in another order.

use userbook::{
    User,
    store::{ListStore, Order, StoreError, UserColumn, UserListQuery, UserPage},
};
use userbook_memory::MemoryStore;

use super::{cut, mutations};

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

mutations! {
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
}
