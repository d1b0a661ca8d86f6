//! Usernames and e-mail addresses, compared byte for byte.

use userbook::test_support::assert_same;
use userbook::{
    User, UserId,
    store::{CommitOutcome, FieldChanges, SnapshotQuery},
};

use crate::{
    Harness,
    build::{ANN, BOB, change, email, rows, user, username},
    check::{apply, commit, load, row},
};

/// Names that case folding, collations, padding or normalization make equal.
const LOOKALIKES: [&str; 10] = [
    "maria",
    "Maria",
    "MARIA",
    "maría",
    "mari\u{301}a",
    "maria\u{200b}",
    "ma ria",
    "ｍａｒｉａ",
    "straße",
    "strasse",
];

/// Names that stored rows may have although no update accepts them.
const STORED: [&str; 4] = ["maria ", " maria", "maria\t", ""];

fn ids() -> impl Iterator<Item = UserId> {
    (100..).map(UserId)
}

/// Law: a name is taken if another user has exactly these bytes, without case folding, trimming or normalization. A
/// looser comparison reports free names as taken, a stricter one lets two users share a name.
pub async fn names_are_compared_byte_for_byte<H: Harness>() {
    let all = || LOOKALIKES.into_iter().chain(STORED);
    for skipped in all() {
        let named = ids().zip(all().filter(|name| *name != skipped));
        let mut users: Vec<_> =
            named.map(|(id, name)| User { username: name.to_owned(), ..user(id) }).collect();
        users.push(user(ANN));
        let harness = H::with(&rows([], users)).await;
        for name in all() {
            let query = SnapshotQuery { username: Some(name.to_owned()), ..SnapshotQuery::user(ANN) };
            let taken = load(&harness, &query).await.username_taken;
            assert_eq!(taken, name != skipped, "{name:?} beside all but {skipped:?}");
        }
        let own = SnapshotQuery { username: Some(user(ANN).username), ..SnapshotQuery::user(ANN) };
        assert!(!load(&harness, &own).await.username_taken, "the own name does not count as taken");
    }
}

/// Law: a commit rejects a name only if another user has exactly these bytes, and stores it unchanged.
pub async fn a_name_like_another_can_be_taken<H: Harness>() {
    let maria = User { username: "maria".to_owned(), ..user(BOB) };
    let harness = H::with(&rows([], [maria, user(ANN)])).await;
    for (n, name) in LOOKALIKES.into_iter().enumerate() {
        let fields = FieldChanges { username: Some(username(name)), ..FieldChanges::default() };
        let change = userbook::store::ChangeSet { fields, ..change(&row(&harness, ANN).await, n as u128) };
        let expected = if name == "maria" { CommitOutcome::Conflict } else { CommitOutcome::Applied };
        assert_eq!(commit(&harness, &change).await, expected, "{name:?}");
        if expected == CommitOutcome::Applied {
            assert_eq!(row(&harness, ANN).await.username, name);
        }
    }
}

/// Law: an e-mail address is stored byte for byte, with its case, and several users may have one address: whether
/// addresses are unique is decided by the policy, which claims them.
pub async fn addresses_are_exact_and_may_be_shared<H: Harness>() {
    let shared = "Ann.Example@Example.ORG";
    let bob = User { email: shared.to_owned(), ..user(BOB) };
    let third = User { email: shared.to_owned(), ..user(UserId(100)) };
    let harness = H::with(&rows([], [user(ANN), bob.clone(), third])).await;
    assert_eq!(row(&harness, BOB).await.email, shared);
    for (n, address) in
        ["ann@Example.org", shared, "ANN@EXAMPLE.ORG", "ann.example@example.org", ""].into_iter().enumerate()
    {
        let fields = FieldChanges { email: Some(email(address)), ..FieldChanges::default() };
        let change = userbook::store::ChangeSet { fields, ..change(&row(&harness, ANN).await, n as u128) };
        apply(&harness, &change).await;
        assert_eq!(row(&harness, ANN).await.email, address);
    }
    assert_same(&row(&harness, BOB).await, &bob);
}

/// Law: the user's current or former name is not a conflict.
pub async fn keeping_ones_own_name_is_no_conflict<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    let rename = |user: &User, n: u128, name: &str| {
        let fields = FieldChanges { username: Some(username(name)), ..FieldChanges::default() };
        userbook::store::ChangeSet { fields, ..change(user, n) }
    };
    let old = user(ANN).username;
    apply(&harness, &rename(&row(&harness, ANN).await, 1, &old)).await;
    apply(&harness, &rename(&row(&harness, ANN).await, 2, "ann")).await;
    apply(&harness, &rename(&row(&harness, BOB).await, 3, &old)).await;
    assert_eq!(row(&harness, ANN).await.username, "ann");
    assert_eq!(row(&harness, BOB).await.username, old);
}
