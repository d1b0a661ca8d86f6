//! What refers to a user or a group, as far as the actor may view it.

use super::{
    AccessError, ListError, UserService,
    access::actor_view,
    trace::{SpanOutcome, operation, step, traced},
};
use crate::{
    authz::{Actor, Check, ListAuthorizer},
    decision::check_view,
    model::{ExternalIds, GroupId, User, UserRef},
    store::{GroupFilter, GroupListQuery, ListStore, ProvisioningStore, ReadAttributes, SnapshotQuery},
};

/// A group that refers to another object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReferringGroup {
    /// The group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// What refers to a user.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct UserReferences {
    /// The direct groups, by name.
    pub groups: Vec<ReferringGroup>,
    /// The external systems that manage the user.
    pub external_ids: ExternalIds,
}

/// What refers to a group.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct GroupReferences {
    /// The groups whose parent is the group, by name.
    pub children: Vec<ReferringGroup>,
    /// The direct members, by id. Their memberships and attributes are not read.
    pub members: Vec<User>,
    /// The external systems that manage the group.
    pub external_ids: ExternalIds,
}

impl SpanOutcome for UserReferences {
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
    /// Returns the direct groups of a user that the actor may view, and the external systems that manage the user.
    /// `None` is an impossible id.
    ///
    /// # Errors
    /// As [`UserService::retrieve`].
    pub async fn references_to_user(
        &self,
        actor: &Actor,
        target: Option<UserRef>,
    ) -> Result<UserReferences, AccessError> {
        traced(operation!("userbook.references_to_user"), async {
            let query = SnapshotQuery { target, actor: actor.user_id(), ..SnapshotQuery::default() };
            let access = self.access(actor, &query, vec![Check::View]).await?;
            let snapshot = &access.snapshot;
            let user = check_view(snapshot, actor, &access.results)?;
            let visible = self.authorizer().visible_groups(actor, actor_view(snapshot));
            let visible = traced(step!("authorize"), visible).await?;
            let groups = user.groups.iter().filter(|id| visible.contains(id));
            let groups = groups.filter_map(|id| snapshot.groups.get(*id));
            let groups = groups.map(|group| ReferringGroup { id: group.id, name: group.name.clone() });
            Ok(UserReferences { groups: by_name(groups), external_ids: user.external_ids.clone() })
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
                attributes: ReadAttributes::NONE,
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
            let children = GroupFilter { parents: [id].into(), ..GroupFilter::default() };
            let children = self.find_groups(list.since, &list.scope, children, false).await?;
            let children =
                by_name(children.into_iter().map(|group| ReferringGroup { id: group.id, name: group.name }));
            Ok(GroupReferences { children, members: entry.members, external_ids: entry.group.external_ids })
        })
        .await
    }
}

fn by_name(groups: impl Iterator<Item = ReferringGroup>) -> Vec<ReferringGroup> {
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    groups
}
