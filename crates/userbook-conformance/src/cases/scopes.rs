//! Scopes of users by path and by group.

use std::collections::BTreeSet;

use userbook::{
    User, UserId,
    model::ANONYMOUS_USERNAME,
    store::{
        GroupFilter, ListStore, PathListQuery, ProvisioningStore, Scope, UserColumn, UserFilter,
        UserListQuery, UserSet,
    },
};

use super::{group_lists, user_lists};
use crate::{
    Harness,
    build::{group, group_id, member, rows},
    check::ok,
};

/// Paths at, below, above and beside `staff/eu`, for databases that compare texts loosely.
const PATHS: [&str; 11] = [
    "staff/eu",
    "staff/eu/berlin",
    "staff/eu/a/b",
    "staff",
    "staff/europe",
    "staff/eu ",
    "Staff/EU/x",
    "staff/eu0",
    "staff/e_/x",
    "",
    "users",
];

/// Users 1 to 11 at these paths. Users 4 and 11 are in group 1, users 5 and 11 in group 2, which is below group 1.
fn people() -> Vec<User> {
    let groups = |id| match id {
        4 => vec![1],
        5 => vec![2],
        11 => vec![1, 2],
        _ => Vec::new(),
    };
    let user = |(id, path): (i64, &&str)| User { path: (*path).to_owned(), ..member(UserId(id), groups(id)) };
    (1..).zip(&PATHS).map(user).collect()
}

async fn harness<H: Harness>() -> H {
    let anonymous = User {
        username: ANONYMOUS_USERNAME.to_owned(),
        path: "staff/eu".to_owned(),
        ..member(UserId(50), [1])
    };
    let below = userbook::Group { parent: Some(group_id(1)), ..group(2) };
    let users: Vec<_> = people().into_iter().chain([anonymous]).collect();
    H::with(&rows([group(1), below], users)).await
}

/// Sets with the users in them.
fn sets() -> Vec<(UserSet, Vec<i64>)> {
    let set = UserSet::default;
    let many = (0..600).map(|n| format!("elsewhere/{n}")).chain(["staff/eu".to_owned()]).collect();
    vec![
        (set().path("staff/eu"), vec![1, 2, 3]),
        (set().path("staff"), vec![1, 2, 3, 4, 5, 6, 8, 9]),
        (set().path("staff/e_"), vec![9]),
        (set().path(""), vec![10]),
        (set().path("staff/eu/"), vec![]),
        (set().path("%"), vec![]),
        (set().path("staff/eu/berlin").path("users"), vec![2, 11]),
        (set().members_of(group_id(1)), vec![4, 11]),
        (set().members_of(group_id(2)).members_of(group_id(1)), vec![4, 5, 11]),
        (set().members_of(group_id(900)), vec![]),
        (
            set().path("staff/eu").members_of(group_id(1)).user(UserId(7)).user(UserId(1)),
            vec![1, 2, 3, 4, 7, 11],
        ),
        (UserSet { paths: many, ..set() }, vec![1, 2, 3]),
    ]
}

/// Law: a scope contains the users at a path and below, by whole segments, and the direct members of a group; for any
/// filter no other user is listed or counted, and none of another path.
pub async fn users_by_path_and_group<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let harness: H = harness().await;
    let people = people();
    let active = || UserFilter { is_active: Some(true), ..UserFilter::default() };
    let named = UserFilter { ids: [1, 4, 6, 50].map(UserId).into(), ..UserFilter::default() };
    let worded = UserFilter { search: vec!["true".to_owned()], ..UserFilter::default() };
    let grouped = UserFilter { groups: vec![[group_id(1)].into()], ..UserFilter::default() };
    for (set, expected) in sets() {
        for filter in [UserFilter::default(), active(), named.clone(), worded.clone(), grouped.clone()] {
            let matches = |id: &i64| match &filter {
                filter if *filter == named => [1, 4, 6].contains(id),
                filter if *filter == grouped => [4, 11].contains(id),
                _ => true,
            };
            let expected: Vec<_> = expected.iter().copied().filter(matches).collect();
            let scope = Scope::Only(set.clone());
            for (column, limit) in [(UserColumn::Id, 1000), (UserColumn::Username, 1000), (UserColumn::Id, 1)]
            {
                let query = UserListQuery {
                    scope: scope.clone(),
                    order: user_lists::by(column, false),
                    limit,
                    ..user_lists::all(filter.clone())
                };
                let page = user_lists::list(&harness, &query).await;
                assert_eq!(page.count, expected.len() as u64, "the count of {query:?}");
                let found: BTreeSet<_> = user_lists::ids(&page).into_iter().collect();
                let first = expected.iter().copied().take(limit as usize).collect();
                assert_eq!(found, first, "the users of {query:?}");
            }
            let query = PathListQuery { scope, filter: filter.clone(), max_bytes: u64::MAX };
            let paths = ok(harness.store().list_paths(&query).await).paths;
            let expected = people.iter().filter(|user| expected.contains(&user.id.0));
            assert_eq!(paths, expected.map(|user| user.path.clone()).collect(), "the paths of {query:?}");
        }
    }
}

/// Law: the members of a group are shown within a scope by path and group.
pub async fn members_by_path_and_group<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let harness: H = harness().await;
    for (set, expected) in sets() {
        let query = userbook::store::GroupListQuery {
            members: Some(Scope::Only(set)),
            ..group_lists::all(GroupFilter::default())
        };
        let page = group_lists::list(&harness, &query).await;
        assert_eq!(page.groups.len(), 2, "groups for {:?}", query.members);
        for (entry, members) in page.groups.iter().zip([[4, 11], [5, 11]]) {
            let shown: Vec<_> = entry.members.iter().map(|member| member.id.0).collect();
            let expected: Vec<_> = members.into_iter().filter(|id| expected.contains(id)).collect();
            assert_eq!(shown, expected, "the members in {} of {:?}", entry.group.name, query.members);
        }
    }
}
