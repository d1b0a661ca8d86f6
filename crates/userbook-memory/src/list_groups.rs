//! Listing groups.

use std::{cmp::Ordering, collections::BTreeSet, sync::Arc};

use userbook::{
    Group, GroupColumn, GroupEntry, GroupFilter, GroupId, GroupListQuery, GroupPage, Order, Scope, User,
    UserId, json_contains,
};

use crate::{
    groups::Node,
    listing::{any_of, by, cut, holds_words, is_within, page, words},
    state::State,
};

/// A page, nothing of it copied yet.
#[derive(Debug)]
pub(crate) struct FoundGroups {
    groups: Vec<FoundGroup>,
    count: u64,
}

#[derive(Debug)]
struct FoundGroup {
    group: Arc<Group>,
    parent: Option<Arc<Group>>,
    members: Vec<Arc<User>>,
}

impl State {
    pub(crate) fn list_groups(&self, query: &GroupListQuery) -> FoundGroups {
        let &GroupListQuery { ref scope, ref filter, ref order, offset, limit } = query;
        let by_name = order.first().is_some_and(|order| order.column == GroupColumn::Name);
        let everything = *scope == Scope::Everything && *filter == GroupFilter::default();
        let (rows, count) = if everything && by_name {
            (cut(self.groups_by_name(order), offset, limit).collect(), self.groups.nodes.len() as u64)
        } else {
            let (rows, sorted) = match self.group_candidates(query) {
                Some(ids) => (ids.into_iter().filter_map(|id| self.groups.nodes.get(&id)).collect(), false),
                None => (self.groups_by_name(order).collect::<Vec<_>>(), by_name),
            };
            let words = words(&filter.search);
            let part = filter.attributes.clone().map(serde_json::Value::Object);
            let meets = |node: &&Node| {
                is_within(scope, &node.group.id)
                    && self.meets(filter, node)
                    && part.as_ref().is_none_or(|part| json_contains(&node.group.attributes, part))
                    && holds_words(&words, &[&node.group.name])
            };
            let rows = rows.into_iter().filter(meets).collect();
            let compare = |left: &&Node, right: &&Node| {
                by(order, &left.group, &right.group, |column, left, right| column_order(column, left, right))
                    .then(left.group.id.cmp(&right.group.id))
            };
            page(rows, sorted, compare, offset, limit)
        };
        FoundGroups { groups: rows.into_iter().map(|node| self.found(node)).collect(), count }
    }

    /// Every group, by name in the direction asked for.
    fn groups_by_name<'a>(&'a self, order: &[Order<GroupColumn>]) -> Box<dyn Iterator<Item = &'a Node> + 'a> {
        let ids: Box<dyn Iterator<Item = &GroupId>> = match order.first() {
            Some(order) if order.descending => Box::new(self.groups.names.values().rev()),
            _ => Box::new(self.groups.names.values()),
        };
        Box::new(ids.filter_map(|id| self.groups.nodes.get(id)))
    }

    /// All that may match, from the narrowest index, if there is one.
    fn group_candidates(&self, query: &GroupListQuery) -> Option<BTreeSet<GroupId>> {
        let groups_of = |users: &BTreeSet<UserId>| -> BTreeSet<GroupId> {
            users.iter().filter_map(|id| self.users.get(id)).flat_map(|user| &user.groups).copied().collect()
        };
        match (&query.filter, &query.scope) {
            (GroupFilter { id: Some(id), .. }, _) => Some([*id].into()),
            (GroupFilter { name: Some(name), .. }, _) => Some(self.groups.named(name).into_iter().collect()),
            (_, Scope::Only(some)) => Some(some.clone()),
            (GroupFilter { members, .. }, _) if !members.is_empty() => Some(groups_of(members)),
            (GroupFilter { member_names, .. }, _) if !member_names.is_empty() => {
                Some(groups_of(&self.users_named(member_names)))
            }
            _ => None,
        }
    }

    fn users_named(&self, names: &BTreeSet<String>) -> BTreeSet<UserId> {
        names.iter().filter_map(|name| self.usernames.get(name)).copied().collect()
    }

    /// Whether the group is as the filter wants it, words and attributes aside.
    fn meets(&self, filter: &GroupFilter, node: &Node) -> bool {
        let group = &node.group;
        let has = |users: &BTreeSet<UserId>| users.iter().any(|user| node.has_member(*user));
        filter.id.is_none_or(|id| id == group.id)
            && filter.name.as_deref().is_none_or(|name| name == group.name)
            && filter.is_superuser.is_none_or(|superuser| superuser == group.is_superuser)
            && any_of(&filter.members, |members| has(members))
            && any_of(&filter.member_names, |names| has(&self.users_named(names)))
    }

    fn found(&self, node: &Node) -> FoundGroup {
        let parent = node.group.parent.and_then(|id| self.groups.nodes.get(&id));
        let mut members: Vec<_> = node.all_members().filter_map(|id| self.listed(id)).cloned().collect();
        members.sort_by_key(|member| member.id);
        FoundGroup {
            group: Arc::clone(&node.group),
            parent: parent.map(|parent| Arc::clone(&parent.group)),
            members,
        }
    }
}

fn column_order(column: GroupColumn, left: &Group, right: &Group) -> Ordering {
    match column {
        GroupColumn::Id => left.id.cmp(&right.id),
        GroupColumn::Name => left.name.cmp(&right.name),
        GroupColumn::IsSuperuser => left.is_superuser.cmp(&right.is_superuser),
    }
}

impl From<FoundGroups> for GroupPage {
    fn from(found: FoundGroups) -> Self {
        let without_groups = |member: Arc<User>| User { groups: [].into(), ..Arc::unwrap_or_clone(member) };
        let entry = |found: FoundGroup| GroupEntry {
            group: Arc::unwrap_or_clone(found.group),
            parent_name: found.parent.map(|parent| parent.name.clone()),
            members: found.members.into_iter().map(without_groups).collect(),
        };
        Self { groups: found.groups.into_iter().map(entry).collect(), count: found.count }
    }
}
