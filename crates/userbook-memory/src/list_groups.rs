//! Lists groups: compares texts and documents outside of the lock, and collects the page under the lock.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::{Map, Value};
use userbook::{
    Group, GroupId, User, UserId,
    store::{
        ContentFilter, GroupColumn, GroupEntry, GroupFilter, GroupListQuery, GroupPage, Order, ROW_BYTES,
        ReadAttributes, RowContent, Scope,
    },
};

use crate::{
    groups::Node,
    listing::{any_of, by},
    scan::{Window, for_each},
    size::Budget,
    state::State,
};

/// Whether groups match the filters on their content. A result is valid while the group is unchanged.
#[derive(Debug, Default)]
pub(crate) struct ContentMatches(HashMap<GroupId, (Arc<Group>, bool)>);

impl ContentMatches {
    /// Compares groups that were collected under the lock.
    pub(crate) async fn of(groups: Vec<Arc<Group>>, filter: &ContentFilter) -> Self {
        let mut matches = HashMap::with_capacity(groups.len());
        for_each(groups, |group| {
            let is_match = content_matches(filter, &group);
            matches.insert(group.id, (group, is_match));
        })
        .await;
        Self(matches)
    }

    /// Compares a group that was written meanwhile.
    fn get(&self, group: &Arc<Group>, filter: &ContentFilter) -> bool {
        match self.0.get(&group.id) {
            Some((compared, is_match)) if Arc::ptr_eq(compared, group) => *is_match,
            _ => content_matches(filter, group),
        }
    }
}

fn content_matches(filter: &ContentFilter, group: &Group) -> bool {
    let Group { name, is_superuser, attributes, .. } = group;
    filter.matches(RowContent::Group { name, is_superuser: *is_superuser, attributes })
}

/// A page without copies of rows.
#[derive(Debug)]
pub(crate) struct FoundGroups {
    groups: Vec<FoundGroup>,
    count: u64,
    /// Whether more members exist than fit.
    too_many_members: bool,
}

#[derive(Debug)]
struct FoundGroup {
    group: Arc<Group>,
    parent: Option<Arc<Group>>,
    members: Vec<Arc<User>>,
}

impl FoundGroup {
    /// Replaces the attributes that are not read.
    fn with(self, attributes: ReadAttributes) -> Self {
        let (mut group, mut members) = (self.group, self.members);
        if !attributes.groups {
            let Group { id, parent, is_superuser, created_at, updated_at, .. } = *group;
            let (name, external_ids) = (group.name.clone(), group.external_ids.clone());
            let attributes = Value::Object(Map::new());
            group = Arc::new(Group {
                id,
                name,
                is_superuser,
                attributes,
                external_ids,
                parent,
                created_at,
                updated_at,
            });
        }
        if !attributes.members {
            let without = |user: &Arc<User>| {
                Arc::new(User { attributes: Value::Object(Map::new()).into(), ..User::clone(user) })
            };
            members = members.iter().map(without).collect();
        }
        Self { group, members, ..self }
    }
}

impl State {
    /// Returns the groups whose content must be compared.
    pub(crate) fn groups_to_compare(&self, query: &GroupListQuery) -> Vec<Arc<Group>> {
        let candidates: Vec<&Node> = self.candidate_nodes(query).0;
        let cheap = candidates.into_iter().filter(|node| Self::matches(query, node));
        cheap.map(|node| Arc::clone(&node.group)).collect()
    }

    pub(crate) fn list_groups(
        &self,
        query: &GroupListQuery,
        content: Option<&(ContentFilter, ContentMatches)>,
    ) -> FoundGroups {
        let window = Window { offset: query.offset, limit: query.limit };
        let is_whole = query.scope == Scope::Everything && query.filter == GroupFilter::default();
        let (page, count) = if is_whole && is_by_name(&query.order) {
            (window.cut(self.groups_by_name(&query.order)).collect(), self.groups.nodes.len() as u64)
        } else {
            let (mut rows, sorted) = self.candidate_nodes(query);
            let has_content =
                |node: &Node| content.is_none_or(|(filter, compared)| compared.get(&node.group, filter));
            rows.retain(|node| Self::matches(query, node) && has_content(node));
            if !sorted {
                rows.sort_by(|left, right| compare(&query.order, left, right));
            }
            let count = rows.len() as u64;
            (window.cut(rows.into_iter()).collect::<Vec<_>>(), count)
        };
        self.found(&page, count, query)
    }

    /// Returns all groups by name in the direction of the query.
    fn groups_by_name<'a>(&'a self, order: &[Order<GroupColumn>]) -> Box<dyn Iterator<Item = &'a Node> + 'a> {
        let names = self.groups.names.iter().map(|(_, id)| id);
        let ids: Box<dyn Iterator<Item = &GroupId>> = match order.first() {
            Some(order) if order.descending => Box::new(names.rev()),
            _ => Box::new(names),
        };
        Box::new(ids.filter_map(|id| self.groups.nodes.get(id)))
    }

    /// Returns all possibly matching groups, and whether they are sorted.
    fn candidate_nodes(&self, query: &GroupListQuery) -> (Vec<&Node>, bool) {
        match self.group_candidates(query) {
            Some(ids) => (ids.into_iter().filter_map(|id| self.groups.nodes.get(&id)).collect(), false),
            None => (self.groups_by_name(&query.order).collect(), is_by_name(&query.order)),
        }
    }

    /// Returns all possibly matching groups from the narrowest index, if an index applies.
    fn group_candidates(&self, query: &GroupListQuery) -> Option<BTreeSet<GroupId>> {
        let groups_of = |users: &BTreeSet<UserId>| -> BTreeSet<GroupId> {
            users.iter().filter_map(|id| self.users.get(id)).flat_map(|user| &user.groups).copied().collect()
        };
        match (&query.filter, &query.scope) {
            (GroupFilter { ids, .. }, _) if !ids.is_empty() => Some(ids.clone()),
            (GroupFilter { names, .. }, _) if !names.is_empty() => {
                Some(names.iter().flat_map(|name| self.groups.named(name)).collect())
            }
            (GroupFilter { parents, .. }, _) if !parents.is_empty() => {
                let nodes = parents.iter().filter_map(|id| self.groups.nodes.get(id));
                Some(nodes.flat_map(|node| &node.children).copied().collect())
            }
            (GroupFilter { external_id: Some(filter), .. }, _) => Some(self.groups.external_ids.find(filter)),
            (_, Scope::Only(some)) => Some(some.clone()),
            (GroupFilter { members, .. }, _) => members.first().map(groups_of),
        }
    }

    /// Returns whether the group is in the scope and matches the filter, except words and attributes.
    fn matches(query: &GroupListQuery, node: &Node) -> bool {
        let (filter, group) = (&query.filter, &node.group);
        let has = |users: &BTreeSet<UserId>| users.iter().any(|user| node.members.contains(*user));
        query.scope.contains(&group.id)
            && any_of(&filter.ids, &group.id)
            && any_of(&filter.names, &group.name)
            && filter.is_superuser.is_none_or(|superuser| superuser == group.is_superuser)
            && (filter.parents.is_empty()
                || group.parent.is_some_and(|parent| filter.parents.contains(&parent)))
            && filter.external_id.as_ref().is_none_or(|filter| filter.matches(&group.external_ids))
            && filter.members.iter().all(has)
    }

    fn found(&self, page: &[&Node], count: u64, query: &GroupListQuery) -> FoundGroups {
        let mut left = usize::try_from(query.max_bytes / ROW_BYTES).unwrap_or(usize::MAX);
        let mut groups = Vec::with_capacity(page.len());
        for node in page {
            let members = self.shown_members(node, query.members.as_ref(), left.saturating_add(1));
            let Some(fewer) = left.checked_sub(members.len()) else {
                return FoundGroups { groups: Vec::new(), count, too_many_members: true };
            };
            left = fewer;
            let parent = node.group.parent.and_then(|id| self.groups.nodes.get(&id));
            groups.push(FoundGroup {
                group: Arc::clone(&node.group),
                parent: parent.map(|parent| Arc::clone(&parent.group)),
                members,
            });
        }
        FoundGroups { groups, count, too_many_members: false }
    }

    /// Returns up to `limit` of the requested members by ascending id.
    fn shown_members(&self, node: &Node, scope: Option<&Scope<UserId>>, limit: usize) -> Vec<Arc<User>> {
        let ids: Vec<UserId> = match scope {
            None | Some(Scope::Nothing) => Vec::new(),
            // One more, because `AnonymousUser` is removed.
            Some(Scope::Everything) => node.members.first(limit.saturating_add(1)).into_iter().collect(),
            Some(Scope::Only(some)) if !some.is_by_id() => {
                let is_shown = |id: &UserId| {
                    self.users.get(id).is_some_and(|user| some.contains(user.id, &user.path, &user.groups))
                };
                node.members.iter().filter(is_shown).take(limit.saturating_add(1)).collect()
            }
            Some(Scope::Only(some)) => {
                some.ids.iter().copied().filter(|user| node.members.contains(*user)).collect()
            }
        };
        ids.into_iter().filter_map(|id| self.listed(id)).take(limit).cloned().collect()
    }
}

fn is_by_name(order: &[Order<GroupColumn>]) -> bool {
    order.first().is_some_and(|order| order.column == GroupColumn::Name)
}

fn compare(order: &[Order<GroupColumn>], left: &Node, right: &Node) -> Ordering {
    by(order, &left.group, &right.group, |column, left, right| column_order(column, left, right))
        .then(left.group.id.cmp(&right.group.id))
}

fn column_order(column: GroupColumn, left: &Group, right: &Group) -> Ordering {
    match column {
        GroupColumn::Id => left.id.cmp(&right.id),
        GroupColumn::Name => left.name.cmp(&right.name),
        GroupColumn::IsSuperuser => left.is_superuser.cmp(&right.is_superuser),
        GroupColumn::Parent => {
            let key = |group: &Group| (group.parent.is_none(), group.parent);
            key(left).cmp(&key(right))
        }
        GroupColumn::CreatedAt => left.created_at.cmp(&right.created_at),
        GroupColumn::UpdatedAt => left.updated_at.cmp(&right.updated_at),
    }
}

impl FoundGroups {
    /// Returns the page with copies of its rows.
    pub(crate) async fn into_page(mut self, query: &GroupListQuery) -> GroupPage {
        self.groups = self.groups.into_iter().map(|found| found.with(query.attributes)).collect();
        if self.too_many_members || self.is_too_large(query.max_bytes).await {
            return GroupPage { count: self.count, too_large: true, ..GroupPage::default() };
        }
        let without_groups = |member: Arc<User>| User { groups: [].into(), ..Arc::unwrap_or_clone(member) };
        let entry = |found: FoundGroup| GroupEntry {
            group: Arc::unwrap_or_clone(found.group),
            parent_name: found.parent.map(|parent| parent.name.clone()),
            members: found.members.into_iter().map(without_groups).collect(),
        };
        GroupPage {
            groups: self.groups.into_iter().map(entry).collect(),
            count: self.count,
            too_large: false,
        }
    }

    async fn is_too_large(&self, max_bytes: u64) -> bool {
        let mut budget = Budget::new(max_bytes);
        for found in &self.groups {
            if !budget.group(&found.group).await {
                return true;
            }
            for member in &found.members {
                if !budget.user(member).await {
                    return true;
                }
            }
        }
        false
    }
}
