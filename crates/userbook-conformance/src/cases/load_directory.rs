//! The facts that a directory query returns.

use std::collections::BTreeMap;

use userbook::{
    Group, User, UserId, UserType,
    model::{ANONYMOUS_USERNAME, GroupGraph},
    store::{
        ActorState, DirectoryQuery, DirectorySnapshot, GroupShape, MemberQuery, MemberState,
        ProvisioningStore, SuperuserQuery, Superusers,
    },
};

use crate::{
    Harness,
    build::{
        ANN, BOB, UNKNOWN_USER, chain, change_id, group, group_id, group_ids, member, rename, rows, user,
    },
    check::{apply, epochs, ok},
};

async fn directory<H: Harness<Store: ProvisioningStore>>(
    harness: &H,
    query: &DirectoryQuery,
) -> DirectorySnapshot {
    ok(harness.store().load_directory(query).await)
}

/// Law: facts that the query does not request are absent, and an empty store returns a result.
pub async fn an_empty_query<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [member(ANN, [1])])).await;
    let found = directory(&harness, &DirectoryQuery::default()).await;
    assert_eq!(found, DirectorySnapshot { epochs: found.epochs, ..DirectorySnapshot::default() });

    let empty = H::with(&rows([], [])).await;
    let query = DirectoryQuery {
        username: Some(user(ANN).username),
        group_name: Some(group(1).name),
        group_name_except: Some(group_id(2)),
        groups: group_ids([1]),
        actor: Some(ANN),
        shape: true,
        below: Some(group_id(1)),
        members: Some(MemberQuery { of: Some(group_id(1)), users: [ANN].into(), limit: 9 }),
        superusers: Some(SuperuserQuery { groups: group_ids([1]), except: None }),
        change: Some(change_id(1)),
        ..DirectoryQuery::default()
    };
    let found = directory(&empty, &query).await;
    assert_eq!(found, DirectorySnapshot { epochs: found.epochs, ..DirectorySnapshot::default() });
}

/// Law: names of users and groups are compared byte for byte.
pub async fn names<H: Harness<Store: ProvisioningStore>>() {
    let named = Group { name: "Stäff".to_owned(), ..group(1) };
    let ann = User { username: "änn".to_owned(), ..user(ANN) };
    let harness = H::with(&rows([named, group(2)], [ann])).await;
    for (text, taken) in
        [("änn", true), ("Änn", false), ("ann", false), ("a\u{308}nn", false), ("änn ", false)]
    {
        let query = DirectoryQuery { username: Some(text.to_owned()), ..DirectoryQuery::default() };
        assert_eq!(directory(&harness, &query).await.username_taken, taken, "{text:?}");
    }
    for (text, found) in [("Stäff", true), ("stäff", false), ("Staff", false), ("Stäff ", false), ("", false)]
    {
        let query = DirectoryQuery { group_name: Some(text.to_owned()), ..DirectoryQuery::default() };
        assert_eq!(directory(&harness, &query).await.group_named, found.then(|| group_id(1)), "{text:?}");
        let own = DirectoryQuery { group_name_except: Some(group_id(1)), ..query.clone() };
        assert_eq!(directory(&harness, &own).await.group_named, None, "{text:?}");
        let other = DirectoryQuery { group_name_except: Some(group_id(2)), ..query };
        assert_eq!(directory(&harness, &other).await.group_named, found.then(|| group_id(1)), "{text:?}");
    }
}

/// Law: the groups of the query and of the actor come with their ancestors up to 19 above; the actor as in a load.
pub async fn groups_and_the_actor<H: Harness<Store: ProvisioningStore>>() {
    let groups = chain(60);
    let bob = User { is_active: false, ..member(BOB, [30]) };
    let harness = H::with(&rows(groups.clone(), [user(ANN), bob.clone()])).await;
    let query = DirectoryQuery {
        groups: [group_id(3), group_id(900)].into(),
        actor: Some(BOB),
        ..DirectoryQuery::default()
    };
    let found = directory(&harness, &query).await;
    let expected: GroupGraph = groups.get(3..50).unwrap_or_default().iter().cloned().collect();
    // Groups 3 to 22 and 30 to 49.
    let expected: GroupGraph =
        expected.iter().filter(|group| !group_ids(23..30).contains(&group.id)).cloned().collect();
    assert_eq!(found.groups, expected);
    let actor = ActorState {
        id: BOB,
        is_active: false,
        user_type: bob.user_type,
        path: bob.path.clone(),
        attributes: bob.attributes.clone(),
        groups: group_ids([30]),
        revision: bob.revision,
    };
    assert_eq!(found.actor, Some(actor));

    let query = DirectoryQuery { actor: Some(UNKNOWN_USER), ..DirectoryQuery::default() };
    assert_eq!(directory(&harness, &query).await.actor, None);
}

/// Law: the shape contains the position of every group, at any distance from the groups of the query.
pub async fn the_shape_of_the_hierarchy<H: Harness<Store: ProvisioningStore>>() {
    let mut groups = chain(40);
    groups.push(Group { is_superuser: true, parent: Some(group_id(41)), ..group(41) });
    let harness = H::with(&rows(groups.clone(), [user(ANN)])).await;
    let found = directory(&harness, &DirectoryQuery { shape: true, ..DirectoryQuery::default() }).await;
    let expected: BTreeMap<_, _> = groups.iter().map(|group| (group.id, GroupShape::of(group))).collect();
    assert_eq!(found.shape, expected);
    assert_eq!(found.groups.iter().count(), 0, "the query names no group");
}

/// Law: a query for the groups below a group finds the group and every group below it, at any distance, and no other
/// group. A cycle ends. A missing group has none.
pub async fn the_groups_below_a_group<H: Harness<Store: ProvisioningStore>>() {
    let mut groups = chain(1_200);
    let below = |n: u128, parent: u128| Group { parent: Some(group_id(parent)), ..group(n) };
    groups.extend([below(2_001, 5), below(2_002, 2_001), Group { is_superuser: true, ..below(2_003, 5) }]);
    groups.extend([below(3_001, 3_002), below(3_002, 3_001), below(3_003, 3_001)]);
    let harness = H::with(&rows(groups.clone(), [user(ANN)])).await;
    for (top, expected) in [
        (0, vec![0]),
        (2, vec![0, 1, 2]),
        (5, (0..=5).chain(2_001..=2_003).collect()),
        (1_200, (0..=1_200).chain(2_001..=2_003).collect()),
        (2_003, vec![2_003]),
        (3_001, vec![3_001, 3_002, 3_003]),
        (3_002, vec![3_001, 3_002, 3_003]),
        (3_003, vec![3_003]),
        (9_999, vec![]),
    ] {
        let query = DirectoryQuery { below: Some(group_id(top)), ..DirectoryQuery::default() };
        let found = directory(&harness, &query).await;
        let ids = group_ids(expected);
        let expected = groups.iter().filter(|group| ids.contains(&group.id));
        let expected: BTreeMap<_, _> = expected.map(|group| (group.id, GroupShape::of(group))).collect();
        assert_eq!(found.shape, expected, "below {top}");
        assert_eq!(found.groups.iter().count(), 0, "the query names no group");
    }
}

/// Law: a superuser query finds *direct* members who can act, separated into persons and service accounts. Members of
/// ancestors and descendants do not count, and users who cannot act do not either.
pub async fn superusers_among_direct_members<H: Harness<Store: ProvisioningStore>>() {
    let robot = User { user_type: UserType::ServiceAccount, ..member(UserId(3), [2, 3]) };
    let users = [
        member(ANN, [2]),
        User { is_active: false, ..member(BOB, [0, 1]) },
        User { user_type: UserType::InternalServiceAccount, ..member(UserId(1), [0, 1]) },
        User { username: ANONYMOUS_USERNAME.to_owned(), ..member(UserId(2), [0, 1]) },
        robot,
    ];
    let harness = H::with(&rows(chain(4), users)).await;
    for (groups, person, service_account) in [
        (vec![], false, false),
        (vec![0], false, false),
        (vec![0, 1], false, false),
        (vec![2], true, true),
        (vec![3], false, true),
        (vec![4], false, false),
        (vec![0, 3, 900], false, true),
        (vec![0, 2, 900], true, true),
        (vec![900], false, false),
    ] {
        let superusers = Some(SuperuserQuery { groups: group_ids(groups.clone()), except: None });
        let found = directory(&harness, &DirectoryQuery { superusers, ..DirectoryQuery::default() }).await;
        assert_eq!(found.superusers, Superusers { person, service_account }, "{groups:?}");
    }
}

/// Law: memberships of some users in one group can be excluded; their memberships in other groups still count. The
/// query describes the directory after these users have left the group.
pub async fn some_memberships_can_be_left_out<H: Harness<Store: ProvisioningStore>>() {
    let robot = User { user_type: UserType::ServiceAccount, ..member(UserId(3), [2]) };
    let users = [member(ANN, [1, 2]), member(BOB, [1]), robot];
    let harness = H::with(&rows([group(1), group(2)], users)).await;
    for (groups, except, users, person, service_account) in [
        (vec![1], 1, vec![], true, false),
        (vec![1], 1, vec![ANN], true, false),
        (vec![1], 1, vec![ANN, BOB], false, false),
        (vec![1], 2, vec![ANN, BOB], true, false),
        (vec![1, 2], 1, vec![ANN, BOB], true, true),
        (vec![1, 2], 2, vec![UserId(3)], true, false),
        (vec![2], 2, vec![ANN, UNKNOWN_USER], false, true),
        (vec![2], 900, vec![ANN, UserId(3)], true, true),
    ] {
        let superusers = SuperuserQuery {
            groups: group_ids(groups),
            except: Some((group_id(except), users.into_iter().collect())),
        };
        let query = DirectoryQuery { superusers: Some(superusers.clone()), ..DirectoryQuery::default() };
        let found = directory(&harness, &query).await.superusers;
        assert_eq!(found, Superusers { person, service_account }, "{superusers:?}");
    }
}

/// Law: members come with all facts and all direct groups: the members of the group, active or not, and the named
/// users that exist.
pub async fn members_of_a_group_and_named_users<H: Harness<Store: ProvisioningStore>>() {
    let users = [
        member(ANN, [1, 2]),
        User { is_active: false, user_type: UserType::ServiceAccount, ..member(BOB, [1]) },
        User { username: ANONYMOUS_USERNAME.to_owned(), ..member(UserId(1), [1]) },
        User { user_type: UserType::InternalServiceAccount, ..member(UserId(2), [1, 3]) },
        member(UserId(3), [3]),
        user(UserId(4)),
    ];
    let harness = H::with(&rows([group(1), group(2), group(3)], users.clone())).await;
    for (of, named, expected) in [
        (Some(1), vec![], vec![ANN, BOB, UserId(1), UserId(2)]),
        (Some(1), vec![ANN, UserId(4), UNKNOWN_USER], vec![ANN, BOB, UserId(1), UserId(2), UserId(4)]),
        (Some(900), vec![UserId(3)], vec![UserId(3)]),
        (None, vec![UserId(3), UserId(4), UNKNOWN_USER], vec![UserId(3), UserId(4)]),
        (None, vec![], vec![]),
    ] {
        let members = MemberQuery { of: of.map(group_id), users: named.into_iter().collect(), limit: 100 };
        let query = DirectoryQuery { members: Some(members.clone()), ..DirectoryQuery::default() };
        let found = directory(&harness, &query).await;
        let state = |user: &User| MemberState {
            uuid: user.uuid,
            username: user.username.clone(),
            is_active: user.is_active,
            user_type: user.user_type,
            path: user.path.clone(),
            groups: user.groups.clone(),
            revision: user.revision,
            version: user.version,
        };
        let rows = users.iter().filter(|user| expected.contains(&user.id));
        assert_eq!(found.members, rows.map(|user| (user.id, state(user))).collect(), "{members:?}");
        assert_eq!(found.groups.iter().count(), 0, "the groups of members are not part of the graph");
    }
}

/// Law: at most `limit` members are returned, those with the smallest ids. A caller that requests one more than
/// allowed learns that there are too many.
pub async fn members_are_limited<H: Harness<Store: ProvisioningStore>>() {
    let kinds = UserType::ALL.into_iter().cycle();
    let users: Vec<_> = (1..=40)
        .zip(kinds)
        .map(|(id, user_type)| User { user_type, is_active: id % 3 != 0, ..member(UserId(id), [1]) })
        .chain((41..=50).map(|id| user(UserId(id))))
        .collect();
    let harness = H::with(&rows([group(1)], users)).await;
    for (limit, named, expected) in [
        (0, vec![], vec![]),
        (5, vec![], vec![1, 2, 3, 4, 5]),
        (5, vec![50], vec![1, 2, 3, 4, 5]),
        (41, vec![41, 50], (1..=41).collect()),
        (100, vec![41], (1..=41).collect()),
    ] {
        let users = named.into_iter().map(UserId).collect();
        let members = Some(MemberQuery { of: Some(group_id(1)), users, limit });
        let found = directory(&harness, &DirectoryQuery { members, ..DirectoryQuery::default() }).await;
        assert_eq!(found.members.keys().map(|id| id.0).collect::<Vec<_>>(), expected, "at most {limit}");
    }
    let users = [50, 41, 7, 3].map(UserId).into();
    let members = Some(MemberQuery { of: None, users, limit: 3 });
    let found = directory(&harness, &DirectoryQuery { members, ..DirectoryQuery::default() }).await;
    assert_eq!(found.members.keys().map(|id| id.0).collect::<Vec<_>>(), [3, 7, 41]);
}

/// Law: a directory query returns the same counters as a load, and whether a change was committed.
pub async fn the_committed_change_and_the_counters<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let query = DirectoryQuery { change: Some(change_id(1)), ..DirectoryQuery::default() };
    assert!(!directory(&harness, &query).await.change_committed);
    apply(&harness, &rename(&user(ANN), 1)).await;
    let found = directory(&harness, &query).await;
    assert!(found.change_committed);
    assert_eq!(found.epochs, epochs(&harness).await);
}
