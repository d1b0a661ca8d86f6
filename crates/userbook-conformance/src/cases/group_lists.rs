//! Pages of groups.

use serde_json::json;
use userbook::{
    Group, User, UserId,
    model::ANONYMOUS_USERNAME,
    store::{
        AttributeTest, GroupColumn, GroupEntry, GroupFilter, GroupListQuery, GroupPage, ListStore, Order,
        ProvisioningChange, ProvisioningOp, ProvisioningStore, ReadAttributes, Scope,
    },
};

use super::{filters::condition, user_provisioning::apply_ok};
use crate::{
    Harness,
    build::{
        ANN, BOB, UNKNOWN_USER, group, group_id, group_ids, member, member_change, moment, provision, rows,
        user,
    },
    check::ok,
};

/// Returns all matching groups by id.
pub(super) fn all(filter: GroupFilter) -> GroupListQuery {
    GroupListQuery {
        members: Some(Scope::Everything),
        attributes: ReadAttributes::ALL,
        scope: Scope::Everything,
        filter,
        order: Vec::new(),
        offset: 0,
        limit: 1000,
        max_bytes: u64::MAX,
    }
}

pub(super) async fn list<H: Harness<Store: ListStore>>(harness: &H, query: &GroupListQuery) -> GroupPage {
    ok(harness.store().list_groups(query).await)
}

/// Returns the numbers of the groups on a page, in its order.
fn numbers(page: &GroupPage) -> Vec<u128> {
    page.groups.iter().map(|entry| entry.group.id.0.as_u128() - group_id(0).0.as_u128()).collect()
}

pub(super) async fn matches<H: Harness<Store: ListStore>>(harness: &H, filter: GroupFilter) -> Vec<u128> {
    let page = list(harness, &all(filter)).await;
    assert_eq!(page.count, page.groups.len() as u64, "all are on one page");
    numbers(&page)
}

/// Law: a listed group is complete, with its parent's name and its direct members by ascending id, without the
/// members' groups; `AnonymousUser` is not included.
pub async fn a_group_comes_with_parent_and_members<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let groups = [
        Group { parent: Some(group_id(2)), attributes: json!([null]), ..group(1) },
        Group { is_superuser: true, parent: Some(group_id(3)), ..group(2) },
        group(3),
    ];
    let people = [
        member(ANN, [1, 2]),
        User { is_active: false, last_login: None, ..member(BOB, [1]) },
        User { username: ANONYMOUS_USERNAME.to_owned(), ..member(UserId(1), [1, 3]) },
    ];
    let harness = H::with(&rows(groups.clone(), people.clone())).await;
    let page = list(&harness, &all(GroupFilter::default())).await;
    let shown = |user: &User| User { groups: [].into(), ..user.clone() };
    let [ann, bob, _] = &people;
    let members = [vec![shown(bob), shown(ann)], vec![shown(ann)], vec![]];
    let parents = [Some(group(2).name), Some(group(3).name), None];
    let entry = |((group, members), parent_name): ((Group, Vec<User>), Option<String>)| GroupEntry {
        group,
        parent_name,
        members,
    };
    let expected: Vec<_> = groups.into_iter().zip(members).zip(parents).map(entry).collect();
    assert_eq!(page, GroupPage { groups: expected, count: 3, too_large: false });
    let empty = H::with(&rows([], [user(ANN)])).await;
    assert_eq!(list(&empty, &all(GroupFilter::default())).await, GroupPage::default());
}

/// Law: the query selects all, no or some members; the groups are the same. The rows of hidden users must not be read.
pub async fn members_come_as_the_query_asks<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let anonymous = User { username: ANONYMOUS_USERNAME.to_owned(), ..member(UserId(1), [1, 2]) };
    let people = [member(ANN, [1, 2]), member(BOB, [1]), anonymous, member(UserId(3), [2])];
    let harness = H::with(&rows([group(1), group(2), group(3)], people)).await;
    for (members, expected) in [
        (None, [vec![], vec![], vec![]]),
        (Some(Scope::Nothing), [vec![], vec![], vec![]]),
        (Some(Scope::Only([].into())), [vec![], vec![], vec![]]),
        (Some(Scope::Only([BOB, UNKNOWN_USER].into())), [vec![BOB], vec![], vec![]]),
        (Some(Scope::Only([ANN, UserId(1)].into())), [vec![ANN], vec![ANN], vec![]]),
        (Some(Scope::Everything), [vec![BOB, ANN], vec![UserId(3), ANN], vec![]]),
    ] {
        let query = GroupListQuery { members, ..all(GroupFilter::default()) };
        let page = list(&harness, &query).await;
        assert_eq!((numbers(&page), page.count), (vec![1, 2, 3], 3));
        for (entry, expected) in page.groups.iter().zip(expected) {
            let shown: Vec<_> = entry.members.iter().map(|member| member.id).collect();
            assert_eq!(shown, expected, "{:?}", query.members);
        }
    }
}

/// Law: filters compare names byte for byte, the group's own flag, parents, direct members, words of the name, and
/// attributes, together and within the scope.
pub async fn group_filters<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let named = |name: &str, n| Group { name: name.to_owned(), ..group(n) };
    let groups = [
        Group { parent: Some(group_id(2)), ..named("staff", 1) },
        Group { is_superuser: true, ..named("Staff", 2) },
        Group { attributes: json!({"a": {"b": [1, 2]}}), ..named("staff ", 3) },
        named("Ä 100%", 4),
    ];
    let people = [member(ANN, [1, 2]), User { username: "Bob".to_owned(), ..member(BOB, [3]) }];
    let harness = H::with(&rows(groups, people)).await;
    let one = GroupFilter::default;
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let any_of = |texts: &[&str]| words(texts).into_iter().collect();
    let has = |path, part| condition(path, AttributeTest::Contains(part));
    for (filter, expected) in [
        (GroupFilter { ids: group_ids([2]), ..one() }, vec![2]),
        (GroupFilter { ids: group_ids([900]), ..one() }, vec![]),
        (GroupFilter { ids: group_ids([3, 1, 900]), ..one() }, vec![1, 3]),
        (GroupFilter { names: any_of(&["staff"]), ..one() }, vec![1]),
        (GroupFilter { names: any_of(&["Staff", "staff ", "x"]), ..one() }, vec![2, 3]),
        (GroupFilter { names: any_of(&["staff "]), ..one() }, vec![3]),
        (GroupFilter { names: any_of(&["STAFF"]), ..one() }, vec![]),
        (GroupFilter { is_superuser: Some(true), ..one() }, vec![2]),
        (GroupFilter { is_superuser: Some(false), ..one() }, vec![1, 3, 4]),
        (GroupFilter { parents: group_ids([2]), ..one() }, vec![1]),
        (GroupFilter { parents: group_ids([1, 900]), ..one() }, vec![]),
        (GroupFilter { parents: group_ids([2, 1]), is_superuser: Some(true), ..one() }, vec![]),
        (GroupFilter { parents: group_ids([2]), names: any_of(&["staff"]), ..one() }, vec![1]),
        (GroupFilter { members: vec![[ANN].into()], ..one() }, vec![1, 2]),
        (GroupFilter { members: vec![[ANN, BOB].into()], ..one() }, vec![1, 2, 3]),
        (GroupFilter { members: vec![[UNKNOWN_USER].into()], ..one() }, vec![]),
        (GroupFilter { members: vec![[].into()], ..one() }, vec![]),
        (GroupFilter { members: vec![[ANN].into(), [BOB].into()], ..one() }, vec![]),
        (GroupFilter { members: vec![[ANN, BOB].into(), [BOB].into()], ..one() }, vec![3]),
        (GroupFilter { attributes: vec![has("a.b", json!([2]))], ..one() }, vec![3]),
        (GroupFilter { attributes: vec![has("a", json!(1))], ..one() }, vec![]),
        (GroupFilter { search: words(&["STAFF"]), ..one() }, vec![1, 2, 3]),
        (GroupFilter { search: words(&["%", "100"]), ..one() }, vec![4]),
        (GroupFilter { search: words(&["ä"]), ..one() }, vec![4]),
        (GroupFilter { search: words(&["a"]), is_superuser: Some(true), ..one() }, vec![2]),
        (GroupFilter { search: words(&["TRUE"]), ..one() }, vec![2]),
        (GroupFilter { search: words(&["false", "ff"]), ..one() }, vec![1, 3]),
        (GroupFilter { search: words(&["staff"]), is_superuser: Some(false), ..one() }, vec![1, 3]),
        (GroupFilter { names: any_of(&["staff"]), members: vec![[BOB].into()], ..one() }, vec![]),
    ] {
        assert_eq!(matches(&harness, filter.clone()).await, expected, "{filter:?}");
        let scope = Scope::Only(group_ids([1, 3, 900]));
        let page = list(&harness, &GroupListQuery { scope, ..all(filter.clone()) }).await;
        let seen: Vec<_> = expected.into_iter().filter(|n| [1, 3].contains(n)).collect();
        assert_eq!(
            (numbers(&page), page.count),
            (seen.clone(), seen.len() as u64),
            "within a scope: {filter:?}"
        );
        let page = list(&harness, &GroupListQuery { scope: Scope::Nothing, ..all(filter) }).await;
        assert_eq!(page, GroupPage::default());
    }
}

/// Law: pages in every order and both directions; names sort by code point.
pub async fn pages_of_groups<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let named = |name: &str, n| {
        let seconds = i64::try_from(n).unwrap_or(0);
        let (created_at, updated_at) = (moment((seconds - 3).pow(2)), moment(-(seconds - 2).pow(2)));
        Group { name: name.to_owned(), is_superuser: n == 2, created_at, updated_at, ..group(n) }
    };
    let below = |parent, group: Group| Group { parent: Some(group_id(parent)), ..group };
    let groups = [
        below(2, named("é", 1)),
        named("b", 2),
        named("B", 3),
        named("\u{10000}", 4),
        below(1, named("\u{ffff}", 5)),
    ];
    let harness = H::with(&rows(groups, [])).await;
    for (column, descending, expected) in [
        (GroupColumn::Id, false, [1, 2, 3, 4, 5]),
        (GroupColumn::Id, true, [5, 4, 3, 2, 1]),
        (GroupColumn::Name, false, [3, 2, 1, 5, 4]),
        (GroupColumn::Name, true, [4, 5, 1, 2, 3]),
        (GroupColumn::IsSuperuser, false, [1, 3, 4, 5, 2]),
        (GroupColumn::IsSuperuser, true, [2, 1, 3, 4, 5]),
        (GroupColumn::Parent, false, [5, 1, 2, 3, 4]),
        (GroupColumn::Parent, true, [2, 3, 4, 1, 5]),
        (GroupColumn::CreatedAt, false, [3, 2, 4, 1, 5]),
        (GroupColumn::CreatedAt, true, [1, 5, 2, 4, 3]),
        (GroupColumn::UpdatedAt, false, [5, 4, 1, 3, 2]),
        (GroupColumn::UpdatedAt, true, [2, 1, 3, 4, 5]),
    ] {
        let order = vec![Order { column, descending }];
        let mut seen = Vec::new();
        for offset in [0, 2, 4, 6] {
            let query =
                GroupListQuery { order: order.clone(), offset, limit: 2, ..all(GroupFilter::default()) };
            let page = list(&harness, &query).await;
            assert_eq!(page.count, 5);
            seen.extend(numbers(&page));
        }
        assert_eq!(seen, expected, "{order:?}");
    }
}

/// Law: the count follows each inserted or deleted group, and ignores overwritten groups.
pub async fn the_count_follows_groups<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let harness = H::with(&rows([group(1), group(2)], [member(ANN, [1])])).await;
    let order = vec![Order { column: GroupColumn::Name, descending: false }];
    let query = GroupListQuery { order, limit: 1, ..all(GroupFilter::default()) };
    let put = |group: Group, n| provision(ProvisioningOp::PutGroup(Box::new(group)), n);
    let delete = provision(ProvisioningOp::DeleteGroup(group_id(1)), 3);
    let leaving = member_change(&member(ANN, [1]), false, 30);
    for (step, expected) in [
        (put(group(3), 1), 3),
        (put(Group { name: "other".to_owned(), ..group(3) }, 2), 3),
        (ProvisioningChange { members: vec![leaving], ..delete }, 2),
    ] {
        apply_ok(&harness, &step).await;
        assert_eq!(list(&harness, &query).await.count, expected);
    }
    for refused in [
        put(Group { parent: Some(group_id(900)), ..group(4) }, 4),
        put(Group { name: group(2).name, ..group(5) }, 5),
        provision(ProvisioningOp::DeleteGroup(group_id(900)), 6),
    ] {
        let outcome = ok(harness.store().provision(&refused).await);
        assert_ne!(outcome, userbook::store::CommitOutcome::Applied);
        assert_eq!(list(&harness, &query).await.count, 2, "a rejected change is not counted");
    }
}
