//! The users that a filter finds.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use userbook::{
    Group, User, UserId, UserType,
    json::PathSegment,
    model::{ANONYMOUS_USERNAME, MAX_PARENTS},
    store::{
        AttributeCondition, AttributeTest, Comparison, ListStore, PathListQuery, PathPage, ProvisioningStore,
        ROW_BYTES, Scope, SuperuserFilter, TextPosition, TextTest, UserFilter, UserListQuery,
    },
};

use super::user_lists::{all, list, matches, numbered, people};
use crate::{
    Harness,
    build::{chain, group, group_id, group_ids, member, rows},
    check::ok,
};

fn one() -> UserFilter {
    UserFilter::default()
}

fn direct(is_superuser: bool) -> SuperuserFilter {
    SuperuserFilter { is_superuser, inherited: false }
}

/// Texts that databases may consider equal.
const ALIKE: [&str; 10] = ["bob", "Bob", "bob ", "böb", "bo\u{308}b", "ｂob", "bob\t", "b%b", "b_b", "boß"];

/// Law: names, addresses and paths are compared byte for byte.
pub async fn texts_are_compared_byte_for_byte<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let made = |(n, text): (i64, &&str)| User {
        username: (*text).to_owned(),
        name: (*text).to_owned(),
        email: (*text).to_owned(),
        path: (*text).to_owned(),
        ..numbered(n)
    };
    let harness = H::with(&people((1..).zip(&ALIKE).map(made))).await;
    for (n, text) in (1..).zip(ALIKE) {
        for filter in [
            UserFilter { usernames: [text.to_owned()].into(), ..one() },
            UserFilter { name: Some(text.to_owned()), ..one() },
            UserFilter { email: Some(text.to_owned()), ..one() },
            UserFilter { path: Some(text.to_owned()), ..one() },
        ] {
            assert_eq!(matches(&harness, filter.clone()).await, [n], "{filter:?}");
        }
    }
    for text in ["BOB", "boB", "bo", "bobb", " bob", ""] {
        for filter in [
            UserFilter { usernames: [text.to_owned()].into(), ..one() },
            UserFilter { email: Some(text.to_owned()), ..one() },
        ] {
            assert_eq!(matches(&harness, filter.clone()).await, [0; 0], "{filter:?}");
        }
    }
}

/// Law: long texts are compared completely.
pub async fn long_texts_are_compared_to_their_ends<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let long = |end: &str| "é😀".repeat(2000) + end;
    let made = |n, end: &str| User { name: long(end), path: long(end), email: long(end), ..numbered(n) };
    let harness = H::with(&rows([], [made(1, "a"), made(2, "b"), made(3, "b")])).await;
    for (end, expected) in [("a", vec![1]), ("b", vec![2, 3]), ("", vec![])] {
        for filter in [
            UserFilter { name: Some(long(end)), ..one() },
            UserFilter { path: Some(long(end)), ..one() },
            UserFilter { email: Some(long(end)), ..one() },
        ] {
            assert_eq!(matches(&harness, filter).await, expected, "{end:?}");
        }
    }
    let prefix = UserFilter { path_prefix: Some(long("")), ..one() };
    assert_eq!(matches(&harness, prefix).await, [1, 2, 3]);
    let prefix = UserFilter { path_prefix: Some(long("b")), ..one() };
    assert_eq!(matches(&harness, prefix).await, [2, 3]);
}

/// Law: a path prefix is compared byte for byte, without wildcards.
pub async fn path_prefixes<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let paths = [
        "users",
        "users/a",
        "users/ab",
        "usersX",
        "Users",
        "us%rs",
        "us_rs",
        "us\\rs",
        "us!rs",
        "é/\u{10ffff}x",
    ];
    let made = |(n, path): (i64, &str)| User { path: path.to_owned(), ..numbered(n) };
    let harness = H::with(&people((1..).zip(paths).map(made))).await;
    for (prefix, expected) in [
        ("", (1..=10).collect()),
        ("users", vec![1, 2, 3, 4]),
        ("users/", vec![2, 3]),
        ("users/a", vec![2, 3]),
        ("users/ab", vec![3]),
        ("users/abc", vec![]),
        ("users ", vec![]),
        ("USERS", vec![]),
        ("us%", vec![6]),
        ("us_", vec![7]),
        ("us\\", vec![8]),
        ("us!", vec![9]),
        ("%", vec![]),
        ("e", vec![]),
        ("é", vec![10]),
        ("é/\u{10ffff}", vec![10]),
    ] {
        let filter = UserFilter { path_prefix: Some(prefix.to_owned()), ..one() };
        assert_eq!(matches(&harness, filter).await, expected, "{prefix:?}");
    }
}

/// Law: activity, types and UUID, each alone and all together.
pub async fn plain_columns<H: Harness<Store: ListStore + ProvisioningStore>>() {
    use UserType::{External, Internal, InternalServiceAccount, ServiceAccount};
    let made = |(n, user_type): (i64, UserType)| User { user_type, is_active: n % 2 == 0, ..numbered(n) };
    let kinds = UserType::ALL.into_iter().chain(UserType::ALL);
    let harness = H::with(&people((1..).zip(kinds).map(made))).await;
    let types = |types: &[UserType]| types.iter().copied().collect();
    for (filter, expected) in [
        (UserFilter { is_active: Some(true), ..one() }, vec![2, 4, 6, 8]),
        (UserFilter { is_active: Some(false), ..one() }, vec![1, 3, 5, 7]),
        (UserFilter { types: types(&[Internal]), ..one() }, vec![1, 5]),
        (UserFilter { types: types(&[External, InternalServiceAccount]), ..one() }, vec![2, 4, 6, 8]),
        (UserFilter { types: types(&UserType::ALL), ..one() }, (1..=8).collect()),
        (UserFilter { uuids: [numbered(3).uuid].into(), ..one() }, vec![3]),
        (
            UserFilter { uuids: [numbered(3).uuid, numbered(5).uuid, uuid::Uuid::nil()].into(), ..one() },
            vec![3, 5],
        ),
        (UserFilter { uuids: [uuid::Uuid::nil()].into(), ..one() }, vec![]),
        (UserFilter { types: types(&[ServiceAccount]), is_active: Some(false), ..one() }, vec![3, 7]),
        (UserFilter { types: types(&[ServiceAccount]), is_active: Some(true), ..one() }, vec![]),
        (UserFilter { usernames: [numbered(3).username].into(), is_active: Some(true), ..one() }, vec![]),
        (
            UserFilter {
                usernames: [numbered(3).username].into(),
                uuids: [numbered(3).uuid].into(),
                ..one()
            },
            vec![3],
        ),
        (UserFilter { email: Some(numbered(3).email), name: Some(numbered(4).name), ..one() }, vec![]),
        (UserFilter { ids: [UserId(2), UserId(7), UserId(900)].into(), ..one() }, vec![2, 7]),
        (UserFilter { ids: [UserId(2)].into(), is_active: Some(false), ..one() }, vec![]),
        (UserFilter { usernames: [numbered(6).username, numbered(5).username].into(), ..one() }, vec![5, 6]),
    ] {
        assert_eq!(matches(&harness, filter.clone()).await, expected, "{filter:?}");
    }
}

/// Law: memberships are direct ones, and a member of several of the groups occurs once.
pub async fn direct_memberships<H: Harness<Store: ListStore + ProvisioningStore>>() {
    // Group 0 is below group 1, which has the flag.
    let groups = [
        Group { parent: Some(group_id(1)), ..group(0) },
        Group { is_superuser: true, ..group(1) },
        group(2),
        Group { name: "Group 2".to_owned(), ..group(3) },
        Group { name: "group 2 ".to_owned(), ..group(4) },
    ];
    let people = [
        member(UserId(1), []),
        member(UserId(2), [0]),
        member(UserId(3), [1]),
        member(UserId(4), [1, 2]),
        User { is_active: false, ..member(UserId(5), [0, 1, 2, 3]) },
    ];
    let harness = H::with(&rows(groups, people)).await;
    for (filter, expected) in [
        (UserFilter { groups: vec![group_ids([0])], ..one() }, vec![2, 5]),
        (UserFilter { groups: vec![group_ids([1])], ..one() }, vec![3, 4, 5]),
        (UserFilter { groups: vec![group_ids([1, 2, 3])], ..one() }, vec![3, 4, 5]),
        (UserFilter { groups: vec![group_ids([900])], ..one() }, vec![]),
        (UserFilter { groups: vec![group_ids([0, 900])], ..one() }, vec![2, 5]),
        (UserFilter { groups: vec![group_ids([])], ..one() }, vec![]),
        (UserFilter { groups: vec![group_ids([0]), group_ids([2, 3])], ..one() }, vec![5]),
        (UserFilter { groups: vec![group_ids([0]), group_ids([])], ..one() }, vec![]),
        (UserFilter { is_superuser: Some(direct(true)), ..one() }, vec![3, 4, 5]),
        (UserFilter { is_superuser: Some(direct(false)), ..one() }, vec![1, 2]),
        (UserFilter { is_superuser: Some(direct(true)), is_active: Some(true), ..one() }, vec![3, 4]),
        (UserFilter { is_superuser: Some(direct(true)), groups: vec![group_ids([2])], ..one() }, vec![4, 5]),
        (UserFilter { is_superuser: Some(direct(false)), groups: vec![group_ids([0])], ..one() }, vec![2]),
    ] {
        assert_eq!(matches(&harness, filter.clone()).await, expected, "{filter:?}");
        let query = UserListQuery { limit: 1, ..all(filter.clone()) };
        assert_eq!(list(&harness, &query).await.count, expected.len() as u64, "the count of {filter:?}");
    }
}

/// Law: with `inherited` a member of a group up to 19 below one with the flag is a superuser, as
/// [`GroupGraph::grants_superuser`](userbook::model::GroupGraph::grants_superuser) evaluates it; cycles end.
pub async fn superusers_by_inheritance<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let bound = MAX_PARENTS as u128;
    let mut groups = chain(bound + 1);
    if let Some(top) = groups.last_mut() {
        top.is_superuser = true;
    }
    groups.push(Group { parent: Some(group_id(101)), ..group(100) });
    groups.push(Group { parent: Some(group_id(100)), ..group(101) });
    groups.push(Group { is_superuser: true, parent: Some(group_id(102)), ..group(102) });
    let people = [
        member(UserId(1), []),
        member(UserId(2), [0]),
        member(UserId(3), [1]),
        member(UserId(4), [bound]),
        member(UserId(5), [bound + 1, 1]),
        User { is_active: false, ..member(UserId(6), [0, 5]) },
        member(UserId(7), [100]),
        member(UserId(8), [101, 102]),
    ];
    let harness = H::with(&rows(groups, people)).await;
    let inherited = |is_superuser| Some(SuperuserFilter { is_superuser, inherited: true });
    for (filter, expected) in [
        (UserFilter { is_superuser: inherited(true), ..one() }, vec![3, 4, 5, 6, 8]),
        (UserFilter { is_superuser: inherited(false), ..one() }, vec![1, 2, 7]),
        (UserFilter { is_superuser: Some(direct(true)), ..one() }, vec![5, 8]),
        (UserFilter { is_superuser: Some(direct(false)), ..one() }, vec![1, 2, 3, 4, 6, 7]),
        (UserFilter { is_superuser: inherited(true), is_active: Some(false), ..one() }, vec![6]),
        (
            UserFilter { is_superuser: inherited(true), groups: vec![group_ids([0, 1])], ..one() },
            vec![3, 5, 6],
        ),
        (
            UserFilter { is_superuser: inherited(false), groups: vec![group_ids([0, 100])], ..one() },
            vec![2, 7],
        ),
    ] {
        assert_eq!(matches(&harness, filter.clone()).await, expected, "{filter:?}");
        let query = UserListQuery { limit: 1, ..all(filter.clone()) };
        assert_eq!(list(&harness, &query).await.count, expected.len() as u64, "the count of {filter:?}");
    }
}

/// Returns a condition on the value at the path `a.b`; an empty path means all attributes.
pub(super) fn condition(path: &str, test: AttributeTest) -> AttributeCondition {
    let keys = path.split('.').filter(|key| !key.is_empty());
    AttributeCondition { path: keys.map(|key| PathSegment::Key(key.to_owned())).collect(), test }
}

/// Law: conditions on attributes hold as [`AttributeCondition::holds`] evaluates them, all together with the rest of
/// the filter, the scope and the page.
pub async fn attributes_meet_conditions<H: Harness<Store: ListStore + ProvisioningStore>>() {
    use AttributeTest as T;
    let documents = [
        json!({}),
        json!({"team": "sea"}),
        json!({"team": {"name": "sea", "size": 3}, "tags": ["a", "b", {"c": 1}]}),
        json!({"team": {"name": "SEA", "size": 3.5}, "tags": []}),
        json!({"Team": "sea", "n": 1e16}),
        json!(["team", {"team": "sea"}]),
        json!(null),
        json!({"a\"b": null, "": "\u{0}", "n": 18_446_744_073_709_551_615_u64}),
    ];
    let made = |(n, attributes): (i64, Value)| User {
        attributes: attributes.into(),
        is_active: n % 2 == 0,
        ..numbered(n)
    };
    let harness = H::with(&people((1..).zip(documents).map(made))).await;
    let text =
        |position, text: &str| T::Text(TextTest { position, text: text.to_owned(), ignore_case: true });
    for (conditions, expected) in [
        (vec![condition("team", T::Equals(json!("sea")))], vec![2]),
        (vec![condition("team", T::Equals(json!({"size": 3.0, "name": "sea"})))], vec![3]),
        (vec![condition("team", T::Equals(json!({"name": "sea"})))], vec![]),
        (vec![condition("team.size", T::Equals(json!(3)))], vec![3]),
        (vec![condition("tags.0", T::Equals(json!("a")))], vec![3]),
        (vec![condition("n", T::Equals(json!(10_000_000_000_000_000_u64)))], vec![5]),
        (vec![condition("a\"b", T::Equals(json!(null)))], vec![8]),
        (vec![condition("", T::Contains(json!({})))], vec![1, 2, 3, 4, 5, 8]),
        (vec![condition("", T::Contains(json!({"team": {"name": "sea"}})))], vec![3]),
        (vec![condition("tags", T::Contains(json!("b")))], vec![3]),
        (vec![condition("tags", T::ContainedBy(json!(["x"])))], vec![4]),
        (vec![condition("team.size", T::Compares(Comparison::Greater, json!(3)))], vec![4]),
        (vec![condition("n", T::Compares(Comparison::Less, json!(1e17)))], vec![5]),
        (vec![condition("", T::HasAnyKey(vec!["team".into(), String::new()]))], vec![2, 3, 4, 6, 8]),
        (vec![condition("team.name", text(TextPosition::Whole, "Sea"))], vec![3, 4]),
        (vec![condition("team", text(TextPosition::End, "\"size\": 3.5}"))], vec![4]),
        (vec![condition("team", T::IsAbsent(true))], vec![1, 5, 6, 7, 8]),
        (vec![condition("team", T::IsAbsent(false)), condition("tags", T::IsAbsent(true))], vec![2]),
    ] {
        let filter = UserFilter { attributes: conditions, ..one() };
        assert_eq!(matches(&harness, filter.clone()).await, expected, "{filter:?}");
        let even = UserFilter { is_active: Some(true), ..filter.clone() };
        let expected_even: Vec<i64> = expected.iter().copied().filter(|n| n % 2 == 0).collect();
        assert_eq!(matches(&harness, even).await, expected_even, "the active ones of {filter:?}");
        let second = list(&harness, &UserListQuery { offset: 1, limit: 1, ..all(filter) }).await;
        let expected_second: Vec<i64> = expected.iter().copied().skip(1).take(1).collect();
        assert_eq!(super::user_lists::ids(&second), expected_second);
        assert_eq!(second.count, expected.len() as u64);
    }
}

/// Law: each word occurs in one of the texts of a user. Letters of all alphabets match in both cases, one for one, and
/// there are no wildcards.
pub async fn words_are_searched<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let blank = |n, username: &str, name: &str, email: &str| User {
        username: username.to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        ..numbered(n)
    };
    let people = [
        blank(1, "ann", "Ann Änderson", "ann@Example.org"),
        blank(2, "BOB", "Bob änderson", ""),
        blank(3, "100%", "per_cent", "c:\\temp"),
        User { is_active: false, ..blank(4, "straße", "STRASSE", "\u{212a}@x.org") },
        User {
            attributes: json!({"team": ["Wörk", 1.0], "n": 1}).into(),
            ..blank(5, "[a-z]*", "K 'quoted' \"two\"", "?")
        },
    ];
    let harness = H::with(&rows([], people)).await;
    for (words, expected) in [
        (vec![], vec![1, 2, 3, 4, 5]),
        (vec![""], vec![1, 2, 3, 4, 5]),
        (vec!["ann"], vec![1]),
        (vec!["ANN"], vec![1]),
        (vec!["bob"], vec![2]),
        (vec!["nderson"], vec![1, 2]),
        (vec!["änderson"], vec![1, 2]),
        (vec!["ÄNDERSON"], vec![1, 2]),
        (vec!["anderson"], vec![]),
        (vec!["example"], vec![1]),
        (vec!["ann", "EXAMPLE"], vec![1]),
        (vec!["ann", "bob"], vec![]),
        (vec!["%"], vec![3]),
        (vec!["_"], vec![3]),
        (vec!["\\"], vec![3]),
        (vec![".*"], vec![]),
        (vec!["a-z]*"], vec![5]),
        (vec!["ß"], vec![4]),
        (vec!["ss"], vec![4]),
        (vec!["k"], vec![5]),
        (vec!["\u{212a}"], vec![4]),
        (vec!["'quoted' \"TWO\""], vec![5]),
        (vec!["a000"], vec![1, 2, 3, 4, 5]),
        (vec!["A000-0000"], vec![]),
        (vec!["-4000-8000-000000000003"], vec![3]),
        (vec!["A0000000-0000-4000-8000-000000000002"], vec![2]),
        (vec!["a00000000000"], vec![]),
        (vec!["TRUE"], vec![1, 2, 3, 5]),
        (vec!["false"], vec![4]),
        (vec!["WÖRK"], vec![5]),
        (vec!["{\"n\":"], vec![5]),
        (vec!["\"team\":", "1.0]}"], vec![5]),
    ] {
        let search = words.iter().map(ToString::to_string).collect();
        assert_eq!(matches(&harness, UserFilter { search, ..one() }).await, expected, "{words:?}");
    }
}

/// Law: each path of the matching users occurs once, byte for byte; too many paths are marked.
pub async fn paths_of_users<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let made = |(n, path): (i64, &&str)| User { path: (*path).to_owned(), is_active: n < 6, ..numbered(n) };
    let anonymous =
        User { username: ANONYMOUS_USERNAME.to_owned(), path: "unlisted".to_owned(), ..numbered(99) };
    let users =
        (1..).zip(&ALIKE).map(made).chain([User { path: "bob".to_owned(), ..numbered(50) }, anonymous]);
    let harness = H::with(&people(users)).await;
    let paths = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    for (filter, scope, expected) in [
        (one(), Scope::Everything, paths(&ALIKE)),
        (one(), Scope::Nothing, paths(&[])),
        (one(), Scope::Only([UserId(1), UserId(50), UserId(99)].into()), paths(&["bob"])),
        (UserFilter { is_active: Some(false), ..one() }, Scope::Everything, paths(&ALIKE[5..])),
        (UserFilter { path_prefix: Some("bo".to_owned()), ..one() }, Scope::Everything, {
            paths(&["bob", "bob ", "bo\u{308}b", "bob\t", "boß"])
        }),
        (UserFilter { search: vec![numbered(3).email], ..one() }, Scope::Everything, paths(&[ALIKE[2]])),
        (UserFilter { search: vec!["unlisted".to_owned()], ..one() }, Scope::Everything, paths(&[])),
    ] {
        let query = PathListQuery { scope, filter, max_bytes: u64::MAX };
        let found = ok(harness.store().list_paths(&query).await);
        assert_eq!(found, PathPage { paths: expected, too_large: false }, "{query:?}");
    }
    for filter in [one(), UserFilter { search: vec!["true".to_owned()], ..one() }] {
        let query = PathListQuery { scope: Scope::Everything, filter, max_bytes: 3 * ROW_BYTES };
        let found = ok(harness.store().list_paths(&query).await);
        assert_eq!(found, PathPage { paths: BTreeSet::new(), too_large: true });
    }
}
