//! User names, compared byte for byte.

use userbook::{
    User, UserId,
    store::{CommitOutcome, FieldChanges, SnapshotQuery},
};

use crate::{
    Harness,
    build::{ANN, BOB, change, rows, user, username},
    check::{apply, commit, load, row},
};

/// Names that case folding, collations, padding or normal forms take for one another.
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

/// Names as rows may hold them, though no update would let them in.
const STORED: [&str; 4] = ["maria ", " maria", "maria\t", ""];

fn ids() -> impl Iterator<Item = UserId> {
    (100..).map(UserId)
}

/// Law: a name is taken if another user has exactly these bytes: no case folding, no trimming, no normal form.
/// A store that is kinder tells users that a free name is taken, or lets two of them share one.
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
        assert!(!load(&harness, &own).await.username_taken, "one's own name is not taken by another");
    }
}

/// Law: a commit refuses a name only if another user has exactly these bytes, and accepts it as it is.
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

/// Law: the name that a user has, or had and gave up, is no conflict.
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
