//! A store of a host over tables that Userbook did not design: authentik's own users and groups in PostgreSQL. The
//! kit's laws hold, unknown columns stay as they are, and the store notices writes of other programs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod harness;
mod store;

use userbook::{
    Actor, Group, GroupId, PermissionAuthorizer, StaticPermissions, UpdateError, User, UserId, UserService,
    UserStore, UserUpdate,
    store::{CommitOutcome, EpochGuard, ImportData, SnapshotQuery},
};
use userbook_conformance::Harness as _;
use uuid::Uuid;

use harness::Authentik;
use store::ForeignStore;

mod users {
    userbook_conformance::store_conformance!(
        super::Authentik, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    );
}

const ADA: UserId = UserId(7);
const ADMINS: GroupId = GroupId(Uuid::from_u128(1));
const STAFF: GroupId = GroupId(Uuid::from_u128(2));

/// Everything of the user that Userbook has no name for, and the rows that refer to the user.
const FOREIGN: &str = "
    SELECT concat_ws('|', password, first_name, last_name, id, date_joined, uuid,
        (SELECT string_agg(token_uuid::text || key, ',') FROM authentik_core_token WHERE user_id = u.id),
        (SELECT string_agg(source, ',') FROM authentik_core_usersourceconnection WHERE user_id = u.id),
        (SELECT string_agg(id::text || group_id::text, ',') FROM authentik_core_user_ak_groups WHERE user_id = u.id))
    FROM authentik_core_user AS u WHERE id = 7";

async fn directory() -> Authentik {
    let group =
        |id, name: &str, is_superuser| Group { id, name: name.into(), is_superuser, ..Group::example() };
    let harness = Authentik::with(&ImportData {
        groups: vec![group(ADMINS, "admins", true), group(STAFF, "staff", false)],
        users: vec![User { id: ADA, groups: [STAFF].into(), ..User::example() }],
        ..ImportData::default()
    })
    .await;
    harness
        .run(
            "UPDATE authentik_core_user SET password = 'pbkdf2_sha256$870000$x', first_name = 'A', last_name = 'L';
             INSERT INTO authentik_core_token VALUES (gen_random_uuid(), 7, 'key');
             INSERT INTO authentik_core_usersourceconnection (user_id, source) VALUES (7, 'ldap'), (7, 'saml');",
        )
        .await;
    harness
}

fn service(
    harness: &Authentik,
) -> UserService<std::sync::Arc<ForeignStore>, PermissionAuthorizer<StaticPermissions>> {
    UserService::new(harness.store(), PermissionAuthorizer::new(StaticPermissions::none()))
}

async fn stored(harness: &Authentik) -> User {
    harness.store().load(&SnapshotQuery::user(ADA)).await.unwrap().user.unwrap()
}

#[tokio::test]
async fn unknown_columns_and_referring_rows_stay_untouched() {
    let harness = directory().await;
    let before: String = harness.value(FOREIGN).await;
    assert!(before.contains("pbkdf2") && before.contains("ldap,saml"), "{before}");
    let update =
        UserUpdate::patch().username("lovelace").email("ada@example.org").path("staff/eu").is_active(false);
    let service = service(&harness);
    service.update_user(&Actor::system(), ADA, update).await.unwrap();
    assert_eq!(harness.value::<String>(FOREIGN).await, before);
    let row = "SELECT username || email || path || is_active FROM authentik_core_user WHERE id = 7";
    assert_eq!(harness.value::<String>(row).await, "lovelaceada@example.orgstaff/eufalse");

    let joined = "SELECT count(*) FROM authentik_core_user_ak_groups WHERE user_id = 7";
    service.update_user(&Actor::system(), ADA, UserUpdate::patch().join_group(ADMINS)).await.unwrap();
    assert_eq!(harness.value::<i64>(joined).await, 2);
    assert!(
        harness.value::<String>(FOREIGN).await.starts_with(&before),
        "the other membership keeps its row"
    );
}

#[tokio::test]
async fn a_write_of_another_program_gives_the_user_a_new_revision() {
    for (statement, is_noticed) in [
        ("UPDATE authentik_core_user SET name = 'Other' WHERE id = 7", true),
        ("UPDATE authentik_core_user SET attributes = '{\"a\": 1}' WHERE id = 7", true),
        ("UPDATE authentik_core_user SET is_active = false WHERE id = 7", true),
        ("DELETE FROM authentik_core_user_ak_groups WHERE user_id = 7", true),
        (
            "INSERT INTO authentik_core_user_ak_groups (user_id, group_id)
             VALUES (7, '00000000-0000-0000-0000-000000000001')",
            true,
        ),
        ("UPDATE authentik_core_user SET last_login = now(), password = 'new' WHERE id = 7", false),
        ("UPDATE authentik_core_token SET key = 'other' WHERE user_id = 7", false),
    ] {
        let harness = directory().await;
        let seen = stored(&harness).await;
        harness.run(statement).await;
        let now = stored(&harness).await;
        assert_eq!(
            now.revision != seen.revision && now.version == seen.version + 1,
            is_noticed,
            "{statement}"
        );
        let update = UserUpdate::patch().email("ada@example.org");
        let answer =
            service(&harness).update_user(&Actor::system(), ADA, update).if_revision([seen.revision]).await;
        assert_eq!(matches!(answer, Err(UpdateError::Condition)), is_noticed, "{statement}: {answer:?}");
        let answer =
            service(&harness).update_user(&Actor::system(), ADA, UserUpdate::patch().name("Ada L.")).await;
        assert_eq!(answer.unwrap().view.user.name, "Ada L.", "{statement}");
    }
}

#[tokio::test]
async fn deactivation_by_another_program_ends_the_sessions() {
    let harness = directory().await;
    let before = stored(&harness).await.session_epoch;
    harness.run("UPDATE authentik_core_user SET is_active = false WHERE id = 7").await;
    assert_ne!(stored(&harness).await.session_epoch, before);
}

#[tokio::test]
async fn a_group_of_another_program_moves_the_counter_of_decisions() {
    let harness = directory().await;
    let snapshot = harness.store().load(&SnapshotQuery::user(ADA)).await.unwrap();
    let user = snapshot.user.unwrap();
    harness.run("UPDATE authentik_core_group SET is_superuser = true WHERE name = 'staff'").await;
    let mut change = harness::change(&user);
    change.guards.graph = Some(EpochGuard::read(snapshot.epochs.graph));
    assert_eq!(harness.store().commit(&change).await.unwrap(), CommitOutcome::Conflict);
    change.guards.graph = None;
    assert_eq!(harness.store().commit(&change).await.unwrap(), CommitOutcome::Applied);
}

#[tokio::test]
async fn users_of_another_program_are_users() {
    let harness = directory().await;
    harness
        .run(
            "INSERT INTO authentik_core_user (id, password, username, first_name, last_name, email, is_active,
                date_joined, uuid, name, password_change_date, attributes, path, type)
             VALUES (8, '', 'Grace', '', '', 'grace@example.org', true, now(), gen_random_uuid(), 'Grace', now(), '{}',
                'users', 'internal')",
        )
        .await;
    let service = service(&harness);
    let grace = service.retrieve(&Actor::system(), UserId(8)).await.unwrap();
    assert_eq!(grace.user.username, "Grace");
    let update = UserUpdate::patch().username("GRACE");
    let taken = service.update_user(&Actor::system(), ADA, update).await.unwrap_err();
    assert!(matches!(taken, UpdateError::Invalid(_)), "{taken}: the folded name is taken");
}
