//! What a survey answers.

use std::collections::BTreeMap;

use userbook::{ActorState, DirectoryStore, Group, GroupGraph, GroupShape, Survey, SurveyQuery, User};

use crate::{
    Harness,
    build::{ANN, BOB, NOBODY, chain, change_id, group, group_id, group_ids, member, rename, rows, user},
    check::{apply, ok},
};

async fn survey<H: Harness<Store: DirectoryStore>>(harness: &H, query: &SurveyQuery) -> Survey {
    ok(harness.store().survey(query).await)
}

/// Law: what was not asked for is not told, and an empty store answers.
pub async fn an_empty_question<H: Harness<Store: DirectoryStore>>() {
    let harness = H::with(&rows([group(1)], [member(ANN, [1])])).await;
    let told = survey(&harness, &SurveyQuery::default()).await;
    assert_eq!(told, Survey { epochs: told.epochs, ..Survey::default() });

    let empty = H::with(&rows([], [])).await;
    let query = SurveyQuery {
        username: Some(user(ANN).username),
        group_name: Some(group(1).name),
        groups: group_ids([1]),
        actor: Some(ANN),
        shape: true,
        active_member_of: Some(group_ids([1])),
        change: Some(change_id(1)),
    };
    let told = survey(&empty, &query).await;
    assert_eq!(told, Survey { epochs: told.epochs, ..Survey::default() });
}

/// Law: names of users and groups are compared byte for byte, whoever has them.
pub async fn names<H: Harness<Store: DirectoryStore>>() {
    let named = Group { name: "Stäff".to_owned(), ..group(1) };
    let ann = User { username: "änn".to_owned(), ..user(ANN) };
    let harness = H::with(&rows([named, group(2)], [ann])).await;
    for (text, taken) in
        [("änn", true), ("Änn", false), ("ann", false), ("a\u{308}nn", false), ("änn ", false)]
    {
        let query = SurveyQuery { username: Some(text.to_owned()), ..SurveyQuery::default() };
        assert_eq!(survey(&harness, &query).await.username_taken, taken, "{text:?}");
    }
    for (text, found) in [("Stäff", true), ("stäff", false), ("Staff", false), ("Stäff ", false), ("", false)]
    {
        let query = SurveyQuery { group_name: Some(text.to_owned()), ..SurveyQuery::default() };
        assert_eq!(survey(&harness, &query).await.group_named, found.then(|| group_id(1)), "{text:?}");
    }
}

/// Law: the groups asked for and the actor's come with their ancestors up to 19 above; the actor as in a load.
pub async fn groups_and_the_actor<H: Harness<Store: DirectoryStore>>() {
    let groups = chain(60);
    let bob = User { is_active: false, ..member(BOB, [30]) };
    let harness = H::with(&rows(groups.clone(), [user(ANN), bob.clone()])).await;
    let query = SurveyQuery {
        groups: [group_id(3), group_id(900)].into(),
        actor: Some(BOB),
        ..SurveyQuery::default()
    };
    let told = survey(&harness, &query).await;
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

    let query = SurveyQuery { actor: Some(NOBODY), ..SurveyQuery::default() };
    assert_eq!(survey(&harness, &query).await.actor, None);
}

/// Law: the shape is every group's place, however far from what else was asked.
pub async fn the_shape_of_the_hierarchy<H: Harness<Store: DirectoryStore>>() {
    let mut groups = chain(40);
    groups.push(Group { is_superuser: true, parent: Some(group_id(41)), ..group(41) });
    let harness = H::with(&rows(groups.clone(), [user(ANN)])).await;
    let told = survey(&harness, &SurveyQuery { shape: true, ..SurveyQuery::default() }).await;
    let shape = |group: &Group| GroupShape { is_superuser: group.is_superuser, parent: group.parent };
    let expected: BTreeMap<_, _> = groups.iter().map(|group| (group.id, shape(group))).collect();
    assert_eq!(told.shape, expected);
    assert_eq!(told.groups.iter().count(), 0, "no group was asked for by its id");
}

/// Law: whether a group has an active *direct* member; inactive ones and members of groups around do not count.
pub async fn active_members<H: Harness<Store: DirectoryStore>>() {
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
            SurveyQuery { active_member_of: Some(group_ids(asked.clone())), ..SurveyQuery::default() };
        assert_eq!(survey(&harness, &query).await.active_member, expected, "{asked:?}");
    }
}

/// Law: a survey tells the same counters as a load, and whether a change has landed.
pub async fn landed_and_counters<H: Harness<Store: DirectoryStore>>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let query = SurveyQuery { change: Some(change_id(1)), ..SurveyQuery::default() };
    assert!(!survey(&harness, &query).await.landed);
    apply(&harness, &rename(&user(ANN), 1)).await;
    let told = survey(&harness, &query).await;
    assert!(told.landed);
    let loaded = crate::check::load(&harness, &userbook::SnapshotQuery::user(ANN)).await.epochs;
    assert_eq!(told.epochs, loaded);
}
