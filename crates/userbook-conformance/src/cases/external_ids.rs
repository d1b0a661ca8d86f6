//! External ids: kept, unique within a source, and found.

use std::sync::{Arc, Mutex};

use userbook::test_support::assert_same;
use userbook::{
    Group, User, UserId, UserStore, Violations,
    model::{ExternalIds, ExternalSource},
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, ExternalIdFilter, FieldChanges, GroupFilter, ImportOutcome,
        ImportStore, ListStore, ProvisioningChange, ProvisioningOp, ProvisioningStore, SnapshotQuery,
        StoreErrorKind, UserFilter,
    },
};

use super::{
    group_lists, group_provisioning, user_lists,
    user_provisioning::{apply_ok, apply_rejected as provision_rejected},
};
use crate::{
    Harness,
    build::{ANN, BOB, change, group, group_id, group_ids, provision, rename, rows, user},
    check::{apply, apply_rejected, at_once, commit, find, load, ok, row},
};

fn source(name: &str) -> ExternalSource {
    name.parse().expect("the kit's sources are valid")
}

/// Returns external ids; an empty text is a source without an identifier.
fn ids<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> ExternalIds {
    let identifier = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    entries.into_iter().map(|(name, text)| (source(name), identifier(text))).collect()
}

fn managed<'a>(id: UserId, entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> User {
    User { external_ids: ids(entries), ..user(id) }
}

fn managed_group<'a>(n: u128, entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Group {
    Group { external_ids: ids(entries), ..group(n) }
}

/// Returns change number `n` of this user: all external ids.
fn set<'a>(user: &User, n: u128, entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> ChangeSet {
    let fields = FieldChanges { external_ids: Some(ids(entries)), ..FieldChanges::default() };
    ChangeSet { fields, ..change(user, n) }
}

fn taken(name: &str) -> CommitOutcome {
    CommitOutcome::Rejected(Violations::external_id_taken(&source(name)))
}

/// Identifiers that case folding, collations, padding or normalization make equal, and the longest one.
fn alike() -> Vec<String> {
    let alike = ["00u1", "00U1", "00u1 ", " 00u1", "００u1", "00ü1", "00u\u{308}1", "0\"\\\u{1}", "00%1"];
    alike.into_iter().map(str::to_owned).chain(["i".repeat(1024), "😀".repeat(256)]).collect()
}

/// Law: external ids of users and groups are loaded as stored, and an unrelated change keeps them. A commit replaces
/// all of them.
pub async fn external_ids_come_back_and_stay<H: Harness>() {
    let stored = User { groups: group_ids([1]), ..managed(ANN, [("scim:okta", "00u1"), ("hr", "")]) };
    let around = managed_group(1, [("scim:okta", "00g1"), ("ldap:eu", "")]);
    let harness = H::with(&rows([around.clone()], [stored.clone(), user(BOB)])).await;
    assert_same(&row(&harness, ANN).await, &stored);
    assert_eq!(row(&harness, BOB).await.external_ids, ExternalIds::new());
    let snapshot = load(&harness, &SnapshotQuery::user(ANN)).await;
    assert_eq!(snapshot.groups.get(group_id(1)), Some(&around));

    apply(&harness, &rename(&stored, 1)).await;
    let renamed = row(&harness, ANN).await;
    assert_eq!(renamed.external_ids, stored.external_ids);
    let long = "i".repeat(1024);
    for (n, entries) in [
        (2, vec![("scim:okta", "00u2"), ("hr", "")]),
        (3, vec![("scim:okta", "00u2"), ("scim:entra", "\"\\\u{1}😀")]),
        (4, vec![("hr", &*long)]),
        (5, vec![("hr", "")]),
        (6, vec![]),
    ] {
        let before = row(&harness, ANN).await;
        apply(&harness, &set(&before, n, entries.clone())).await;
        assert_eq!(row(&harness, ANN).await.external_ids, ids(entries));
    }
}

/// Law: a commit is rejected with a violation if another user has exactly this identifier in the source, and leaves no
/// trace. Other sources, other bytes and a missing identifier are free, and so is an identifier that is given up.
pub async fn a_taken_identifier_is_rejected<H: Harness>() {
    let stored = alike();
    let others: Vec<_> =
        (100..).zip(&stored).map(|(n, identifier)| managed(UserId(n), [("hr", &**identifier)])).collect();
    let bob = managed(BOB, [("scim:okta", "bob"), ("ldap", "")]);
    let users: Vec<_> = others.into_iter().chain([bob.clone(), user(ANN)]).collect();
    let harness = H::with(&rows([managed_group(1, [("scim:okta", "group")])], users)).await;
    for (n, identifier) in (1..).zip(&stored) {
        let change = set(&user(ANN), n, [("hr", &**identifier)]);
        assert_eq!(apply_rejected(&harness, &change, &[ANN]).await, taken("hr"), "{identifier:.20?}");
        let several = set(&user(ANN), n, [("a", "free"), ("hr", &**identifier), ("z", "free")]);
        assert_eq!(apply_rejected(&harness, &several, &[ANN]).await, taken("hr"));
    }
    let stale = ChangeSet { expected: user(BOB).revision, ..set(&user(ANN), 20, [("hr", "00u1")]) };
    assert_eq!(apply_rejected(&harness, &stale, &[ANN]).await, CommitOutcome::Conflict);
    for (n, entries) in [
        (30, vec![("hr", "00u2"), ("ldap", ""), ("scim:entra", "bob")]),
        (31, vec![("scim:okta", "group"), ("hr", "00u2")]),
        (32, vec![("scim:okta", "Bob"), ("hr", "")]),
    ] {
        let before = row(&harness, ANN).await;
        apply(&harness, &set(&before, n, entries.clone())).await;
        assert_eq!(row(&harness, ANN).await.external_ids, ids(entries));
    }
    apply(&harness, &set(&bob, 40, [("ldap", "")])).await;
    let before = row(&harness, ANN).await;
    apply(&harness, &set(&before, 41, [("scim:okta", "bob")])).await;
    let before = row(&harness, BOB).await;
    let change = set(&before, 42, [("scim:okta", "bob")]);
    assert_eq!(apply_rejected(&harness, &change, &[ANN, BOB]).await, taken("scim:okta"));
}

/// Law: of several users who take one identifier at once, one gets it. A loser is rejected, at the latest when the
/// change is decided again.
pub async fn one_of_many_takes_an_identifier<H: Harness>() {
    let users: Vec<_> = (1..=8).map(|n| user(UserId(n))).collect();
    let harness = H::with(&rows([], users.clone())).await;
    for round in 0..8 {
        let identifier = format!("round {round}");
        let outcomes = Arc::new(Mutex::new(Vec::new()));
        at_once::<H>(users.iter().zip(1..).map(|(user, n)| {
            let (store, outcomes) = (harness.store(), Arc::clone(&outcomes));
            let (id, identifier) = (user.id, identifier.clone());
            let task: crate::Task = Box::pin(async move {
                let outcome = decided_again(&*store, id, &identifier, 1000 * round + 10 * n).await;
                outcomes.lock().expect("no case panics with the lock").push(outcome);
            });
            task
        }))
        .await;
        let outcomes = outcomes.lock().expect("no case panics with the lock").clone();
        let applied = outcomes.iter().filter(|outcome| **outcome == CommitOutcome::Applied).count();
        let rejected = outcomes.iter().filter(|outcome| **outcome == taken("hr")).count();
        assert_eq!((applied, rejected), (1, users.len() - 1), "{outcomes:?}");
        let mut holders = 0;
        for user in &users {
            let ids = row(&harness, user.id).await.external_ids;
            holders += usize::from(ids.identifier(&source("hr")) == Some(&identifier));
        }
        assert_eq!(holders, 1);
    }
}

/// Loads and commits until the outcome is neither a conflict nor a transient error.
async fn decided_again<S: UserStore>(store: &S, id: UserId, identifier: &str, first: u128) -> CommitOutcome {
    for n in first.. {
        let before = ok(store.load(&SnapshotQuery::user(id)).await).user.expect("the user exists");
        match store.commit(&set(&before, n, [("hr", identifier)])).await {
            Ok(CommitOutcome::Conflict) => {}
            Err(error) if error.kind == StoreErrorKind::Transient => {}
            answer => return ok(answer),
        }
    }
    CommitOutcome::Conflict
}

/// Law: inserted users and written groups have their external ids, under the same rule; users and groups do not
/// compete. A deletion frees the identifiers.
pub async fn users_and_groups_are_managed<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [managed(ANN, [("scim:okta", "1"), ("hr", "x")])])).await;
    let next = |harness: &H| {
        let store = harness.store();
        async move { ok(store.load_directory(&DirectoryQuery::default()).await).epochs.next_user }
    };
    let insert = |next: u64, n, entries: &[(&'static str, &'static str)]| {
        let id = UserId(i64::try_from(next).expect("ids fit"));
        provision(ProvisioningOp::InsertUser(Box::new(managed(id, entries.iter().copied()))), n)
    };
    let clash = insert(next(&harness).await, 1, &[("hr", "y"), ("scim:okta", "1")]);
    assert_eq!(provision_rejected(&harness, &clash).await, taken("scim:okta"));
    let free = insert(next(&harness).await, 2, &[("hr", "y"), ("scim:okta", "2")]);
    apply_ok(&harness, &free).await;
    let inserted =
        load(&harness, &SnapshotQuery::user(managed_id(&free))).await.user.expect("the user exists");
    assert_eq!(inserted.external_ids, ids([("hr", "y"), ("scim:okta", "2")]));

    let ann = row(&harness, ANN).await;
    let delete = ProvisioningOp::DeleteUser { user: ANN, expected: ann.revision };
    apply_ok(&harness, &provision(delete, 3)).await;
    assert_eq!(find(&harness, ANN).await, None);
    let again = insert(next(&harness).await, 4, &[("scim:okta", "1"), ("hr", "x")]);
    apply_ok(&harness, &again).await;

    // Each group write increments the counter on which the next one depends.
    let put = |group, n, sets_external_ids| {
        let harness = &harness;
        async move { ProvisioningChange { sets_external_ids, ..group_provisioning::put(harness, group, n).await } }
    };
    apply_ok(&harness, &put(managed_group(2, [("scim:okta", "1")]), 5, true).await).await;
    let clash = put(managed_group(1, [("scim:okta", "1")]), 6, true).await;
    assert_eq!(provision_rejected(&harness, &clash).await, taken("scim:okta"));
    let renamed = Group { name: "renamed".into(), ..managed_group(2, [("scim:okta", "1")]) };
    apply_ok(&harness, &put(renamed.clone(), 7, false).await).await;
    assert_eq!(group_provisioning::all_groups(&harness).await.get(group_id(2)), Some(&renamed));
    let clash = put(managed_group(1, [("scim:okta", "1")]), 8, true).await;
    assert_eq!(
        provision_rejected(&harness, &clash).await,
        taken("scim:okta"),
        "the identifier is still taken"
    );
    apply_ok(&harness, &put(managed_group(2, [("hr", "")]), 9, true).await).await;
    apply_ok(&harness, &put(managed_group(1, [("scim:okta", "1"), ("hr", "g")]), 10, true).await).await;
    apply_ok(&harness, &group_provisioning::delete(&harness, 1, 11).await).await;
    let last = managed_group(2, [("scim:okta", "1"), ("hr", "g")]);
    apply_ok(&harness, &put(last.clone(), 12, true).await).await;
    assert_eq!(group_provisioning::all_groups(&harness).await.get(group_id(2)), Some(&last));
}

fn managed_id(change: &ProvisioningChange) -> UserId {
    match &change.op {
        ProvisioningOp::InsertUser(user) => user.id,
        _ => ANN,
    }
}

/// Law: an import with two users or two groups that have one identifier in one source fails and stores nothing.
pub async fn imported_identifiers_are_unique<H: Harness<Store: ImportStore>>() {
    let harness = H::with(&rows([], [])).await;
    let twice = |n| managed(UserId(n), [("hr", "x"), ("scim:okta", "")]);
    let groups = |n| managed_group(n, [("hr", "x"), ("scim:okta", "")]);
    for bad in [rows([], [twice(1), twice(2)]), rows([groups(1), groups(2)], [])] {
        assert!(harness.store().import(&bad).await.is_err(), "these rows contradict each other");
        assert_eq!(find(&harness, UserId(1)).await, None);
    }
    let good = rows([groups(1)], [twice(1), managed(UserId(2), [("hr", "y"), ("scim:okta", "")])]);
    assert_eq!(ok(harness.store().import(&good).await), ImportOutcome::Imported);
    assert_same(&row(&harness, UserId(1)).await, &twice(1));
    let change = set(&row(&harness, UserId(1)).await, 1, [("hr", "y")]);
    assert_eq!(commit(&harness, &change).await, taken("hr"));
}

/// Law: lists select what a source manages, and one identifier of a source, byte for byte.
pub async fn managed_users_and_groups_are_listed<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let entries = [
        (1, vec![("scim:okta", "1"), ("hr", "x")]),
        (2, vec![("scim:okta", "2")]),
        (3, vec![("scim:okta", "")]),
        (4, vec![("hr", "1")]),
        (5, vec![]),
    ];
    let users: Vec<_> = entries.iter().map(|(n, ids)| managed(UserId(*n), ids.iter().copied())).collect();
    let group = |(n, ids): &(i64, Vec<_>)| managed_group(u128::from(n.unsigned_abs()), ids.iter().copied());
    let groups: Vec<_> = entries.iter().map(group).collect();
    let harness = H::with(&rows(groups, users)).await;
    for (name, identifier, expected) in [
        ("scim:okta", None, vec![1, 2, 3]),
        ("hr", None, vec![1, 4]),
        ("scim", None, vec![]),
        ("scim:okta", Some("1"), vec![1]),
        ("hr", Some("1"), vec![4]),
        ("hr", Some("X"), vec![]),
        ("scim:okta", Some(""), vec![]),
    ] {
        let filter = ExternalIdFilter { source: source(name), identifier: identifier.map(str::to_owned) };
        let external_id = Some(filter);
        let users = UserFilter { external_id: external_id.clone(), ..UserFilter::default() };
        assert_eq!(user_lists::matches(&harness, users.clone()).await, expected, "{name} {identifier:?}");
        let named = UserFilter { usernames: [user(UserId(1)).username].into(), ..users };
        let one: Vec<_> = expected.iter().copied().filter(|n| *n == 1).collect();
        assert_eq!(user_lists::matches(&harness, named).await, one);
        let groups = GroupFilter { external_id, ..GroupFilter::default() };
        let numbers: Vec<_> = expected.iter().map(|n| u128::from(n.unsigned_abs())).collect();
        assert_eq!(group_lists::matches(&harness, groups).await, numbers, "{name} {identifier:?}");
    }
    let page = user_lists::list(&harness, &user_lists::all(UserFilter::default())).await;
    let listed: Vec<_> = page.users.into_iter().map(|user| user.external_ids).collect();
    assert_eq!(listed, entries.map(|(_, entries)| ids(entries)));
}
