//! Group writes through the library: a group gives and takes superuser status wholesale.

use userbook::{GroupId, NewGroup, UserId, authz::Permission as P};
use userbook_tests::fixture::events;

use crate::{
    library::group_ending,
    scene::*,
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
    scene: &Scene,
    at: Setting,
    by: i64,
    writes: impl IntoIterator<Item = (&'static str, u128, NewGroup, &'static str)>,
) {
    let by = actor(by);
    for (name, number, write, expected) in writes {
        for dry_run in [true, false] {
            let call = scene.service().put_group(&by, group(number), write.clone());
            let put = if dry_run { call.dry_run().await } else { call.await };
            assert_eq!(group_ending(&put), expected, "{at} {name}: {put:?}");
        }
    }
}

async fn escalation_by_a_group_write_is_denied(at: Setting) {
    let scene = Scene::granting(at, &rows(), &EDITOR).await;
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
    try_all(&scene, at, GROUP_VIEWER, denied).await;
    assert!(events(&scene.store).await.is_empty(), "{at}");
    let allowed = [
        ("name", ADMINS, NewGroup::new("Admins").superuser(true), "done"),
        ("ordinary member", STAFF, stored(STAFF).add_member(me), "done"),
        ("ordinary parent", STAFF, stored(STAFF).parent(group(SECRET)), "done"),
    ];
    try_all(&scene, at, GROUP_VIEWER, allowed).await;
    assert_eq!(scene.user(GROUP_VIEWER).await.groups, [group(STAFF)].into(), "{at}");
}

/// A second way to grant changes no status today, and outlives the first one.
async fn latent_superuser_status_is_denied(at: Setting) {
    let scene = Scene::granting(at, &rows(), &EDITOR).await;
    let gains = [
        ("flag of a child group", NIGHT, stored(NIGHT).superuser(true)),
        ("parent of a granting group", ADMINS2, stored(ADMINS2).parent(group(ADMINS))),
        ("child group of a child group", NO_GROUP, stored(NO_GROUP).parent(group(NIGHT))),
        ("another parent", NIGHT, stored(NIGHT).parent(group(ADMINS2))),
    ];
    let gains = gains.map(|(name, number, write)| (name, number, write, "grants superuser"));
    try_all(&scene, at, GROUP_VIEWER, gains).await;
    // A superuser makes a group grant twice; an editor takes neither way.
    let put = scene.service().put_group(&actor(ADMIN), group(NIGHT), stored(NIGHT).superuser(true)).await;
    assert_eq!(group_ending(&put), "done", "{at}");
    let losses = [
        ("flag of a child group", NIGHT, stored(NIGHT)),
        ("parent of a granting group", NIGHT, stored(NIGHT).superuser(true).parent(None::<GroupId>)),
        ("flag of the parent", ADMINS, stored(ADMINS).superuser(false)),
    ];
    let losses = losses.map(|(name, number, write)| (name, number, write, "revokes superuser"));
    try_all(&scene, at, GROUP_VIEWER, losses).await;
    assert_eq!(events(&scene.store).await.len(), 1, "{at}");
}

async fn a_right_to_grant_covers_its_group_alone(at: Setting) {
    let more = [grant(GRANTER, P::ChangeGroup), grant(GRANTER, P::ViewGroup), grant(GRANTER, P::AddGroup)];
    let scene = Scene::granting(at, &rows(), &more).await;
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
    try_all(&scene, at, GRANTER, writes).await;
}

async fn demotion_by_a_group_write_is_denied(at: Setting) {
    let scene = Scene::granting(at, &rows(), &EDITOR).await;
    let denied = [
        ("flag", ADMINS2, stored(ADMINS2).superuser(false)),
        ("parent", NIGHT, stored(NIGHT).parent(None::<GroupId>)),
        ("ordinary parent", NIGHT, stored(NIGHT).parent(group(STAFF))),
        ("member leaves", NIGHT, stored(NIGHT).remove_member(UserId(ADMIN2))),
        ("inactive member leaves", ADMINS, stored(ADMINS).remove_member(UserId(RETIRED))),
        ("no members", ADMINS, stored(ADMINS).members([])),
    ];
    let denied = denied.map(|(name, number, write)| (name, number, write, "revokes superuser"));
    try_all(&scene, at, GROUP_VIEWER, denied).await;
    for number in [ADMINS, NIGHT, ADMINS2] {
        let deleted = scene.service().delete_group(&actor(GROUP_VIEWER), group(number)).await;
        assert_eq!(group_ending(&deleted), "revokes superuser", "{at} {number:x}");
    }
    assert!(events(&scene.store).await.is_empty(), "{at}");
    let deleted = scene.service().delete_group(&actor(GROUP_VIEWER), group(STAFF)).await;
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
    let scene = Scene::granting(at, &rows, &more).await;
    let invalid = [
        ("flag", ADMINS, stored(ADMINS).superuser(false)),
        ("member leaves", ADMINS, stored(ADMINS).remove_member(UserId(ADMIN))),
        ("machine stays", ADMINS, stored(ADMINS).members([ROBOT, RETIRED, ANONYMOUS].map(UserId))),
        ("machine comes", ADMINS, stored(ADMINS).members([OUTPOST].map(UserId))),
    ];
    let invalid = invalid.map(|(name, number, write)| (name, number, write, "invalid"));
    for by in [GROUP_VIEWER, ROBOT] {
        try_all(&scene, at, by, invalid.clone()).await;
        let deleted = scene.service().delete_group(&actor(by), group(ADMINS)).allow_self_lockout().await;
        assert_eq!(group_ending(&deleted), "invalid", "{at} {by}");
    }
    let replaced = [("person comes", ADMINS, stored(ADMINS).members([UserId(ALICE)]), "done")];
    try_all(&scene, at, GROUP_VIEWER, replaced).await;
    assert!(scene.user(ADMIN).await.groups.is_empty(), "{at}");
}

async fn group_writes_make_no_cycle(at: Setting) {
    let scene = Scene::granting(at, &rows(), &EDITOR).await;
    let writes = [
        ("itself", STAFF, stored(STAFF).parent(group(STAFF)), "invalid"),
        ("first", STAFF, stored(STAFF).parent(group(SECRET)), "done"),
        ("second", SECRET, stored(SECRET).parent(group(STAFF)), "invalid"),
        ("third", NO_GROUP, stored(NO_GROUP).parent(group(STAFF)), "done"),
        ("fourth", SECRET, stored(SECRET).parent(group(NO_GROUP)), "invalid"),
    ];
    try_all(&scene, at, GROUP_VIEWER, writes).await;
}

async fn m6_a_hidden_parent_looks_like_a_missing_one(at: Setting) {
    let more = [
        grant(JOINER, P::ChangeGroup),
        grant(JOINER, P::AddGroup),
        grant_on_group(JOINER, P::ViewGroup, STAFF),
    ];
    let scene = Scene::granting(at, &rows(), &more).await;
    for written in [STAFF, 0xfffe] {
        let mut answers = Vec::new();
        for parent in [SECRET, ADMINS, NIGHT, NO_GROUP] {
            let write = stored(written).parent(group(parent));
            let put = scene.service().put_group(&actor(JOINER), group(written), write).dry_run().await;
            answers.push(format!("{:?}", put.unwrap_err()).replace(&group(parent).to_string(), "ID"));
        }
        assert!(answers.iter().all(|it| *it == answers[0]), "{at} {written:x}: {answers:#?}");
    }
}

/// A caller who may write a group and not view it learns no name, attribute or member of it.
async fn m6_writes_of_a_hidden_group_reveal_nothing(at: Setting) {
    let more = [grant(JOINER, P::ChangeGroup), grant(JOINER, P::DeleteGroup)];
    let scene = Scene::granting(at, &rows(), &more).await;
    let service = scene.service();
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
