//! Lists of groups with the wrong parents and members.

use userbook::store::{GroupListQuery, GroupPage, ListStore, Scope, StoreError};
use userbook_memory::MemoryStore;

use super::mutations;

mutations! {
    /// Reads all members although the query wants none.
    ReadsMembersUnasked {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let members = query.members.clone().or(Some(Scope::Everything));
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
}
