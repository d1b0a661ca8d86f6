//! Which superusers can act.

use userbook::{
    Group, User, UserId, UserType,
    model::ANONYMOUS_USERNAME,
    store::{ChangeSet, FieldChanges, Superusers},
};

use crate::{
    Harness,
    build::{ANN, BOB, change, group, group_ids, member, rows, user, username},
    check::{apply, other_superusers, row},
};

fn granting() -> [Group; 2] {
    [Group { is_superuser: true, ..group(1) }, group(2)]
}

const NONE: Superusers = Superusers { person: false, service_account: false };
const PERSON: Superusers = Superusers { person: true, service_account: false };
const SERVICE_ACCOUNT: Superusers = Superusers { person: false, service_account: true };

/// Law: internal and external users count as persons, service accounts for themselves; internal service accounts,
/// inactive users and `AnonymousUser` never count. Otherwise the last person who can act may lose superuser status.
pub async fn each_kind_of_user_counts_as_what_it_is<H: Harness>() {
    let typed = |user_type| User { user_type, ..member(BOB, [1]) };
    let named = |user_type| User { username: ANONYMOUS_USERNAME.to_owned(), ..typed(user_type) };
    for (bob, expected) in [
        (typed(UserType::Internal), PERSON),
        (typed(UserType::External), PERSON),
        (typed(UserType::ServiceAccount), SERVICE_ACCOUNT),
        (typed(UserType::InternalServiceAccount), NONE),
        (User { is_active: false, ..typed(UserType::Internal) }, NONE),
        (User { is_active: false, ..typed(UserType::ServiceAccount) }, NONE),
        (named(UserType::Internal), NONE),
        (named(UserType::ServiceAccount), NONE),
        (User { username: "anonymoususer".to_owned(), ..typed(UserType::Internal) }, PERSON),
    ] {
        let harness = H::with(&rows(granting(), [bob.clone(), user(ANN)])).await;
        assert_eq!(other_superusers(&harness, ANN).await, expected, "{bob:?}");
        assert_eq!(other_superusers(&harness, BOB).await, NONE, "the target does not count");
    }
}

/// Law: persons and service accounts are found independently of each other.
pub async fn persons_and_service_accounts_are_separate<H: Harness>() {
    let robot = User { user_type: UserType::ServiceAccount, ..member(UserId(3), [1]) };
    let harness = H::with(&rows(granting(), [member(ANN, [1]), robot, user(BOB)])).await;
    let both = Superusers { person: true, service_account: true };
    assert_eq!(other_superusers(&harness, BOB).await, both);
    assert_eq!(other_superusers(&harness, ANN).await, SERVICE_ACCOUNT);
    assert_eq!(other_superusers(&harness, UserId(3)).await, PERSON);
}

/// Law: a change of the type, of the name from or to `AnonymousUser`, or of the activity counts in the same step, for
/// every other content of the change. The change names no membership, so a copy of these facts in the memberships must
/// be updated.
pub async fn changes_of_type_name_and_activity_count<H: Harness>() {
    let harness = H::with(&rows(granting(), [member(BOB, [1, 2]), user(ANN)])).await;
    let typed = |user_type| FieldChanges { user_type: Some(user_type), ..FieldChanges::default() };
    let named = |name: &str| FieldChanges { username: Some(username(name)), ..FieldChanges::default() };
    let active = |is_active| FieldChanges { is_active: Some(is_active), ..FieldChanges::default() };
    for (n, (fields, expected)) in [
        (typed(UserType::ServiceAccount), SERVICE_ACCOUNT),
        (typed(UserType::InternalServiceAccount), NONE),
        (typed(UserType::Internal), PERSON),
        (named(ANONYMOUS_USERNAME), NONE),
        (typed(UserType::ServiceAccount), NONE),
        (named("bob"), SERVICE_ACCOUNT),
        (active(false), NONE),
        (typed(UserType::External), NONE),
        (active(true), PERSON),
        (named("robert"), PERSON),
        (
            FieldChanges {
                is_active: Some(false),
                user_type: Some(UserType::ServiceAccount),
                ..named(ANONYMOUS_USERNAME)
            },
            NONE,
        ),
        (FieldChanges { is_active: Some(true), ..named("bob") }, SERVICE_ACCOUNT),
    ]
    .into_iter()
    .enumerate()
    {
        let change = ChangeSet { fields: fields.clone(), ..change(&row(&harness, BOB).await, n as u128) };
        apply(&harness, &change).await;
        assert_eq!(other_superusers(&harness, ANN).await, expected, "after {fields:?}");
        assert_eq!(row(&harness, BOB).await.groups, group_ids([1, 2]), "the memberships stay");
    }
}

/// Law: a membership that is added together with a change of type counts by the new type, and so does a later
/// membership.
pub async fn joining_counts_by_the_type_then<H: Harness>() {
    let harness = H::with(&rows(granting(), [user(BOB), user(ANN)])).await;
    for (n, (user_type, added, removed, expected)) in [
        (Some(UserType::ServiceAccount), vec![1], vec![], SERVICE_ACCOUNT),
        (None, vec![2], vec![1], NONE),
        (None, vec![1], vec![], SERVICE_ACCOUNT),
        (Some(UserType::Internal), vec![], vec![1], NONE),
        (None, vec![1], vec![], PERSON),
        (Some(UserType::InternalServiceAccount), vec![], vec![2], NONE),
    ]
    .into_iter()
    .enumerate()
    {
        let change = ChangeSet {
            fields: FieldChanges { user_type, ..FieldChanges::default() },
            groups_added: group_ids(added),
            groups_removed: group_ids(removed),
            ..change(&row(&harness, BOB).await, n as u128)
        };
        apply(&harness, &change).await;
        assert_eq!(other_superusers(&harness, ANN).await, expected, "after step {n}");
    }
}
