//! Operations that hosts expose through the library: creating and deleting users, writing and deleting groups.

use serde_json::json;
use userbook::{
    AccessError, GroupError, NewGroup, NewUser, UpdateError, UserId, UserType, UserUpdate,
    authz::Permission as P, decision::Denial, field::Memberships,
};
use userbook_tests::fixture::events;

use crate::{
    fixture::*,
    setting::{Setting, in_the_library},
};

in_the_library!(
    escalation_by_a_new_user_is_denied,
    m5_h7_new_users_obey_the_rules_of_updates,
    m6_a_new_user_joins_no_hidden_group,
    deletion_of_privileged_users_is_denied,
    deletions_leave_a_superuser,
    m6_deleted_users_reveal_no_hidden_group,
);

/// How an operation ends, in one word.
pub(crate) fn ending<T>(result: &Result<T, UpdateError>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(UpdateError::Access(error)) => denial(error),
        Err(UpdateError::Invalid(_)) => "invalid",
        Err(error) => panic!("{error}"),
    }
}

/// The same for a group.
pub(crate) fn group_ending<T>(result: &Result<T, GroupError>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(GroupError::Access(error)) => denial(error),
        Err(GroupError::Invalid(_)) => "invalid",
        Err(error) => panic!("{error}"),
    }
}

fn denial(error: &AccessError) -> &'static str {
    match error {
        AccessError::NotFound => "not found",
        AccessError::Forbidden(Denial::GrantsSuperuser { .. }) => "grants superuser",
        AccessError::Forbidden(Denial::RevokesSuperuser { .. }) => "revokes superuser",
        AccessError::Forbidden(Denial::ProtectedUser(_) | Denial::ProtectedDeletion) => "protected",
        AccessError::Forbidden(Denial::ChildGroups) => "child groups",
        AccessError::Forbidden(_) => "denied",
        error => panic!("{error}"),
    }
}

fn in_groups(numbers: &[u128]) -> NewUser {
    NewUser::new("evil", "Evil")
        .with(|user| user.groups(numbers.iter().copied().map(group).collect::<Memberships>()))
}

async fn escalation_by_a_new_user_is_denied(at: Setting) {
    let more = [grant(VIEWER, P::AddUser), grant(VIEWER, P::ViewGroup)];
    let fixture = Fixture::granting(at, &rows(), &more).await;
    let creator = actor(VIEWER);
    for numbers in [&[ADMINS][..], &[NIGHT], &[STAFF, ADMINS2]] {
        for user in
            [in_groups(numbers), in_groups(numbers).with(|user| user.is_active(false)), in_groups(numbers)]
        {
            let inserted = fixture.service().insert_user(&creator, user).await;
            assert_eq!(ending(&inserted), "grants superuser", "{at} {numbers:?}");
        }
    }
    assert!(events(&fixture.store).await.is_empty(), "{at}");
    let inserted = fixture.service().insert_user(&creator, in_groups(&[STAFF])).await;
    assert_eq!(ending(&inserted), "done", "{at}");
    for by in [NO_RIGHTS, DESK, GROUP_VIEWER] {
        let inserted = fixture.service().insert_user(&actor(by), in_groups(&[])).await;
        assert_eq!(ending(&inserted), "denied", "{at} {by}");
    }
}

async fn m5_h7_new_users_obey_the_rules_of_updates(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &[grant(VIEWER, P::AddUser)]).await;
    let named = |username: &str| NewUser::new(username, "Evil");
    let with = |set: fn(UserUpdate) -> UserUpdate| named("evil").with(set);
    for user in [
        named("admin"),
        named("AnonymousUser"),
        named("admin\u{200b}"),
        named("\u{202e}admin"),
        NewUser::new("evil", "\u{1b}[2J"),
        NewUser::new("evil", "x".repeat(2_000)),
        with(|user| user.path("\u{2066}users")),
        with(|user| user.user_type(UserType::InternalServiceAccount)),
        with(|user| user.email("no address")),
        with(|user| user.attributes(json!({"a": "x".repeat(100_000)}))),
        with(|user| user.attributes(json!({"a": vec![0; 5_000]}))),
        with(|user| user.groups((0x10_0000..0x10_0000 + 1_001).map(group).collect::<Memberships>())),
    ] {
        let described = format!("{user:?}").chars().take(300).collect::<String>();
        let inserted = fixture.service().insert_user(&actor(VIEWER), user).await;
        assert_eq!(ending(&inserted), "invalid", "{at} {described}");
    }
    assert!(events(&fixture.store).await.is_empty(), "{at}");
}

async fn m6_a_new_user_joins_no_hidden_group(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &[grant(VIEWER, P::AddUser)]).await;
    let mut answers = Vec::new();
    for number in [SECRET, ADMINS, NIGHT, NO_GROUP] {
        let inserted = fixture.service().insert_user(&actor(VIEWER), in_groups(&[number])).dry_run().await;
        answers.push(format!("{:?}", inserted.unwrap_err()).replace(&group(number).to_string(), "ID"));
    }
    assert!(answers.iter().all(|it| *it == answers[0]), "{at}: {answers:#?}");
}

async fn deletion_of_privileged_users_is_denied(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &[grant(DESK, P::DeleteUser)]).await;
    let service = fixture.service();
    for (user, expected) in [
        (ADMIN, "revokes superuser"),
        (ADMIN2, "revokes superuser"),
        (ADMIN3, "revokes superuser"),
        (RETIRED, "revokes superuser"),
        (ROBOT, "revokes superuser"),
        (GRANTER, "protected"),
        (DESK, "invalid"),
        (MISSING, "not found"),
        (ANONYMOUS, "not found"),
    ] {
        for dry_run in [true, false] {
            let desk = actor(DESK);
            let call = service.delete_user(&desk, UserId(user));
            let deleted = if dry_run { call.dry_run().await } else { call.await };
            assert_eq!(ending(&deleted), expected, "{at} {user}");
        }
    }
    assert!(events(&fixture.store).await.is_empty(), "{at}");
    for by in [NO_RIGHTS, VIEWER, JOINER] {
        let deleted = service.delete_user(&actor(by), UserId(ALICE)).await;
        assert_eq!(ending(&deleted), "denied", "{at} {by}");
    }
    assert_eq!(ending(&service.delete_user(&actor(DESK), UserId(ALICE)).await), "done", "{at}");
}

async fn deletions_leave_a_superuser(at: Setting) {
    let mut rows = rows();
    for user in &mut rows.users {
        if ![ADMIN, ROBOT, RETIRED].contains(&user.id.0) {
            user.groups.clear();
        }
    }
    let more = [grant(DESK, P::DeleteUser), grant(DESK, P::EnableGroupSuperuser)];
    let fixture = Fixture::granting(at, &rows, &more).await;
    for by in [DESK, ADMIN, ROBOT] {
        let by = actor(by);
        let deleted = fixture.service().delete_user(&by, UserId(ADMIN)).allow_self_lockout().await;
        assert_eq!(ending(&deleted), "invalid", "{at} {by:?}");
    }
    assert_eq!(ending(&fixture.service().delete_user(&actor(DESK), UserId(ROBOT)).await), "done", "{at}");
    assert!(fixture.user(ADMIN).await.is_active);
}

async fn m6_deleted_users_reveal_no_hidden_group(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &[grant(DESK, P::DeleteUser)]).await;
    for (user, dry_run) in [(HIDDEN, true), (ADMIN2, true), (HIDDEN, false)] {
        let desk = actor(DESK);
        let call = fixture.service().delete_user(&desk, UserId(user));
        let deleted = if dry_run { call.dry_run().await } else { call.await };
        let answer = match &deleted {
            Ok(deleted) => format!("{:?} {:?}", deleted.view.groups, deleted.diff),
            Err(error) => format!("{error:?}"),
        };
        assert!(!reveals(&answer), "{at} {user}: {answer}");
    }
    // A group that NewGroup names is the caller's own word.
    let named = NewGroup::new("Hidden project");
    let put = fixture.service().put_group(&actor(DESK), group(NO_GROUP), named).await;
    assert_eq!(group_ending(&put), "denied", "{at}");
}
