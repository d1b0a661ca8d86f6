//! Group writes through the library: a group gives and takes superuser status wholesale.

use userbook::{Group, GroupId, NewGroup, UserId, authz::Permission as P};
use userbook_tests::fixture::events;

use crate::{
    fixture::*,
    library::group_ending,
    setting::{Setting, in_the_library},
};

in_the_library!(
    escalation_by_a_group_write_is_denied,
    latent_superuser_status_is_denied,
    a_right_to_grant_covers_its_group_alone,
    demotion_by_a_group_write_is_denied,
    group_writes_leave_a_superuser,
    group_writes_make_no_cycle,
    m6_a_hidden_parent_looks_like_a_missing_one,
    m6_writes_of_a_hidden_group_reveal_nothing,
    group_writes_read_no_unrelated_groups,
    a_deletion_changes_no_foreign_group,
);

/// Rights to write every group, and none to grant.
const EDITOR: [Grant; 3] = [
    grant(GROUP_VIEWER, P::AddGroup),
    grant(GROUP_VIEWER, P::ChangeGroup),
    grant(GROUP_VIEWER, P::DeleteGroup),
];

/// The group as it is stored, for a write that changes one thing.
fn stored(number: u128) -> NewGroup {
    match number {
        ADMINS => NewGroup::new("Administrators").superuser(true),
        NIGHT => NewGroup::new("Night shift").parent(group(ADMINS)),
        STAFF => NewGroup::new("Staff").attributes(serde_json::json!({"secretnote": "x"})),
        ADMINS2 => NewGroup::new("Root2").superuser(true),
        _ => NewGroup::new(format!("Group {number}")),
    }
}

/// Tries writes, each as a dry run and then for real.
async fn try_all(
    fixture: &Fixture,
    at: Setting,
    by: i64,
    writes: impl IntoIterator<Item = (&'static str, u128, NewGroup, &'static str)>,
) {
    let by = actor(by);
    for (name, number, write, expected) in writes {
        for dry_run in [true, false] {
            let call = fixture.service().put_group(&by, group(number), write.clone());
            let put = if dry_run { call.dry_run().await } else { call.await };
            assert_eq!(group_ending(&put), expected, "{at} {name}: {put:?}");
        }
    }
}

async fn escalation_by_a_group_write_is_denied(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &EDITOR).await;
    let me = UserId(GROUP_VIEWER);
    let denied = [
        ("flag", STAFF, stored(STAFF).superuser(true)),
        ("parent", STAFF, stored(STAFF).parent(group(ADMINS))),
        ("grandparent", STAFF, stored(STAFF).parent(group(NIGHT))),
        ("new group", NO_GROUP, stored(NO_GROUP).superuser(true)),
        ("new group with a member", NO_GROUP, stored(NO_GROUP).superuser(true).add_member(me)),
        ("new child group", NO_GROUP, stored(NO_GROUP).parent(group(NIGHT)).add_member(me)),
        ("member", ADMINS, stored(ADMINS).add_member(me)),
        ("member of a child group", NIGHT, stored(NIGHT).add_member(me)),
        ("replaced members", NIGHT, stored(NIGHT).members([UserId(ADMIN2), me])),
        ("inactive member", ADMINS2, stored(ADMINS2).add_member(UserId(RETIRED))),
        ("flag and member", STAFF, stored(STAFF).superuser(true).add_member(me)),
    ];
    let denied = denied.map(|(name, number, write)| (name, number, write, "grants superuser"));
    try_all(&fixture, at, GROUP_VIEWER, denied).await;
    assert!(events(&fixture.store).await.is_empty(), "{at}");
    let allowed = [
        ("name", ADMINS, NewGroup::new("Admins").superuser(true), "done"),
        ("ordinary member", STAFF, stored(STAFF).add_member(me), "done"),
        ("ordinary parent", STAFF, stored(STAFF).parent(group(SECRET)), "done"),
    ];
    try_all(&fixture, at, GROUP_VIEWER, allowed).await;
    assert_eq!(fixture.user(GROUP_VIEWER).await.groups, [group(STAFF)].into(), "{at}");
}

/// A second way to grant changes no status today, and outlives the first one.
async fn latent_superuser_status_is_denied(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &EDITOR).await;
    let gains = [
        ("flag of a child group", NIGHT, stored(NIGHT).superuser(true)),
        ("parent of a granting group", ADMINS2, stored(ADMINS2).parent(group(ADMINS))),
        ("child group of a child group", NO_GROUP, stored(NO_GROUP).parent(group(NIGHT))),
        ("another parent", NIGHT, stored(NIGHT).parent(group(ADMINS2))),
    ];
    let gains = gains.map(|(name, number, write)| (name, number, write, "grants superuser"));
    try_all(&fixture, at, GROUP_VIEWER, gains).await;
    // A superuser makes a group grant twice; an editor takes neither way.
    let put = fixture.service().put_group(&actor(ADMIN), group(NIGHT), stored(NIGHT).superuser(true)).await;
    assert_eq!(group_ending(&put), "done", "{at}");
    let losses = [
        ("flag of a child group", NIGHT, stored(NIGHT)),
        ("parent of a granting group", NIGHT, stored(NIGHT).superuser(true).parent(None::<GroupId>)),
        ("flag of the parent", ADMINS, stored(ADMINS).superuser(false)),
    ];
    let losses = losses.map(|(name, number, write)| (name, number, write, "revokes superuser"));
    try_all(&fixture, at, GROUP_VIEWER, losses).await;
    assert_eq!(events(&fixture.store).await.len(), 1, "{at}");
}

async fn a_right_to_grant_covers_its_group_alone(at: Setting) {
    let more = [grant(GRANTER, P::ChangeGroup), grant(GRANTER, P::ViewGroup), grant(GRANTER, P::AddGroup)];
    let fixture = Fixture::granting(at, &rows(), &more).await;
    let writes = [
        ("flag", STAFF, stored(STAFF).superuser(true), "grants superuser"),
        ("foreign parent", STAFF, stored(STAFF).parent(group(ADMINS)), "grants superuser"),
        ("foreign member", NIGHT, stored(NIGHT).add_member(UserId(GRANTER)), "grants superuser"),
        (
            "child group moved below the own group",
            NIGHT,
            stored(NIGHT).parent(group(ADMINS2)),
            "revokes superuser",
        ),
        ("foreign member leaves", NIGHT, stored(NIGHT).remove_member(UserId(ADMIN2)), "revokes superuser"),
        ("own child group", NO_GROUP, stored(NO_GROUP).parent(group(ADMINS2)), "done"),
        ("own member", ADMINS2, stored(ADMINS2).add_member(UserId(GRANTER)), "done"),
    ];
    try_all(&fixture, at, GRANTER, writes).await;
}

async fn demotion_by_a_group_write_is_denied(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &EDITOR).await;
    let denied = [
        ("flag", ADMINS2, stored(ADMINS2).superuser(false)),
        ("parent", NIGHT, stored(NIGHT).parent(None::<GroupId>)),
        ("ordinary parent", NIGHT, stored(NIGHT).parent(group(STAFF))),
        ("member leaves", NIGHT, stored(NIGHT).remove_member(UserId(ADMIN2))),
        ("inactive member leaves", ADMINS, stored(ADMINS).remove_member(UserId(RETIRED))),
        ("no members", ADMINS, stored(ADMINS).members([])),
    ];
    let denied = denied.map(|(name, number, write)| (name, number, write, "revokes superuser"));
    try_all(&fixture, at, GROUP_VIEWER, denied).await;
    for number in [ADMINS, NIGHT, ADMINS2] {
        let deleted = fixture.service().delete_group(&actor(GROUP_VIEWER), group(number)).await;
        assert_eq!(group_ending(&deleted), "revokes superuser", "{at} {number:x}");
    }
    assert!(events(&fixture.store).await.is_empty(), "{at}");
    let deleted = fixture.service().delete_group(&actor(GROUP_VIEWER), group(STAFF)).await;
    assert_eq!(group_ending(&deleted), "done", "{at}");
}

async fn group_writes_leave_a_superuser(at: Setting) {
    let mut rows = rows();
    for user in &mut rows.users {
        if ![ADMIN, ROBOT, RETIRED, ANONYMOUS].contains(&user.id.0) {
            user.groups.clear();
        }
    }
    let more = [&EDITOR[..], &[grant(GROUP_VIEWER, P::EnableGroupSuperuser)]].concat();
    let fixture = Fixture::granting(at, &rows, &more).await;
    let invalid = [
        ("flag", ADMINS, stored(ADMINS).superuser(false)),
        ("member leaves", ADMINS, stored(ADMINS).remove_member(UserId(ADMIN))),
        ("machine stays", ADMINS, stored(ADMINS).members([ROBOT, RETIRED, ANONYMOUS].map(UserId))),
        ("machine comes", ADMINS, stored(ADMINS).members([OUTPOST].map(UserId))),
    ];
    let invalid = invalid.map(|(name, number, write)| (name, number, write, "invalid"));
    for by in [GROUP_VIEWER, ROBOT] {
        try_all(&fixture, at, by, invalid.clone()).await;
        let deleted = fixture.service().delete_group(&actor(by), group(ADMINS)).allow_self_lockout().await;
        assert_eq!(group_ending(&deleted), "invalid", "{at} {by}");
    }
    let replaced = [("person comes", ADMINS, stored(ADMINS).members([UserId(ALICE)]), "done")];
    try_all(&fixture, at, GROUP_VIEWER, replaced).await;
    assert!(fixture.user(ADMIN).await.groups.is_empty(), "{at}");
}

async fn group_writes_make_no_cycle(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &EDITOR).await;
    let writes = [
        ("itself", STAFF, stored(STAFF).parent(group(STAFF)), "invalid"),
        ("first", STAFF, stored(STAFF).parent(group(SECRET)), "done"),
        ("second", SECRET, stored(SECRET).parent(group(STAFF)), "invalid"),
        ("third", NO_GROUP, stored(NO_GROUP).parent(group(STAFF)), "done"),
        ("fourth", SECRET, stored(SECRET).parent(group(NO_GROUP)), "invalid"),
    ];
    try_all(&fixture, at, GROUP_VIEWER, writes).await;
}

async fn m6_a_hidden_parent_looks_like_a_missing_one(at: Setting) {
    let more = [
        grant(JOINER, P::ChangeGroup),
        grant(JOINER, P::AddGroup),
        grant_on_group(JOINER, P::ViewGroup, STAFF),
    ];
    let fixture = Fixture::granting(at, &rows(), &more).await;
    for written in [STAFF, 0xfffe] {
        let mut answers = Vec::new();
        for parent in [SECRET, ADMINS, NIGHT, NO_GROUP] {
            let write = stored(written).parent(group(parent));
            let put = fixture.service().put_group(&actor(JOINER), group(written), write).dry_run().await;
            answers.push(format!("{:?}", put.unwrap_err()).replace(&group(parent).to_string(), "ID"));
        }
        assert!(answers.iter().all(|it| *it == answers[0]), "{at} {written:x}: {answers:#?}");
    }
}

/// A caller who may write a group and not view it learns no name, attribute or member of it.
async fn m6_writes_of_a_hidden_group_reveal_nothing(at: Setting) {
    let more = [grant(JOINER, P::ChangeGroup), grant(JOINER, P::DeleteGroup)];
    let fixture = Fixture::granting(at, &rows(), &more).await;
    let service = fixture.service();
    let right = NewGroup::new("Hidden project").attributes(serde_json::json!({"budget": 42}));
    let wrong = NewGroup::new("Another project").attributes(serde_json::json!({"budget": 43}));
    let mut guesses = Vec::new();
    for guess in [right, wrong] {
        let put = service.put_group(&actor(JOINER), group(SECRET), guess).dry_run().await;
        guesses.push(match &put {
            Ok(put) => format!("{:?} {:?}", put.diff, put.outcome),
            Err(error) => format!("{error:?}"),
        });
    }
    assert_eq!(guesses[0], guesses[1], "{at}");
    let deleted = service.delete_group(&actor(JOINER), group(SECRET)).dry_run().await;
    let answer = match &deleted {
        Ok(deleted) => format!("{:?} {:?}", deleted.group, deleted.diff),
        Err(error) => format!("{error:?}"),
    };
    assert!(!reveals(&answer), "{at}: {answer}");
    assert!(!answer.contains(&format!("UserId({HIDDEN})")), "{at}: {answer}");
}

/// The cost of a write does not grow with the number of groups, which a connection creates without limit.
async fn group_writes_read_no_unrelated_groups(at: Setting) {
    let mut rows = rows();
    let pattern = rows.groups.iter().find(|it| it.id == group(STAFF)).unwrap().clone();
    rows.groups.extend((0..300).map(|n: u128| Group {
        id: group(0xa000 + n),
        name: format!("Crowd {n}"),
        parent: (n % 2 == 1).then(|| group(0xa000)),
        ..pattern.clone()
    }));
    let fixture = Fixture::granting(at, &rows, &EDITOR).await;
    let (top, new, me) = (group(0xa001), group(0xb001), UserId(GROUP_VIEWER));
    let crowd = || NewGroup::new("Crowd 1").parent(group(0xa000));
    for (name, id, write, positions) in [
        ("created", new, NewGroup::new("New"), 1),
        ("renamed", new, NewGroup::new("Newer"), 0),
        ("members", new, NewGroup::new("Newer").add_member(me), 0),
        ("parent", new, NewGroup::new("Newer").parent(top), 1),
        ("parent of the crowd", top, crowd().parent(group(SECRET)), 2),
        ("name of the crowd", group(0xa000), NewGroup::new("Crowd"), 0),
    ] {
        fixture.work().await;
        let put = fixture.service().put_group(&actor(GROUP_VIEWER), id, write).await;
        assert_eq!(group_ending(&put), "done", "{at} {name}: {put:?}");
        assert!(positions_read(&fixture).await <= positions, "{at} {name}");
    }
    fixture.work().await;
    let deleted = fixture.service().delete_group(&actor(GROUP_VIEWER), new).await;
    assert_eq!(group_ending(&deleted), "done", "{at}");
    assert!(positions_read(&fixture).await <= 1, "{at}");
}

/// Returns the number of positions of groups that the store has returned since the last call.
async fn positions_read(fixture: &Fixture) -> usize {
    let work = fixture.work().await;
    let counts = work.iter().filter_map(|call| call.strip_prefix("load_directory positions="));
    counts.map(|count| count.parse::<usize>().unwrap()).sum()
}

/// A right to a group is none to its child groups, which would lose their parent.
async fn a_deletion_changes_no_foreign_group(at: Setting) {
    let more = [
        grant(JOINER, P::ViewGroup),
        grant_on_group(JOINER, P::DeleteGroup, STAFF),
        grant_on_group(JOINER, P::ChangeGroup, STAFF),
    ];
    let fixture = Fixture::granting(at, &rows(), &more).await;
    let service = fixture.service();
    let below = NewGroup::new("Below").parent(group(STAFF));
    service.put_group(&actor(ADMIN), group(NO_GROUP), below).await.unwrap();
    let child = async || service.retrieve_group(&actor(ADMIN), group(NO_GROUP), false).await.unwrap().group;
    let before = child().await;
    let count = events(&fixture.store).await.len();
    let joiner = actor(JOINER);
    for dry_run in [true, false] {
        let call = service.delete_group(&joiner, group(STAFF));
        let deleted = if dry_run { call.dry_run().await } else { call.await };
        assert_eq!(group_ending(&deleted), "child groups", "{at}: {deleted:?}");
    }
    assert_eq!((child().await, events(&fixture.store).await.len()), (before, count), "{at}");
    // An actor who may change the child may delete its parent, and the event names the child.
    let deleted = service.delete_group(&actor(ADMIN), group(STAFF)).await.unwrap();
    assert_eq!(child().await.parent, None, "{at}");
    let event = events(&fixture.store).await.pop().unwrap();
    let named = serde_json::to_value(&event.diff["children"]).unwrap();
    let below = serde_json::json!({"id": group(NO_GROUP), "name": "Below"});
    assert_eq!(named, serde_json::json!({"added": [], "removed": [below]}), "{at}");
    assert_eq!(deleted.diff["children"], event.diff["children"], "{at}");
}
