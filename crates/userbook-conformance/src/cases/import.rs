//! Imports into an empty store.

use userbook::test_support::assert_same;
use userbook::{
    Group, User, UserId,
    store::{ImportData, ImportOutcome, ImportStore, SnapshotQuery},
};
use uuid::Uuid;

use crate::{
    Harness,
    build::{ANN, BOB, group, group_id, member, rows, user},
    check::{epochs, find, load, ok, pending, row},
};

async fn empty<H: Harness>() -> H {
    H::with(&ImportData::default()).await
}

/// Law: rows are read back as imported, without events; the install id is stored.
pub async fn an_empty_store_takes_rows<H: Harness<Store: ImportStore>>() {
    let harness = empty::<H>().await;
    let users = [member(ANN, [1]), User { is_active: false, ..member(BOB, [1, 2]) }];
    let import = rows([group(1), group(2)], users.clone());
    assert_eq!(ok(harness.store().import(&import).await), ImportOutcome::Imported);
    for user in users {
        assert_eq!(row(&harness, user.id).await, user);
    }
    assert_eq!(pending(&harness).await, []);
    assert_eq!(ok(harness.store().install_id().await), Some("install".to_owned()));
}

/// Law: a parent may follow its children, and cycles are valid data.
pub async fn parents_may_follow_their_children<H: Harness<Store: ImportStore>>() {
    let harness = empty::<H>().await;
    let below = |n: u128, parent: u128| Group { parent: Some(group_id(parent)), ..group(n) };
    let groups = [below(1, 2), below(2, 3), below(3, 2), below(4, 4)];
    let import = rows(groups.clone(), [member(ANN, [1, 4])]);
    assert_eq!(ok(harness.store().import(&import).await), ImportOutcome::Imported);
    let found = load(&harness, &SnapshotQuery::user(ANN)).await.groups;
    assert_eq!(found.iter().cloned().collect::<Vec<_>>(), groups);
}

/// Law: a store with users or groups rejects an import, because an import must not mix two directories.
pub async fn a_store_with_rows_rejects_imports<H: Harness<Store: ImportStore>>() {
    let other = ImportData { install_id: "other".to_owned(), ..rows([group(2)], [member(BOB, [2])]) };
    for first in [rows([], [user(ANN)]), rows([group(1)], []), rows([group(1)], [member(ANN, [1])])] {
        let harness = H::with(&first).await;
        assert_eq!(ok(harness.store().import(&other).await), ImportOutcome::NotEmpty);
        assert_eq!(find(&harness, BOB).await, None);
        assert_eq!(ok(harness.store().install_id().await), Some(first.install_id));
        for user in first.users {
            // Groups of both imports: a rejected import must not have stored a group.
            let groups = [group_id(1), group_id(2)].into();
            let facts = load(&harness, &SnapshotQuery { groups, ..SnapshotQuery::user(user.id) }).await;
            assert_eq!(facts.groups.iter().cloned().collect::<Vec<_>>(), first.groups);
            assert_eq!(facts.user, Some(user));
        }
    }
}

/// Law: the next user gets an id above all imported ids.
pub async fn the_next_id_is_above_all<H: Harness<Store: ImportStore>>() {
    for (ids, last) in
        [(vec![1, 2, 3], 3), (vec![9000, 4], 9000), (vec![i64::from(u32::MAX)], i64::from(u32::MAX))]
    {
        let users: Vec<_> = ids.iter().map(|id| user(UserId(*id))).collect();
        let harness = H::with(&rows([], users.clone())).await;
        let next = epochs(&harness).await.next_user;
        assert!(i64::try_from(next).is_ok_and(|next| next > last), "{next} is not above {last}");
    }
}

/// Law: an import moves the counters of the graph and of superusers, because decisions about the empty store must not
/// be committed afterwards. A rejected import moves none.
pub async fn an_import_moves_the_counters<H: Harness<Store: ImportStore>>() {
    let harness = empty::<H>().await;
    let before = epochs(&harness).await;
    let import = rows([group(1)], [member(ANN, [1])]);
    assert_eq!(ok(harness.store().import(&import).await), ImportOutcome::Imported);
    let after = epochs(&harness).await;
    assert!(after.graph > before.graph && after.superusers > before.superusers, "{before:?} {after:?}");
    assert_eq!(ok(harness.store().import(&import).await), ImportOutcome::NotEmpty);
    assert_eq!(epochs(&harness).await, after);
}

/// Law: rows that cannot be stored fail the whole import: nothing is stored, and a valid import may follow.
pub async fn bad_rows_leave_no_trace<H: Harness<Store: ImportStore>>() {
    let harness = empty::<H>().await;
    let namesake = User { username: user(ANN).username, ..user(BOB) };
    let orphan = Group { parent: Some(group_id(9)), ..group(1) };
    for bad in [
        rows([], [user(ANN), namesake]),
        rows([], [user(ANN), User { username: "other".to_owned(), uuid: Uuid::nil(), ..user(ANN) }]),
        rows([], [user(ANN), User { uuid: user(ANN).uuid, ..user(BOB) }]),
        rows([group(1)], [user(BOB), member(ANN, [1, 9])]),
        rows([group(2), orphan], [user(ANN)]),
        rows([group(1), Group { name: "other".to_owned(), ..group(1) }], [user(ANN)]),
    ] {
        assert!(harness.store().import(&bad).await.is_err(), "these rows contradict each other");
        assert_eq!(find(&harness, ANN).await, None);
    }
    let good = rows([group(1)], [member(ANN, [1])]);
    assert_eq!(ok(harness.store().import(&good).await), ImportOutcome::Imported);
    assert_same(&row(&harness, ANN).await, &member(ANN, [1]));
}
