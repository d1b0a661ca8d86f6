//! Lists that show too much, too little, or another order.

mod filters;
mod groups;
mod order;
mod pages;
mod scopes;
mod search;

use userbook::{
    User,
    store::{ListStore, StoreError, UserFilter, UserListQuery, UserPage},
};
use userbook_memory::MemoryStore;

pub(crate) use filters::*;
pub(crate) use groups::*;
pub(crate) use order::*;
pub(crate) use pages::*;
pub(crate) use scopes::*;
pub(crate) use search::*;

use super::mutations;

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
