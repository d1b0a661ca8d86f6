//! Reads a group after a write, for the response.

use crate::service::{
    ListError, UserService,
    access::actor_view,
    trace::{operation, step, traced},
};
use crate::{
    authz::{Actor, ListAuthorizer},
    model::GroupId,
    policy::Safeguard,
    service::AccessError,
    store::{GroupEntry, GroupFilter, GroupListQuery, ListStore, ProvisioningStore, ReadAttributes, Scope},
};

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> UserService<S, A> {
    /// Returns a group that the actor has just written, with the members and the parent's name as far as the actor may
    /// view them. The right to the write stands for the right to view the group. Without `member_attributes`, the
    /// attributes of the members are empty and do not count towards the size.
    ///
    /// # Errors
    /// [`ListError::PageTooLarge`] above [`Limits::page_bytes`](crate::Limits::page_bytes),
    /// [`AccessError::NotFound`] if the group has been deleted since.
    pub async fn written_group(
        &self,
        actor: &Actor,
        id: GroupId,
        member_attributes: bool,
    ) -> Result<GroupEntry, ListError> {
        traced(operation!("userbook.written_group"), async {
            let snapshot = self.load_actor(actor).await?;
            let state = actor_view(&snapshot);
            let members = if self.policy.has(Safeguard::HideMembers) {
                traced(step!("authorize"), self.authorizer().visible_users(actor, state)).await?
            } else {
                Scope::Everything
            };
            let max_bytes = self.policy.limits().page_bytes;
            let query = GroupListQuery {
                members: Some(members),
                attributes: ReadAttributes { groups: true, members: member_attributes },
                scope: Scope::Only([id].into()),
                filter: GroupFilter::default(),
                order: Vec::new(),
                offset: 0,
                limit: 1,
                max_bytes,
            };
            let page = traced(step!("list"), self.store.list_groups(&query)).await?;
            if page.too_large {
                return Err(ListError::PageTooLarge { limit: max_bytes });
            }
            let mut entry = page.groups.into_iter().next().ok_or(AccessError::NotFound)?;
            if let Some(parent) = entry.group.parent
                && self.policy.has(Safeguard::HideGroups)
                && !traced(step!("authorize"), self.authorizer().visible_groups(actor, state))
                    .await?
                    .contains(&parent)
            {
                entry.parent_name = None;
            }
            Ok(entry)
        })
        .await
    }
}
