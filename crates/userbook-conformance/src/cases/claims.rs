//! Folded names: which are taken, and that no two users get one that must be distinct.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use userbook::{
    User, UserId, UserStore,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DistinctNames, FieldChanges, Guards, ListStore,
        ProvisioningChange, ProvisioningOp, ProvisioningStore, SnapshotQuery, UserFilter,
    },
};

use super::{
    user_lists::{matches, numbered},
    user_provisioning::{apply_ok, apply_rejected as provision_rejected},
};
use crate::{
    Harness,
    build::{ANN, BOB, change, email, provision, rows, user, username},
    check::{apply, apply_rejected, at_once, epochs, load, ok, row},
};

const DISTINCT: DistinctNames = DistinctNames { username: true, email: true };

/// Returns change number `n` that gives the user this name, which must be distinct.
fn takes(user: &User, name: &str, n: u128) -> ChangeSet {
    ChangeSet {
        fields: FieldChanges { username: Some(username(name)), ..FieldChanges::default() },
        guards: Guards { distinct: DISTINCT, ..Guards::default() },
        ..change(user, n)
    }
}

/// Returns change number `n` that gives the user this address, which must be distinct.
fn mails(user: &User, address: &str, n: u128) -> ChangeSet {
    ChangeSet {
        fields: FieldChanges { email: Some(email(address)), ..FieldChanges::default() },
        ..takes(user, "unused", n)
    }
}

/// Returns whether the name is taken as username and as address, for the target.
async fn taken<H: Harness>(harness: &H, target: UserId, name: &str) -> (bool, bool) {
    let query = SnapshotQuery {
        login: Some(name.to_owned()),
        email: Some(name.to_owned()),
        ..SnapshotQuery::user(target)
    };
    let facts = load(harness, &query).await;
    assert_eq!(facts.login_taken, facts.email_taken, "both ask about usernames and addresses");
    assert!(!load(harness, &SnapshotQuery::user(target)).await.login_taken, "the query names none");
    (facts.login_taken, facts.username_taken)
}

/// Law: a name is taken if another user has a username or an address that folds alike, however that user got it. The
/// own names, and names that their users gave up, are free.
pub async fn folded_names_of_others_are_taken<H: Harness>() {
    let ann = User { username: "Ann".to_owned(), email: "Ann@Example.org".to_owned(), ..user(ANN) };
    let bob = User { username: "bob".to_owned(), email: String::new(), ..user(BOB) };
    let harness = H::with(&rows([], [ann.clone(), bob.clone()])).await;
    for (name, expected) in [
        ("Ann", true),
        ("ANN", true),
        ("ａnn", true),
        ("a\u{200b}nn", true),
        ("ann@example.ORG", true),
        ("ann ", false),
        ("Änn", false),
        ("", false),
        ("\u{200b}", false),
        ("bob", false),
    ] {
        assert_eq!(taken(&harness, BOB, name).await, (expected, false), "{name:?}");
    }
    assert!(!taken(&harness, ANN, "ANN").await.0, "the own name is free");

    apply(&harness, &takes(&row(&harness, ANN).await, "Anna", 1)).await;
    apply(&harness, &mails(&row(&harness, ANN).await, "anna@example.org", 2)).await;
    for (name, expected) in
        [("ann", false), ("ANNA", true), ("ann@example.org", false), ("Anna@Example.org", true)]
    {
        assert_eq!(taken(&harness, BOB, name).await.0, expected, "{name:?}");
    }
}

/// Law: a second exclusive claim to a key is a conflict that leaves no trace, whether the two names are usernames,
/// addresses or one of each. The owner may spell the name differently and have it as username and address, and a name
/// given up can be claimed.
pub async fn a_claimed_name_leaves_no_trace<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    apply(&harness, &takes(&row(&harness, ANN).await, "Name@example.org", 1)).await;
    apply(&harness, &mails(&row(&harness, ANN).await, "a@example.org", 2)).await;
    let bob = row(&harness, BOB).await;
    for late in [
        takes(&bob, "NAME@example.org", 3),
        mails(&bob, "A@Example.org", 4),
        takes(&bob, "A@EXAMPLE.org", 5),
        mails(&bob, "name@Example.org", 6),
    ] {
        assert_eq!(apply_rejected(&harness, &late, &[ANN, BOB]).await, CommitOutcome::Conflict);
    }
    apply(&harness, &takes(&row(&harness, ANN).await, "NAME@example.org", 7)).await;
    let both = ChangeSet {
        fields: FieldChanges {
            email: Some(email("x@Example.org")),
            ..takes(&bob, "X@example.org", 8).fields
        },
        ..takes(&row(&harness, ANN).await, "unused", 8)
    };
    apply(&harness, &both).await;
    assert_eq!(
        apply_rejected(&harness, &mails(&bob, "X@example.org", 9), &[ANN, BOB]).await,
        CommitOutcome::Conflict
    );
    apply(&harness, &takes(&bob, "name@example.org", 10)).await;
    apply(&harness, &mails(&row(&harness, BOB).await, "a@example.org", 11)).await;
    assert_eq!(row(&harness, BOB).await.username, "name@example.org");
}

/// Law: a user may have one key as username and as address, also if both were exclusive before and one of them moves.
/// The key stays exclusive as long as one of the names has it.
pub async fn an_exclusive_key_stays_exclusive<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    let bob = row(&harness, BOB).await;
    let both = |change: ChangeSet, address: &str| ChangeSet {
        fields: FieldChanges { email: Some(email(address)), ..change.fields },
        ..change
    };
    let mut number = 0_u128;
    let mut next = || {
        number += 1;
        number
    };
    apply(&harness, &both(takes(&row(&harness, ANN).await, "ann", next()), "Ann@example.org")).await;
    // (the username or nothing, the address or nothing, whether the change is exclusive): "k" is ann@example.org.
    for (name, address, is_distinct) in [
        (Some("ANN@example.org"), None, true),
        (Some("ann"), Some("ANN@example.org"), true),
        (Some("ann@example.org"), Some("Ann@Example.org"), true),
        (None, Some("b@example.org"), false),
        (Some("ann"), Some("ANN@example.org"), false),
        (Some("ann@example.org"), Some("c@example.org"), false),
        (None, Some("ann@example.org"), false),
        (Some("anna"), None, false),
    ] {
        let change = change(&row(&harness, ANN).await, next());
        let fields =
            FieldChanges { username: name.map(username), email: address.map(email), ..change.fields };
        let guards = if is_distinct { takes(&bob, "x", 1).guards } else { Guards::default() };
        apply(&harness, &ChangeSet { fields, guards, ..change }).await;
        for late in [takes(&bob, "Ann@Example.org", next()), mails(&bob, "Ann@Example.org", next())] {
            assert_eq!(
                apply_rejected(&harness, &late, &[ANN, BOB]).await,
                CommitOutcome::Conflict,
                "after username {name:?} and address {address:?}"
            );
        }
    }
    apply(&harness, &mails(&row(&harness, ANN).await, "d@example.org", next())).await;
    apply(&harness, &takes(&bob, "Ann@Example.org", next())).await;
}

/// Law: names that need not be distinct are not compared: imported users and updates may have twins.
pub async fn twins_are_possible<H: Harness>() {
    let twin = User { username: "ANN".to_owned(), email: "X@example.org".to_owned(), ..user(ANN) };
    let other = User { username: "ann".to_owned(), email: "x@Example.org".to_owned(), ..user(BOB) };
    let harness = H::with(&rows([], [twin, other])).await;
    let indistinct = |change: ChangeSet| ChangeSet { guards: Guards::default(), ..change };
    apply(&harness, &indistinct(takes(&row(&harness, BOB).await, "Ann", 1))).await;
    apply(&harness, &indistinct(mails(&row(&harness, BOB).await, "X@EXAMPLE.org", 2))).await;
    assert!(taken(&harness, ANN, "ann").await.0);
}

/// Law: of several concurrent commits that claim one name, exactly one is applied.
pub async fn one_of_many_claims_a_name<H: Harness>() {
    let users: Vec<_> = (1..=8).map(|id| user(UserId(id))).collect();
    let harness = H::with(&rows([], users.clone())).await;
    let applied = Arc::new(AtomicU32::new(0));
    let tasks = users.iter().zip(1_u128..).map(|(user, n)| {
        let name: String =
            "claimed".chars().zip(0..).map(|(letter, at)| cased(letter, n >> at & 1 == 1)).collect();
        let (change, store, applied) = (takes(user, &name, n), harness.store(), Arc::clone(&applied));
        let task: crate::Task = Box::pin(async move {
            let is_applied = ok(store.commit(&change).await) == CommitOutcome::Applied;
            applied.fetch_add(u32::from(is_applied), Ordering::SeqCst);
        });
        task
    });
    at_once::<H>(tasks.collect::<Vec<_>>()).await;
    assert_eq!(applied.load(Ordering::SeqCst), 1);
}

fn cased(letter: char, upper: bool) -> char {
    if upper { letter.to_ascii_uppercase() } else { letter }
}

/// Law: an inserted user has claims, an insertion claims like an update, and a deleted user has none.
pub async fn inserted_and_deleted_users_claim<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    let insert = |id: u64, name: &str, n| {
        let id = UserId(i64::try_from(id).unwrap_or(0));
        let new = User { username: name.to_owned(), email: format!("{name}@example.org"), ..user(id) };
        let guards = Guards { distinct: DISTINCT, ..Guards::default() };
        ProvisioningChange { guards, ..provision(ProvisioningOp::InsertUser(Box::new(new)), n) }
    };
    let first = epochs(&harness).await.next_user;
    apply_ok(&harness, &insert(first, "Cid", 1)).await;
    let directory = |name: &str| DirectoryQuery {
        login: Some(name.to_owned()),
        email: Some(name.to_owned()),
        ..DirectoryQuery::default()
    };
    for (name, expected) in [("CID", true), ("cid@Example.org", true), ("dan", false), ("", false)] {
        let facts = ok(harness.store().load_directory(&directory(name)).await);
        assert_eq!((facts.login_taken, facts.email_taken), (expected, expected), "{name:?}");
    }
    let second = epochs(&harness).await.next_user;
    assert_eq!(provision_rejected(&harness, &insert(second, "cid", 2)).await, CommitOutcome::Conflict);

    let cid = row(&harness, UserId(i64::try_from(first).unwrap_or(0))).await;
    let delete = ProvisioningOp::DeleteUser { user: cid.id, expected: cid.revision };
    apply_ok(&harness, &provision(delete, 3)).await;
    assert!(!ok(harness.store().load_directory(&directory("cid")).await).login_taken);
    apply_ok(&harness, &insert(second, "cid", 4)).await;
}

/// Law: a folded name finds usernames and addresses that fold alike, with other conditions besides.
pub async fn folded_names_are_found<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let made = |n, username: &str, email: &str| User {
        username: username.to_owned(),
        email: email.to_owned(),
        ..numbered(n)
    };
    let people =
        [made(1, "Bob", ""), made(2, "x", "BOB"), made(3, "stra\u{df}e", "b@x.org"), made(4, "bo", "")];
    let harness = H::with(&rows([], people)).await;
    for (text, expected) in [
        ("bob", vec![1, 2]),
        ("BOB", vec![1, 2]),
        ("STRASSE", vec![3]),
        ("B@X.org", vec![3]),
        ("bob ", vec![]),
        ("b", vec![]),
        ("%", vec![]),
        ("", vec![]),
    ] {
        let filter = UserFilter { folded_name: Some(text.to_owned()), ..UserFilter::default() };
        assert_eq!(matches(&harness, filter.clone()).await, expected, "{text:?}");
        let narrowed = UserFilter { ids: [UserId(1)].into(), ..filter };
        let only: Vec<i64> = expected.into_iter().filter(|id| *id == 1).collect();
        assert_eq!(matches(&harness, narrowed).await, only, "{text:?}");
    }
}
