//! Searches that find too much or too little.

use serde_json::Value;
use userbook::{
    User,
    store::{ContentFilter, RowContent, StoreError, UserFilter, UserListQuery, UserPage},
};
use userbook_memory::MemoryStore;

use super::{mutations, page};

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

mutations! {
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
}
