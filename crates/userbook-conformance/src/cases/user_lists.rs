//! Pages of users: their rows, their order, their count.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;
use userbook::{
    Group, User, UserId, UserType,
    model::{ANONYMOUS_USERNAME, GroupGraph},
    store::{
        FieldChanges, ImportData, ListStore, Order, ProvisioningOp, ProvisioningStore, Scope, UserColumn,
        UserFilter, UserListQuery, UserPage,
    },
};
use uuid::Uuid;

use super::user_provisioning::apply_ok;
use crate::{
    Harness,
    build::{
        ANN, BOB, UNKNOWN_USER, chain, change, changed, email, group, group_ids, member, moment, provision,
        rows, user, username,
    },
    check::{apply, at_once, ok, row},
};

/// Returns all matching users by id.
pub(super) fn all(filter: UserFilter) -> UserListQuery {
    UserListQuery {
        scope: Scope::Everything,
        filter,
        order: Vec::new(),
        offset: 0,
        limit: 1000,
        max_bytes: u64::MAX,
    }
}

pub(super) fn by(column: UserColumn, descending: bool) -> Vec<Order<UserColumn>> {
    vec![Order { column, descending }]
}

pub(super) async fn list<H: Harness<Store: ListStore>>(harness: &H, query: &UserListQuery) -> UserPage {
    ok(harness.store().list_users(query).await)
}

/// Returns the ids on a page, in its order.
pub(super) fn ids(page: &UserPage) -> Vec<i64> {
    page.users.iter().map(|user| user.id.0).collect()
}

/// Returns the ids of all matching users, ascending; the count must be equal.
pub(super) async fn matches<H: Harness<Store: ListStore>>(harness: &H, filter: UserFilter) -> Vec<i64> {
    let page = list(harness, &all(filter)).await;
    assert_eq!(page.count, page.users.len() as u64, "all are on one page");
    ids(&page)
}

pub(super) fn people(users: impl IntoIterator<Item = User>) -> ImportData {
    rows([], users.into_iter().collect::<Vec<_>>())
}

pub(super) fn numbered(n: i64) -> User {
    user(UserId(n))
}

/// Law: a listed user is complete; the groups come with their ancestors, up to 19 above each.
pub async fn every_column_and_the_groups_come_back<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let groups = [chain(30), vec![group(40), group(41)]].concat();
    let bare = User {
        name: String::new(),
        email: String::new(),
        is_active: false,
        last_login: None,
        attributes: json!([1, "😀"]).into(),
        ..user(BOB)
    };
    let ann = member(ANN, [0, 3, 40]);
    let harness = H::with(&rows(groups.clone(), [ann.clone(), bare.clone()])).await;
    let page = list(&harness, &all(UserFilter::default())).await;
    assert_eq!(page.users, [bare, ann]);
    let above: GroupGraph =
        groups.iter().filter(|it| group_ids((0..23).chain([40])).contains(&it.id)).cloned().collect();
    assert_eq!(page.groups, above);
    assert_eq!(page.count, 2);

    let empty = H::with(&rows([group(1)], [])).await;
    assert_eq!(list(&empty, &all(UserFilter::default())).await, UserPage::default());
}

/// Law: `AnonymousUser` is never listed and never counted.
pub async fn anonymous_is_never_listed<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let anonymous = User { username: ANONYMOUS_USERNAME.to_owned(), ..member(BOB, [1]) };
    let harness = H::with(&rows([group(1)], [anonymous, member(ANN, [1])])).await;
    for filter in [
        UserFilter::default(),
        UserFilter { groups: group_ids([1]), ..UserFilter::default() },
        UserFilter { is_active: Some(true), ..UserFilter::default() },
    ] {
        for limit in [1, 10] {
            let page = list(&harness, &UserListQuery { limit, ..all(filter.clone()) }).await;
            assert_eq!((ids(&page), page.count), (vec![ANN.0], 1), "{filter:?}");
        }
    }
    let named = UserFilter { username: Some(ANONYMOUS_USERNAME.to_owned()), ..UserFilter::default() };
    assert_eq!(matches(&harness, named).await, [0; 0]);
    let scope = Scope::Only([BOB].into());
    let page = list(&harness, &UserListQuery { scope, ..all(UserFilter::default()) }).await;
    assert_eq!(page, UserPage::default());
}

/// Law: no user outside of the scope is listed or counted, for any filter.
pub async fn a_scope_is_a_bound<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let harness = H::with(&people((1..=6).map(numbered))).await;
    let active = UserFilter { is_active: Some(true), ..UserFilter::default() };
    let named = UserFilter { username: Some(numbered(5).username), ..UserFilter::default() };
    let worded = UserFilter { search: vec!["user".to_owned()], ..UserFilter::default() };
    let only = |some: &[i64]| Scope::Only(some.iter().copied().map(UserId).collect());
    for (scope, filter, expected) in [
        (Scope::Everything, UserFilter::default(), vec![1, 2, 3, 4, 5, 6]),
        (only(&[2, 5, UNKNOWN_USER.0]), UserFilter::default(), vec![2, 5]),
        (only(&[2, 5]), active.clone(), vec![2, 5]),
        (only(&[2, 5]), named.clone(), vec![5]),
        (only(&[2, 3]), named.clone(), vec![]),
        (only(&[2, 3]), worded.clone(), vec![2, 3]),
        (only(&[]), UserFilter::default(), vec![]),
        (Scope::Nothing, UserFilter::default(), vec![]),
        (Scope::Nothing, named, vec![]),
    ] {
        for column in [UserColumn::Id, UserColumn::Username] {
            let query =
                UserListQuery { scope: scope.clone(), order: by(column, false), ..all(filter.clone()) };
            let page = list(&harness, &query).await;
            assert_eq!((ids(&page), page.count), (expected.clone(), expected.len() as u64), "{query:?}");
            let page = list(&harness, &UserListQuery { limit: 1, ..query.clone() }).await;
            assert_eq!(page.count, expected.len() as u64, "a page of one: {query:?}");
        }
    }
}

/// Returns seven users with equal and different values in every sortable column.
fn assorted() -> Vec<User> {
    let names = ["b", "B", "a", "é", "z", "\u{ffff}", "\u{10000}"];
    let kinds = UserType::ALL.into_iter().cycle();
    let made = |((n, name), user_type): ((usize, &str), UserType)| {
        let place = i64::try_from(n).expect("there are few");
        User {
            username: format!("{name}{n}"),
            name: name.to_owned(),
            email: format!(
                "{}x",
                ["é", "", "z", "Z", "a", "\u{10000}", "\u{ffff}"].get(n).copied().unwrap_or("")
            ),
            is_active: n % 2 == 0,
            last_login: (n % 3 != 0).then(|| moment(-place)),
            path: format!("p/{}", ["a", "b/a", "b", "a", "A", "~", "b!"].get(n).copied().unwrap_or("")),
            user_type,
            uuid: Uuid::from_u128(u128::MAX / u128::from((place + 1).unsigned_abs())),
            password_change_date: moment((place - 3).pow(2)),
            created_at: moment((place - 2).pow(2)),
            updated_at: moment((place - 4).pow(2)),
            ..numbered(place + 1)
        }
    };
    names.into_iter().enumerate().zip(kinds).map(made).collect()
}

const COLUMNS: [UserColumn; 12] = [
    UserColumn::Id,
    UserColumn::Username,
    UserColumn::Name,
    UserColumn::Email,
    UserColumn::IsActive,
    UserColumn::LastLogin,
    UserColumn::Path,
    UserColumn::Type,
    UserColumn::Uuid,
    UserColumn::PasswordChangeDate,
    UserColumn::CreatedAt,
    UserColumn::UpdatedAt,
];

/// Law: texts sort by code point, users without a login sort last, and equal rows sort by id, in both directions.
pub async fn every_order<H: Harness<Store: ListStore + ProvisioningStore>>() {
    use UserColumn::{
        CreatedAt, Email, Id, IsActive, LastLogin, Name, PasswordChangeDate, Path, Type, UpdatedAt, Username,
        Uuid,
    };
    let harness = H::with(&rows([], assorted())).await;
    for (column, up, down) in [
        (Id, [1, 2, 3, 4, 5, 6, 7], [7, 6, 5, 4, 3, 2, 1]),
        (Username, [2, 3, 1, 5, 4, 6, 7], [7, 6, 4, 5, 1, 3, 2]),
        (Name, [2, 3, 1, 5, 4, 6, 7], [7, 6, 4, 5, 1, 3, 2]),
        (Email, [4, 5, 2, 3, 1, 7, 6], [6, 7, 1, 3, 2, 5, 4]),
        (IsActive, [2, 4, 6, 1, 3, 5, 7], [1, 3, 5, 7, 2, 4, 6]),
        (LastLogin, [6, 5, 3, 2, 1, 4, 7], [1, 4, 7, 2, 3, 5, 6]),
        (Path, [5, 1, 4, 3, 7, 2, 6], [6, 2, 7, 3, 1, 4, 5]),
        (Type, [2, 6, 1, 5, 4, 3, 7], [3, 7, 4, 1, 5, 2, 6]),
        (Uuid, [7, 6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6, 7]),
        (PasswordChangeDate, [4, 3, 5, 2, 6, 1, 7], [1, 7, 2, 6, 3, 5, 4]),
        (CreatedAt, [3, 2, 4, 1, 5, 6, 7], [7, 6, 1, 5, 2, 4, 3]),
        (UpdatedAt, [5, 4, 6, 3, 7, 2, 1], [1, 2, 3, 7, 4, 6, 5]),
    ] {
        for (descending, expected) in [(false, up), (true, down)] {
            let query = UserListQuery { order: by(column, descending), ..all(UserFilter::default()) };
            assert_eq!(ids(&list(&harness, &query).await), expected, "{column:?} descending {descending}");
        }
    }
    let order = [by(IsActive, true), by(Name, true)].concat();
    let page = list(&harness, &UserListQuery { order, ..all(UserFilter::default()) }).await;
    assert_eq!(ids(&page), [7, 5, 1, 3, 6, 4, 2], "by one column, then by another");
}

/// Law: long texts are compared completely, and a text sorts after its prefixes.
pub async fn order_of_long_texts<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let long = |end: &str| "é".repeat(300) + end;
    let names = [
        long("b"),
        long("a"),
        long(""),
        "é".to_owned(),
        "é\t".to_owned(),
        "é ".to_owned(),
        long("\u{10ffff}"),
    ];
    let made = |(n, name): (i64, String)| User { name, ..numbered(n) };
    let harness = H::with(&people((1..).zip(names).map(made))).await;
    let query = UserListQuery { order: by(UserColumn::Name, false), ..all(UserFilter::default()) };
    assert_eq!(ids(&list(&harness, &query).await), [4, 5, 6, 3, 2, 1, 7]);
}

/// Law: consecutive pages have neither gaps nor repetitions, in every order, and each page contains the total count.
pub async fn pages_follow_one_another<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let harness = H::with(&rows([], assorted())).await;
    let even = UserFilter { is_active: Some(true), ..UserFilter::default() };
    for (filter, count) in [(UserFilter::default(), 7), (even, 4)] {
        for column in COLUMNS {
            for descending in [false, true] {
                let query = UserListQuery { order: by(column, descending), ..all(filter.clone()) };
                let whole = ids(&list(&harness, &query).await);
                for limit in [1, 2, 3, 7] {
                    let mut seen = Vec::new();
                    for offset in (0..=8).step_by(limit as usize) {
                        let page = list(&harness, &UserListQuery { offset, limit, ..query.clone() }).await;
                        assert_eq!(page.count, count, "{query:?} from {offset}");
                        seen.extend(ids(&page));
                    }
                    assert_eq!(seen, whole, "{query:?} by {limit}");
                }
            }
        }
        for (offset, limit) in [(0, 0), (u64::MAX, 5), (7, u32::MAX)] {
            let page = list(&harness, &UserListQuery { offset, limit, ..all(filter.clone()) }).await;
            assert_eq!((ids(&page), page.count), (vec![], count), "{limit} from {offset}");
        }
    }
}

/// Law: a list contains committed changes and no rejected ones.
pub async fn a_list_shows_what_was_committed<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let harness = H::with(&rows([group(1), group(2)], [member(ANN, [1]), user(BOB)])).await;
    let mut update = change(&member(ANN, [1]), 1);
    update.fields = FieldChanges {
        email: Some(email("new@example.org")),
        username: Some(username("renamed")),
        is_active: Some(false),
        ..FieldChanges::default()
    };
    update.groups_added = group_ids([2]);
    update.groups_removed = group_ids([1]);
    apply(&harness, &update).await;
    let one = UserFilter::default;
    let old = user(ANN);
    for (filter, expected) in [
        (UserFilter { email: Some(old.email), ..one() }, vec![]),
        (UserFilter { email: Some("new@example.org".to_owned()), ..one() }, vec![ANN.0]),
        (UserFilter { username: Some(old.username), ..one() }, vec![]),
        (UserFilter { username: Some("renamed".to_owned()), ..one() }, vec![ANN.0]),
        (UserFilter { is_active: Some(true), ..one() }, vec![BOB.0]),
        (UserFilter { groups: group_ids([1]), ..one() }, vec![]),
        (UserFilter { group_names: [group(2).name].into(), ..one() }, vec![ANN.0]),
    ] {
        assert_eq!(matches(&harness, filter.clone()).await, expected, "{filter:?}");
    }
    let page = list(&harness, &all(UserFilter::default())).await;
    assert_eq!(page.users, [user(BOB), changed(&member(ANN, [1]), &update)]);
}

/// Returns the count, from a page that does not contain all users.
async fn count<H: Harness<Store: ListStore>>(harness: &H) -> u64 {
    let query =
        UserListQuery { limit: 1, order: by(UserColumn::Username, false), ..all(UserFilter::default()) };
    list(harness, &query).await.count
}

/// Law: the count follows each inserted or deleted user, and no rejected change.
pub async fn the_count_follows_users<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    assert_eq!(count(&harness).await, 2);
    let next = UserId(ANN.0 + 1);
    let insert = |user: User, n| provision(ProvisioningOp::InsertUser(Box::new(user)), n);
    apply_ok(&harness, &insert(member(next, [1]), 1)).await;
    assert_eq!(count(&harness).await, 3);

    let clash = User { username: user(ANN).username, ..user(UserId(next.0 + 1)) };
    let homeless = member(UserId(next.0 + 1), [900]);
    for (n, refused) in [(2, insert(clash, 2)), (3, insert(homeless, 3)), (4, insert(user(next), 4))] {
        let outcome = ok(harness.store().provision(&refused).await);
        assert_ne!(outcome, userbook::store::CommitOutcome::Applied, "{n}");
        assert_eq!(count(&harness).await, 3, "a rejected change is not counted");
    }

    let bob = row(&harness, BOB).await;
    apply_ok(&harness, &provision(ProvisioningOp::DeleteUser { user: BOB, expected: bob.revision }, 5)).await;
    let again = provision(ProvisioningOp::DeleteUser { user: BOB, expected: bob.revision }, 6);
    assert_eq!(ok(harness.store().provision(&again).await), userbook::store::CommitOutcome::Gone);
    assert_eq!(count(&harness).await, 2);

    // A user renamed to AnonymousUser is no longer counted.
    let mut update = change(&row(&harness, ANN).await, 7);
    update.fields.username = Some(username(ANONYMOUS_USERNAME));
    apply(&harness, &update).await;
    assert_eq!(count(&harness).await, 1);
    let many = (1..=50).map(|n| numbered(100 + n));
    assert_eq!(count(&H::with(&people(many)).await).await, 50, "an import counts");
}

/// Law: a page is read from one state. The user is always either inactive in one group or active in the other; a list
/// of inactive users must not contain the user with the state of another moment.
pub async fn a_page_is_read_in_one_moment<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let groups = [group(1), Group { is_superuser: true, ..group(2) }];
    let start = User { is_active: false, ..member(ANN, [1]) };
    let harness = Arc::new(H::with(&rows(groups, [start])).await);
    let done = Arc::new(AtomicBool::new(false));
    let writer = {
        let (harness, done) = (Arc::clone(&harness), Arc::clone(&done));
        let task: crate::Task = Box::pin(async move {
            for n in 0..150 {
                let before = row(&*harness, ANN).await;
                let mut update = change(&before, n);
                // Twice active and once inactive, so that a reader of every second state sees both.
                let active = n % 3 < 2;
                if active != before.is_active {
                    let [from, to] = if active { [1, 2] } else { [2, 1] };
                    update.fields.is_active = Some(active);
                    update.groups_removed = group_ids([from]);
                    update.groups_added = group_ids([to]);
                }
                apply(&*harness, &update).await;
            }
            done.store(true, Ordering::SeqCst);
        });
        task
    };
    let reader = {
        let harness = Arc::clone(&harness);
        let task: crate::Task = Box::pin(async move {
            let inactive = UserFilter { is_active: Some(false), ..UserFilter::default() };
            while !done.load(Ordering::SeqCst) {
                let page = list(&*harness, &all(inactive.clone())).await;
                assert_eq!(page.count, page.users.len() as u64);
                for user in page.users {
                    assert!(!user.is_active, "an active user in a list of inactive ones");
                    assert_eq!(user.groups, group_ids([1]), "memberships of another moment");
                    assert!(page.groups.contains(crate::build::group_id(1)));
                }
            }
        });
        task
    };
    at_once::<H>([writer, reader]).await;
}
