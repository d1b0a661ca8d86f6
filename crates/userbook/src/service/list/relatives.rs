//! The parents and children of groups, as far as the actor may view them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::max_rows;
use crate::{
    authz::{Actor, ListAuthorizer},
    model::{Group, GroupId},
    policy::Safeguard,
    service::{
        ListError, UserService,
        access::actor_view,
        trace::{SpanOutcome, operation, step, traced},
    },
    store::{GroupColumn, GroupFilter, GroupListQuery, ListStore, Order, ReadAttributes, Scope, UserStore},
};

/// The parents and children to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelativesQuery {
    /// The groups whose children are read.
    pub children_of: BTreeSet<GroupId>,
    /// Whether to read the attributes of the children. Without, they are empty and do not count towards the size.
    pub child_attributes: bool,
    /// The parents.
    pub parents: BTreeSet<GroupId>,
}

/// The parents and children of some groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupRelatives {
    parents: BTreeMap<GroupId, Group>,
    children: BTreeMap<GroupId, Vec<Group>>,
}

impl GroupRelatives {
    /// Returns the parent of the group, if it was requested and is visible.
    pub fn parent(&self, group: &Group) -> Option<&Group> {
        self.parents.get(&group.parent?)
    }

    /// Returns the visible children of the group, by name.
    pub fn children(&self, group: GroupId) -> &[Group] {
        self.children.get(&group).map_or(&[], Vec::as_slice)
    }
}

impl SpanOutcome for GroupRelatives {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl<S: UserStore + ListStore, A: ListAuthorizer> UserService<S, A> {
    /// Returns parents and children of groups. The actor may view the groups themselves; under
    /// [`Safeguard::HideGroups`] the relatives are limited to groups that the actor may view.
    ///
    /// # Errors
    /// [`ListError`]; [`ListError::PageTooLarge`] if children or parents exceed
    /// [`Limits::page_bytes`](crate::Limits::page_bytes).
    pub async fn group_relatives(
        &self,
        actor: &Actor,
        query: RelativesQuery,
    ) -> Result<GroupRelatives, ListError> {
        let RelativesQuery { children_of, child_attributes, parents } = query;
        if children_of.is_empty() && parents.is_empty() {
            return Ok(GroupRelatives::default());
        }
        traced(operation!("userbook.group_relatives"), async {
            let since = self.clock.monotonic();
            let scope = self.visible_relatives(actor).await?;
            let mut relatives = GroupRelatives::default();
            let children = GroupFilter { parents: children_of, ..GroupFilter::default() };
            for child in self.find_groups(since, &scope, children, child_attributes).await? {
                if let Some(parent) = child.parent {
                    relatives.children.entry(parent).or_default().push(child);
                }
            }
            let parents = GroupFilter { ids: parents, ..GroupFilter::default() };
            let parents = self.find_groups(since, &scope, parents, true).await?;
            relatives.parents = parents.into_iter().map(|parent| (parent.id, parent)).collect();
            Ok(relatives)
        })
        .await
    }

    async fn visible_relatives(&self, actor: &Actor) -> Result<Scope<GroupId>, ListError> {
        if !self.policy.has(Safeguard::HideGroups) {
            return Ok(Scope::Everything);
        }
        let snapshot = self.load_actor(actor).await?;
        Ok(self.visible_groups(actor, actor_view(&snapshot)).await?)
    }

    /// Returns the groups by name, for an operation that began at `since`. A filter without ids finds none.
    pub(in crate::service) async fn find_groups(
        &self,
        since: Duration,
        scope: &Scope<GroupId>,
        filter: GroupFilter,
        attributes: bool,
    ) -> Result<Vec<Group>, ListError> {
        if filter == GroupFilter::default() {
            return Ok(Vec::new());
        }
        let max_bytes = self.policy.limits().page_bytes;
        let query = GroupListQuery {
            members: None,
            attributes: ReadAttributes { groups: attributes, members: false },
            scope: scope.clone(),
            filter,
            order: vec![Order { column: GroupColumn::Name, descending: false }],
            offset: 0,
            limit: max_rows(max_bytes),
            max_bytes,
        };
        let page = traced(step!("list"), self.in_time(since, self.store.list_groups(&query))).await?;
        if page.too_large {
            return Err(ListError::PageTooLarge { limit: max_bytes });
        }
        Ok(page.groups.into_iter().map(|entry| entry.group).collect())
    }
}
