//! Deleting a group whose child groups lose their parent.

use super::fixture::{ADMINS, BELOW, HELP, STAFF, group};
use super::group_fixture::{Write, delete, put};
use crate::{
    event::{Diff, EventGroup, FieldDiff},
    model::GroupId,
    policy::{Policy, Safeguard},
    store::GroupShape,
};

/// Deletes an ordinary group with these child groups.
fn parent_of(children: &[GroupId]) -> Write {
    let mut write = delete(STAFF);
    for child in children {
        let group = group(*child, "child", false, Some(STAFF));
        write.directory.shape.insert(*child, GroupShape::of(&group));
        write.directory.groups.insert(group);
    }
    write
}

fn detached(diff: &Diff) -> Vec<GroupId> {
    match diff.get("children") {
        None => Vec::new(),
        Some(FieldDiff::Groups { added, removed }) => {
            assert_eq!(added, &[]);
            removed.iter().map(|group| group.id).collect()
        }
        Some(other) => panic!("{other:?}"),
    }
}

#[test]
fn the_event_of_a_deletion_names_the_groups_that_lose_their_parent() {
    let event = delete(ADMINS).by_superuser().change().event;
    let below = EventGroup { id: BELOW, name: "below".into() };
    assert_eq!(event.diff["children"], FieldDiff::Groups { added: Vec::new(), removed: vec![below] });
    let (change, shown) = parent_of(&[HELP]).decided().unwrap().unwrap();
    assert_eq!((detached(&change.event.diff), detached(&shown)), (vec![HELP], vec![HELP]));
    assert_eq!(detached(&parent_of(&[]).change().event.diff), []);
    assert_eq!(
        detached(&parent_of(&[STAFF]).change().event.diff),
        [],
        "a stored group may be its own parent"
    );
    assert_eq!(detached(&put(group(ADMINS, "renamed", true, None)).change().event.diff), [], "children stay");
}

#[test]
fn deletion_requires_the_right_to_change_each_child_group() {
    let children = [HELP, GroupId(uuid::Uuid::from_u128(77))];
    let [first, second] = children;
    assert_eq!(parent_of(&children).outcome(), "commit");
    for (unchangeable, hidden) in [(vec![first], vec![]), (vec![second], vec![]), (vec![], vec![second])] {
        let write = || {
            let write = parent_of(&children);
            write.with(|it| (it.unchangeable, it.hidden) = (unchangeable.clone(), hidden.clone()))
        };
        assert_eq!(write().outcome(), "child groups");
        let off = write().with(|it| it.policy = Policy::hardened().without(Safeguard::ChildGroups));
        let (change, shown) = off.decided().unwrap().unwrap();
        assert_eq!(detached(&change.event.diff), children, "the event is complete");
        let visible: Vec<_> = children.into_iter().filter(|child| !hidden.contains(child)).collect();
        assert_eq!(detached(&shown), visible, "the caller learns of no hidden group");
        let recorded = write().with(|it| it.policy = Policy::authentik_2025_2());
        assert_eq!(recorded.outcome(), "commit", "as recorded");
    }
    let all = parent_of(&children).with(|it| it.hidden = children.to_vec());
    let off = all.with(|it| it.policy = Policy::hardened().without(Safeguard::ChildGroups));
    assert!(!off.decided().unwrap().unwrap().1.contains_key("children"));
}

#[test]
fn superuser_status_counts_before_child_groups() {
    let write = || delete(ADMINS).with(|it| it.unchangeable = vec![BELOW]);
    assert_eq!(write().outcome(), "revokes superuser");
    assert_eq!(write().with(|it| it.granted = vec![ADMINS]).outcome(), "child groups");
}
