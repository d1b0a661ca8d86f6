//! What refers to a user or a group, as far as the actor may view it.

use std::collections::BTreeSet;

use super::{
    AccessError, AuthorizedGroupList, ListError, UserService,
    access::actor_view,
    trace::{SpanOutcome, operation, step, traced},
};
use crate::{
    authz::{Actor, Check, ListAuthorizer},
    decision::check_view,
    model::{GroupId, User, UserRef},
    store::{DirectoryQuery, GroupFilter, GroupListQuery, ListStore, ProvisioningStore, SnapshotQuery},
};

/// A group that refers to another object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferringGroup {
    /// The group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// What refers to a group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupReferences {
    /// The groups whose parent is the group, by name.
    pub children: Vec<ReferringGroup>,
    /// The direct members, by id. Their memberships are not read.
    pub members: Vec<User>,
}

impl SpanOutcome for Vec<ReferringGroup> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl SpanOutcome for GroupReferences {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> UserService<S, A> {
    /// Returns the direct groups of a user that the actor may view, by name. `None` is an impossible id.
    ///
    /// # Errors
    /// As [`UserService::retrieve`].
    pub async fn groups_of_user(
        &self,
        actor: &Actor,
        target: Option<UserRef>,
    ) -> Result<Vec<ReferringGroup>, AccessError> {
        traced(operation!("userbook.groups_of_user"), async {
            let query = SnapshotQuery { target, actor: actor.user_id(), ..SnapshotQuery::default() };
            let access = self.access(actor, &query, vec![Check::View]).await?;
            let snapshot = &access.snapshot;
            let user = check_view(snapshot, actor, &access.results)?;
            let visible = self.authorizer().visible_groups(actor, actor_view(snapshot));
            let visible = traced(step!("authorize"), visible).await?;
            let groups = user.groups.iter().filter(|id| visible.contains(id));
            let groups = groups.filter_map(|id| snapshot.groups.get(*id));
            Ok(by_name(groups.map(|group| ReferringGroup { id: group.id, name: group.name.clone() })))
        })
        .await
    }

    /// Returns the children and direct members of a group that the actor may view.
    ///
    /// # Errors
    /// As [`UserService::retrieve_group`].
    pub async fn references_to_group(
        &self,
        actor: &Actor,
        id: GroupId,
    ) -> Result<GroupReferences, ListError> {
        let list = self.authorize_group_list(actor).await?;
        traced(operation!("userbook.references_to_group"), async {
            let visible_users = self.authorizer().visible_users(actor, actor_view(&list.snapshot));
            let members = traced(step!("authorize"), visible_users).await?;
            let max_bytes = self.policy.limits().page_bytes;
            let query = GroupListQuery {
                members: Some(members),
                scope: list.scope.clone(),
                filter: GroupFilter { ids: [id].into(), ..GroupFilter::default() },
                order: Vec::new(),
                offset: 0,
                limit: 1,
                max_bytes,
            };
            let page = self.in_time(list.since, self.store.list_groups(&query));
            let page = traced(step!("list"), page).await?;
            if page.too_large {
                return Err(ListError::PageTooLarge { limit: max_bytes });
            }
            let entry = page.groups.into_iter().next().ok_or(AccessError::NotFound)?;
            Ok(GroupReferences { children: self.children(&list, id).await?, members: entry.members })
        })
        .await
    }

    /// Returns the visible groups whose parent is the group.
    async fn children(
        &self,
        list: &AuthorizedGroupList<'_, S, A>,
        id: GroupId,
    ) -> Result<Vec<ReferringGroup>, ListError> {
        let query = DirectoryQuery { shape: true, ..DirectoryQuery::default() };
        let load = self.in_time(list.since, self.store.load_directory(&query));
        let shape = traced(step!("load"), load).await?.shape;
        let children =
            shape.into_iter().filter(|(_, group)| group.parent == Some(id)).map(|(child, _)| child);
        let groups: BTreeSet<GroupId> = children.filter(|child| list.scope.contains(child)).collect();
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let query = DirectoryQuery { groups: groups.clone(), ..DirectoryQuery::default() };
        let load = self.in_time(list.since, self.store.load_directory(&query));
        let graph = traced(step!("load"), load).await?.groups;
        let children = groups.iter().filter_map(|child| graph.get(*child));
        Ok(by_name(children.map(|group| ReferringGroup { id: group.id, name: group.name.clone() })))
    }
}

fn by_name(groups: impl Iterator<Item = ReferringGroup>) -> Vec<ReferringGroup> {
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    groups
}
