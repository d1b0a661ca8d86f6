//! Pages that are counted, cut or read in another way.

use std::sync::Mutex;

use async_trait::async_trait;
use userbook::{
    model::ANONYMOUS_USERNAME,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, ListStore, PathListQuery, PathPage, StoreError, UserFilter,
        UserListQuery, UserPage,
    },
};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::{Mutation, directory, pause, row};

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

    /// Returns any number of paths.
    BoundsNoPaths {
        async fn list_paths(&self, store: &MemoryStore, query: &PathListQuery) -> Result<PathPage, StoreError> {
            store.list_paths(&PathListQuery { max_bytes: u64::MAX, ..query.clone() }).await
        }
    }
}
