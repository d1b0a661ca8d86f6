//! What a directory answers.

use std::collections::BTreeMap;

use userbook::{
    ActorState, DirectoryQuery, DirectorySnapshot, Group, GroupGraph, GroupShape, ProvisioningStore, User,
};

use crate::{
    Harness,
    build::{ANN, BOB, NOBODY, chain, change_id, group, group_id, group_ids, member, rename, rows, user},
    check::{apply, ok},
};

async fn directory<H: Harness<Store: ProvisioningStore>>(
    harness: &H,
    query: &DirectoryQuery,
) -> DirectorySnapshot {
    ok(harness.store().load_directory(query).await)
}

/// Law: what was not asked for is not told, and an empty store answers.
pub async fn an_empty_question<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [member(ANN, [1])])).await;
    let told = directory(&harness, &DirectoryQuery::default()).await;
    assert_eq!(told, DirectorySnapshot { epochs: told.epochs, ..DirectorySnapshot::default() });

    let empty = H::with(&rows([], [])).await;
    let query = DirectoryQuery {
        username: Some(user(ANN).username),
        group_name: Some(group(1).name),
        groups: group_ids([1]),
        actor: Some(ANN),
        shape: true,
        active_member_of: Some(group_ids([1])),
        change: Some(change_id(1)),
    };
    let told = directory(&empty, &query).await;
    assert_eq!(told, DirectorySnapshot { epochs: told.epochs, ..DirectorySnapshot::default() });
}

/// Law: names of users and groups are compared byte for byte, whoever has them.
pub async fn names<H: Harness<Store: ProvisioningStore>>() {
    let named = Group { name: "Stäff".to_owned(), ..group(1) };
    let ann = User { username: "änn".to_owned(), ..user(ANN) };
    let harness = H::with(&rows([named, group(2)], [ann])).await;
    for (text, taken) in
        [("änn", true), ("Änn", false), ("ann", false), ("a\u{308}nn", false), ("änn ", false)]
    {
        let query = DirectoryQuery { username: Some(text.to_owned()), ..DirectoryQuery::default() };
        assert_eq!(directory(&harness, &query).await.username_taken, taken, "{text:?}");
    }
    for (text, found) in [("Stäff", true), ("stäff", false), ("Staff", false), ("Stäff ", false), ("", false)]
    {
        let query = DirectoryQuery { group_name: Some(text.to_owned()), ..DirectoryQuery::default() };
        assert_eq!(directory(&harness, &query).await.group_named, found.then(|| group_id(1)), "{text:?}");
    }
}

/// Law: the groups asked for and the actor's come with their ancestors up to 19 above; the actor as in a load.
pub async fn groups_and_the_actor<H: Harness<Store: ProvisioningStore>>() {
    let groups = chain(60);
    let bob = User { is_active: false, ..member(BOB, [30]) };
    let harness = H::with(&rows(groups.clone(), [user(ANN), bob.clone()])).await;
    let query = DirectoryQuery {
        groups: [group_id(3), group_id(900)].into(),
        actor: Some(BOB),
        ..DirectoryQuery::default()
    };
    let told = directory(&harness, &query).await;
    let expected: GroupGraph = groups.get(3..50).unwrap_or_default().iter().cloned().collect();
    // 3 to 22 and 30 to 49.
    let expected: GroupGraph =
        expected.iter().filter(|group| !group_ids(23..30).contains(&group.id)).cloned().collect();
    assert_eq!(told.groups, expected);
    let actor = ActorState {
        id: BOB,
        is_active: false,
        user_type: bob.user_type,
        groups: group_ids([30]),
        revision: bob.revision,
    };
    assert_eq!(told.actor, Some(actor));

    let query = DirectoryQuery { actor: Some(NOBODY), ..DirectoryQuery::default() };
    assert_eq!(directory(&harness, &query).await.actor, None);
}

/// Law: the shape is every group's place, however far from what else was asked.
pub async fn the_shape_of_the_hierarchy<H: Harness<Store: ProvisioningStore>>() {
    let mut groups = chain(40);
    groups.push(Group { is_superuser: true, parent: Some(group_id(41)), ..group(41) });
    let harness = H::with(&rows(groups.clone(), [user(ANN)])).await;
    let told = directory(&harness, &DirectoryQuery { shape: true, ..DirectoryQuery::default() }).await;
    let shape = |group: &Group| GroupShape { is_superuser: group.is_superuser, parent: group.parent };
    let expected: BTreeMap<_, _> = groups.iter().map(|group| (group.id, shape(group))).collect();
    assert_eq!(told.shape, expected);
    assert_eq!(told.groups.iter().count(), 0, "no group was asked for by its id");
}

/// Law: whether a group has an active *direct* member; inactive ones and members of groups around do not count.
pub async fn active_members<H: Harness<Store: ProvisioningStore>>() {
    let retired = User { is_active: false, ..member(BOB, [0, 1]) };
    let harness = H::with(&rows(chain(3), [member(ANN, [2]), retired])).await;
    for (asked, expected) in [
        (vec![], false),
        (vec![0], false),
        (vec![0, 1], false),
        (vec![2], true),
        (vec![3], false),
        (vec![0, 2, 900], true),
        (vec![900], false),
    ] {
        let query =
            DirectoryQuery { active_member_of: Some(group_ids(asked.clone())), ..DirectoryQuery::default() };
        assert_eq!(directory(&harness, &query).await.active_member, expected, "{asked:?}");
    }
}

/// Law: a directory tells the same counters as a load, and whether a change has change_committed.
pub async fn landed_and_counters<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let query = DirectoryQuery { change: Some(change_id(1)), ..DirectoryQuery::default() };
    assert!(!directory(&harness, &query).await.change_committed);
    apply(&harness, &rename(&user(ANN), 1)).await;
    let told = directory(&harness, &query).await;
    assert!(told.change_committed);
    let loaded = crate::check::load(&harness, &userbook::SnapshotQuery::user(ANN)).await.epochs;
    assert_eq!(told.epochs, loaded);
}
