//! Pages are limited in bytes.

use serde_json::json;
use userbook::{
    Group, User, UserId,
    store::{
        GroupFilter, GroupListQuery, GroupPage, ListStore, ProvisioningStore, ROW_BYTES, ReadAttributes,
        Scope, UserFilter, UserListQuery, UserPage,
    },
};

use super::{group_lists, user_lists};
use crate::{
    Harness,
    build::{ANN, BOB, group, group_id, member, rows, user},
};

const LARGE: usize = 50_000;

fn large() -> String {
    "x".repeat(LARGE)
}

/// Law: a page of users is returned completely or not at all. A page above the limit is empty and marked, with the
/// count of all users. Each text, the attributes and the groups with their ancestors count; rows of other pages do
/// not.
pub async fn a_page_of_users_is_bounded<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let document = json!({ "text": large() });
    let heavy_group = Group { attributes: document.clone(), ..group(2) };
    let below = Group { parent: Some(group_id(2)), ..group(1) };
    for (ann, groups) in [
        (User { name: large(), ..user(ANN) }, vec![]),
        (User { email: large(), ..user(ANN) }, vec![]),
        (User { path: large(), ..user(ANN) }, vec![]),
        (User { attributes: document.into(), ..user(ANN) }, vec![]),
        (member(ANN, [2]), vec![heavy_group.clone()]),
        (member(ANN, [1]), vec![below, heavy_group]),
    ] {
        let harness = H::with(&rows(groups, [ann.clone(), user(BOB)])).await;
        let page = |max_bytes| UserListQuery { max_bytes, ..user_lists::all(UserFilter::default()) };
        let bound = LARGE as u64;
        let too_large = user_lists::list(&harness, &page(bound)).await;
        assert_eq!(too_large, UserPage { count: 2, too_large: true, ..UserPage::default() }, "{ann:.80?}");
        let whole = user_lists::list(&harness, &page(bound + 10_000)).await;
        assert_eq!((whole.users.len(), whole.count, whole.too_large), (2, 2, false));

        // BOB, the first user, is small.
        let first = UserListQuery { limit: 1, ..page(10_000) };
        let first = user_lists::list(&harness, &first).await;
        assert_eq!((user_lists::ids(&first), first.count, first.too_large), (vec![BOB.0], 2, false));
        let none = UserListQuery { offset: 2, ..page(0) };
        let none = user_lists::list(&harness, &none).await;
        assert_eq!(
            (none.users.len(), none.count, none.too_large),
            (0, 2, false),
            "an empty page has no size"
        );
    }
}

/// Law: many small rows count like a few large ones: each user, group and membership counts.
pub async fn rows_count_towards_the_size<H: Harness<Store: ListStore + ProvisioningStore>>() {
    const MANY: u64 = 200;
    let groups: Vec<_> = (0..u128::from(MANY)).map(group).collect();
    let everywhere = member(ANN, 0..u128::from(MANY));
    let small = |id| User { attributes: json!({}).into(), ..member(UserId(id), [0]) };
    let users: Vec<_> = (1000..1000 + 200).map(small).chain([everywhere]).collect();
    let harness = H::with(&rows(groups, users)).await;
    let only = |some: &[UserId]| Scope::Only(some.iter().copied().collect());
    let page =
        |scope, max_bytes| UserListQuery { scope, max_bytes, ..user_lists::all(UserFilter::default()) };
    let many: Vec<_> = (1000..1000 + 200).map(UserId).collect();
    for (scope, count) in [(only(&[ANN]), 1), (only(&many), MANY)] {
        let bound = MANY * ROW_BYTES;
        let too_large = user_lists::list(&harness, &page(scope.clone(), bound)).await;
        assert_eq!(
            (too_large.users.len(), too_large.count, too_large.too_large),
            (0, count, true),
            "{scope:?}"
        );
        let whole = user_lists::list(&harness, &page(scope, 10 * bound)).await;
        assert_eq!((whole.users.len() as u64, whole.too_large), (count, false));
    }
    let all = GroupListQuery { max_bytes: MANY * ROW_BYTES, ..group_lists::all(GroupFilter::default()) };
    let one = GroupFilter { ids: [group_id(0)].into(), ..GroupFilter::default() };
    let too_large = group_lists::list(&harness, &GroupListQuery { filter: one.clone(), ..all.clone() }).await;
    assert_eq!(too_large, GroupPage { count: 1, too_large: true, ..GroupPage::default() });
    let few = GroupListQuery { filter: one, members: Some(only(many.get(..3).unwrap_or_default())), ..all };
    assert_eq!(group_lists::list(&harness, &few).await.groups.first().map(|it| it.members.len()), Some(3));
}

/// Law: pages of groups are limited in the same way; members count if they are read.
pub async fn a_page_of_groups_is_bounded<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let document = json!({ "text": large() });
    let heavy_member = User { attributes: document.clone().into(), ..member(ANN, [2]) };
    for (second, ann, counts_without_members) in [
        (Group { attributes: document, ..group(2) }, user(ANN), true),
        (Group { name: large(), ..group(2) }, user(ANN), true),
        (group(2), heavy_member, false),
        (group(2), User { name: large(), ..member(ANN, [2]) }, false),
    ] {
        let harness = H::with(&rows([group(1), second], [ann, member(BOB, [1])])).await;
        let bound = LARGE as u64;
        let page = |max_bytes| GroupListQuery { max_bytes, ..group_lists::all(GroupFilter::default()) };
        let too_large = group_lists::list(&harness, &page(bound)).await;
        assert_eq!(too_large, GroupPage { count: 2, too_large: true, ..GroupPage::default() });
        let whole = group_lists::list(&harness, &page(bound + 10_000)).await;
        assert_eq!((whole.groups.len(), whole.count, whole.too_large), (2, 2, false));

        let alone = GroupListQuery { members: None, ..page(bound) };
        assert_eq!(group_lists::list(&harness, &alone).await.too_large, counts_without_members);
        let first = GroupListQuery { limit: 1, ..page(10_000) };
        let first = group_lists::list(&harness, &first).await;
        assert_eq!((first.groups.len(), first.count, first.too_large), (1, 2, false));
        assert_eq!(first.groups.first().map(|entry| entry.group.id), Some(group_id(1)));
    }
}

/// Law: attributes that a query does not read are empty, and count as empty towards the size.
pub async fn attributes_are_read_on_request<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let document = json!({ "text": large() });
    let heavy_group = Group { attributes: document.clone(), ..group(1) };
    let heavy_member = User { attributes: document.clone().into(), ..member(ANN, [1]) };
    let harness = H::with(&rows([heavy_group.clone()], [heavy_member.clone()])).await;
    for (groups, members) in [(true, true), (true, false), (false, true), (false, false)] {
        let attributes = ReadAttributes { groups, members };
        let size = LARGE as u64 * (u64::from(groups) + u64::from(members));
        let page =
            |max_bytes| GroupListQuery { attributes, max_bytes, ..group_lists::all(GroupFilter::default()) };
        let read = group_lists::list(&harness, &page(size + 10_000)).await;
        let [entry] = &*read.groups else { panic!("one group is stored: {read:.200?}") };
        let shown = |is_read: bool| if is_read { document.clone() } else { json!({}) };
        assert_eq!(entry.group, Group { attributes: shown(groups), ..heavy_group.clone() });
        let [member] = &*entry.members else { panic!("the group has one member: {read:.200?}") };
        let expected = User { attributes: shown(members).into(), groups: [].into(), ..heavy_member.clone() };
        assert_eq!(member, &expected, "{attributes:?}");
        if size > 0 {
            assert!(group_lists::list(&harness, &page(size)).await.too_large, "{attributes:?}");
        }
    }
}
