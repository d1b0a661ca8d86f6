//! Wrong walks through ancestor groups, and wrong facts about the actor.

use std::collections::BTreeSet;

use userbook::{
    Group, GroupId,
    model::{GroupGraph, MAX_PARENTS},
    store::{DirectoryQuery, ProvisioningStore, Snapshot, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::mutations;

/// Returns the groups where walks start.
fn starts(query: &SnapshotQuery, facts: &Snapshot) -> BTreeSet<GroupId> {
    let actors = facts.actor.iter().flat_map(|actor| &actor.groups);
    facts.user.iter().flat_map(|user| &user.groups).chain(&query.groups).chain(actors).copied().collect()
}

async fn single(store: &MemoryStore, group: GroupId) -> Option<Group> {
    let query = DirectoryQuery { groups: [group].into(), ..DirectoryQuery::default() };
    store.load_directory(&query).await.expect("memory does not fail").groups.get(group).cloned()
}

mutations! {
    /// Stops the walk one group too early.
    WalksOneGroupTooFew {
        async fn after_load(&self, _: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            let starts = starts(query, facts);
            let lineages = starts.iter().flat_map(|start| facts.groups.lineage(*start).take(MAX_PARENTS));
            facts.groups = lineages.cloned().collect::<GroupGraph>();
        }
    }

    /// Stops the walk one group too late.
    WalksOneGroupTooMany {
        async fn after_load(&self, store: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            for start in starts(query, facts) {
                let top = facts.groups.lineage(start).last().and_then(|group| group.parent);
                if let Some(top) = top && let Some(above) = single(store, top).await {
                    facts.groups.insert(above);
                }
            }
        }
    }

    /// Walks once for all starts: `UNION` finds a group once, with the distance of the first path.
    VisitsGroupsOnce {
        async fn after_load(&self, _: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            let mut walked = GroupGraph::default();
            for start in starts(query, facts) {
                let new: Vec<_> =
                    facts.groups.lineage(start).take_while(|group| !walked.contains(group.id)).cloned().collect();
                for group in new {
                    walked.insert(group);
                }
            }
            facts.groups = walked;
        }
    }

    /// Uses the groups of the query as the user's groups.
    ConfusesQueryWithMembership {
        async fn after_load(&self, _: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            let known = query.groups.iter().filter(|group| facts.groups.contains(**group));
            if let Some(user) = &mut facts.user {
                user.groups.extend(known);
            }
        }
    }

    /// Has `WHERE is_active` in the wrong place.
    HidesInactiveActors {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            facts.actor.take_if(|actor| !actor.is_active);
        }
    }
}
