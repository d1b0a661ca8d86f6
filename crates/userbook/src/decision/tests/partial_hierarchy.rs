//! A decision about a group gets the same facts from the groups around it as from the whole hierarchy.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::fixture::group;
use crate::{
    decision::hierarchy::{Shape, after, children, given, grants, is_above, positions, taken},
    model::{Group, GroupGraph, GroupId, MAX_PARENTS},
    store::{DirectorySnapshot, GroupShape},
};

const COUNT: usize = 45;

fn id(n: usize) -> GroupId {
    GroupId(Uuid::from_u128(n as u128 + 1))
}

/// Mostly long chains, with branches, cycles and few flags.
fn groups() -> impl Strategy<Value = Vec<Group>> {
    let parent = prop_oneof![6 => Just(None), 2 => (0..COUNT).prop_map(Some), 1 => Just(Some(COUNT))];
    let flag = prop_oneof![12 => Just(false), 1 => Just(true)];
    prop::collection::vec((flag, parent), COUNT).prop_map(|rows| {
        let at = |(n, (flag, parent)): (usize, (bool, Option<usize>))| {
            let parent = parent.unwrap_or(n + 1);
            group(id(n), "group", flag, (parent < COUNT).then(|| id(parent)))
        };
        rows.into_iter().enumerate().map(at).collect()
    })
}

/// What a store loads for groups of a query: each with its ancestors within the limit.
fn closure(groups: &[Group], starts: &[GroupId]) -> GroupGraph {
    let find = |id: GroupId| groups.iter().find(|group| group.id == id);
    let lineage = |start: &GroupId| {
        std::iter::successors(find(*start), move |group| find(group.parent?)).take(MAX_PARENTS + 1)
    };
    starts.iter().flat_map(lineage).cloned().collect()
}

/// What a store loads below a group.
fn below(whole: &Shape, top: GroupId) -> Shape {
    let mut found: BTreeSet<GroupId> = whole.contains_key(&top).then_some(top).into_iter().collect();
    loop {
        let is_below = |group: &GroupShape| group.parent.is_some_and(|parent| found.contains(&parent));
        let more: Vec<_> = whole.iter().filter(|(_, group)| is_below(group)).map(|(id, _)| *id).collect();
        let known = found.len();
        found.extend(more);
        if found.len() == known {
            return whole.iter().filter(|(id, _)| found.contains(id)).map(|(id, at)| (*id, *at)).collect();
        }
    }
}

proptest! {
    #[test]
    fn the_groups_around_a_group_decide_like_the_whole_hierarchy(
        groups in groups(),
        // One more than there are groups: a new one.
        written in 0..=COUNT,
        change in prop_oneof![
            1 => Just(None),
            4 => (any::<bool>(), prop::option::of(0..COUNT)).prop_map(Some),
        ],
        keeps in prop_oneof![3 => Just(false), 1 => Just(true)],
        actor in 0..COUNT,
    ) {
        let stored: Vec<Group> = groups.into_iter().filter(|group| group.id != id(COUNT)).collect();
        let whole: Shape = stored.iter().map(|group| (group.id, GroupShape::of(group))).collect();
        let before = stored.iter().find(|group| group.id == id(written)).cloned();
        let new = change.map(|(flag, parent)| group(id(written), "group", flag, parent.map(id)));
        let new = if keeps { before.clone().or(new) } else { new };
        let parent = new.as_ref().and_then(|group| group.parent);
        let starts: Vec<_> = [id(written), id(actor)].into_iter().chain(parent).collect();
        let moves = before.as_ref().map(GroupShape::of) != new.as_ref().map(GroupShape::of);
        let partial = positions(&DirectorySnapshot {
            groups: closure(&stored, &starts),
            shape: if moves { below(&whole, id(written)) } else { Shape::new() },
            ..DirectorySnapshot::default()
        });

        let afters = [&whole, &partial].map(|shape| after(shape, id(written), new.as_ref()));
        let [whole_after, partial_after] = &afters;
        for changes in [false, true] {
            prop_assert_eq!(
                given(&partial, partial_after, id(written), changes),
                given(&whole, whole_after, id(written), changes)
            );
            prop_assert_eq!(
                taken(&partial, partial_after, id(written), changes),
                taken(&whole, whole_after, id(written), changes)
            );
        }
        for group in [id(written), id(actor)] {
            prop_assert_eq!(grants(&partial, group), grants(&whole, group));
            prop_assert_eq!(grants(partial_after, group), grants(whole_after, group));
        }
        if let Some(parent) = parent.filter(|_| moves) {
            prop_assert_eq!(is_above(&partial, id(written), parent), is_above(&whole, id(written), parent));
        }
        if moves {
            prop_assert_eq!(children(&partial, id(written)), children(&whole, id(written)));
        }
    }
}
