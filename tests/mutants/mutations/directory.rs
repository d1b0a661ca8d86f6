//! Wrong answers to directory queries.

use userbook::{
    UserId,
    store::{DirectoryQuery, DirectorySnapshot, MemberQuery, SuperuserQuery, Superusers},
};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::directory;

async fn superusers(store: &MemoryStore, query: SuperuserQuery) -> Superusers {
    let query = DirectoryQuery { superusers: Some(query), ..DirectoryQuery::default() };
    directory(store, &query).await.superusers
}

/// Returns the members of the query without the limit.
async fn members(store: &MemoryStore, query: &DirectoryQuery, users: bool) -> DirectorySnapshot {
    let members = query.members.clone().map(|members| MemberQuery {
        users: if users { members.users } else { [].into() },
        limit: u32::MAX,
        ..members
    });
    directory(store, &DirectoryQuery { members, ..DirectoryQuery::default() }).await
}

mutations! {
    /// Finds any member, active or not.
    FindsAnyMember {
        async fn after_load_directory(&self, store: &MemoryStore, query: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            for group in query.superusers.iter().flat_map(|query| &query.groups) {
                let members = Some(MemberQuery { of: Some(*group), users: [].into(), limit: 1 });
                let found = directory(store, &DirectoryQuery { members, ..DirectoryQuery::default() }).await;
                facts.superusers.person |= !found.members.is_empty();
            }
        }
    }

    /// Ignores the excepted users.
    IgnoresExceptions {
        async fn after_load_directory(&self, store: &MemoryStore, query: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            if let Some(query) = &query.superusers {
                facts.superusers = superusers(store, SuperuserQuery { except: None, ..query.clone() }).await;
            }
        }
    }

    /// Excludes the excepted users in all groups.
    ExceptsUsersEverywhere {
        async fn after_load_directory(&self, store: &MemoryStore, query: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            let Some(SuperuserQuery { groups, except: Some((_, users)) }) = &query.superusers else { return };
            facts.superusers = Superusers::default();
            for group in groups {
                let one = SuperuserQuery { groups: [*group].into(), except: Some((*group, users.clone())) };
                let found = superusers(store, one).await;
                facts.superusers.person |= found.person;
                facts.superusers.service_account |= found.service_account;
            }
        }
    }

    /// Finds the children of a group, and no groups below them.
    LooksOneLevelDown {
        async fn after_load_directory(&self, _: &MemoryStore, query: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            if let Some(top) = query.below {
                facts.shape.retain(|id, group| *id == top || group.parent == Some(top));
            }
        }
    }

    /// Leaves the group itself out.
    LeavesTheTopOut {
        async fn after_load_directory(&self, _: &MemoryStore, query: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            if let Some(top) = query.below {
                facts.shape.remove(&top);
            }
        }
    }

    /// Reads the members of the group and no other users.
    ForgetsNamedUsers {
        async fn after_load_directory(&self, store: &MemoryStore, query: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            let of_group = members(store, query, false).await.members;
            facts.members.retain(|id, _| of_group.contains_key(id));
        }
    }

    /// Reads only active members.
    LoadsOnlyActiveMembers {
        async fn after_load_directory(&self, _: &MemoryStore, _: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            facts.members.retain(|_, member| member.is_active);
        }
    }

    /// Ignores the limit of members.
    IgnoresTheMemberLimit {
        async fn after_load_directory(&self, store: &MemoryStore, query: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            facts.members = members(store, query, true).await.members;
        }
    }

    /// Limits each kind of member before sorting, so that some ids are missing.
    LimitsBeforeOrdering {
        async fn after_load_directory(&self, store: &MemoryStore, query: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            let limit = query.members.as_ref().map_or(0, |members| members.limit as usize);
            let mut all: Vec<_> = members(store, query, true).await.members.into_iter().collect();
            all.sort_by_key(|(id, member): &(UserId, _)| (member.user_type, *id));
            facts.members = all.into_iter().take(limit).collect();
        }
    }
}
