//! Sessions end, end to end on the memory store.

use userbook::{
    AccessError, Actor, NewGroup, PermissionAuthorizer, StaticPermissions, UpdateError, UserId, UserService,
    UserUpdate,
    authz::Permission,
    decision::Denial,
    event::Effect,
    model::SessionEpoch,
    store::{Outbox, OutboxLimit},
};
use userbook_memory::MemoryStore;

use crate::users::{ADA, ADMINS, ANONYMOUS, BOB, ROOT, STAFF, UNKNOWN, directory};

type Service = UserService<MemoryStore, PermissionAuthorizer<StaticPermissions>>;

/// The user who changes users, and is not a superuser.
const DESK: UserId = ADA;

async fn service() -> Service {
    let permissions =
        StaticPermissions::none().grant(DESK, Permission::ViewUser).grant(DESK, Permission::ChangeUser);
    UserService::new(directory().await, PermissionAuthorizer::new(permissions))
}

async fn epoch(service: &Service, user: UserId) -> Option<SessionEpoch> {
    service.session_epoch(user).await.unwrap()
}

/// Returns whether the last event ends sessions.
async fn last_event_ends_sessions(service: &Service) -> bool {
    let all = OutboxLimit { events: u32::MAX, bytes: u64::MAX };
    let events = service.store().pending(all).await.unwrap();
    events.last().is_some_and(|event| event.effects.contains(&Effect::RevokeSessions))
}

#[tokio::test]
async fn sessions_end_with_activity_and_own_superuser_status() {
    let service = service().await;
    let host = Actor::system();
    let patch = UserUpdate::patch;
    for (what, update, ends) in [
        ("name", patch().name("New"), false),
        ("username", patch().username("renamed"), false),
        ("another group", patch().leave_group(STAFF), false),
        ("superuser status gained", patch().join_group(ADMINS), true),
        ("attributes", patch().email("ada@example.org"), false),
        ("superuser status lost", patch().leave_group(ADMINS), true),
        ("deactivated", patch().is_active(false), true),
        ("activated", patch().is_active(true), false),
    ] {
        let before = service.retrieve(&host, ADA).await.unwrap().user.session_epoch;
        let updated = service.update_user(&host, ADA, update).await.unwrap().view.user;
        assert_eq!(updated.session_epoch != before, ends, "{what}");
        assert_eq!(last_event_ends_sessions(&service).await, ends, "{what}");
        let current = updated.is_active.then_some(updated.session_epoch);
        assert_eq!(epoch(&service, ADA).await, current, "{what}");
    }
}

#[tokio::test]
async fn group_writes_end_sessions_of_members_who_join_or_leave_alone() {
    let service = service().await;
    let host = Actor::system();
    let all = [ROOT, BOB, ADA];
    let epochs = || async {
        let mut epochs = Vec::new();
        for user in all {
            epochs.push(epoch(&service, user).await);
        }
        epochs
    };
    let put = |group, id| service.put_group(&host, id, group);
    for (what, group, id, ended) in [
        ("joins superusers", NewGroup::new("admins").superuser(true).add_member(ADA), ADMINS, vec![ADA]),
        ("leaves superusers", NewGroup::new("admins").superuser(true).remove_member(ADA), ADMINS, vec![ADA]),
        ("joins a plain group", NewGroup::new("staff").add_member(BOB), STAFF, vec![]),
        ("the group becomes granting", NewGroup::new("staff").superuser(true), STAFF, vec![]),
        ("the group moves", NewGroup::new("staff").parent(ADMINS), STAFF, vec![]),
    ] {
        let before = epochs().await;
        put(group, id).await.unwrap();
        let after = epochs().await;
        let changed =
            all.iter().zip(before.iter().zip(&after)).filter(|(_, (before, after))| before != after);
        assert_eq!(changed.map(|(user, _)| *user).collect::<Vec<_>>(), ended, "{what}");
    }
}

#[tokio::test]
async fn explicit_end_renews_the_epoch_with_an_event() {
    let service = service().await;
    let host = Actor::system();
    let before = service.retrieve(&host, BOB).await.unwrap().user;
    let dry = service.end_sessions(&host, BOB).dry_run().await.unwrap();
    assert_ne!(dry.view.user.session_epoch, before.session_epoch);
    assert_eq!(epoch(&service, BOB).await, Some(before.session_epoch), "a dry run writes nothing");

    let ended = service.end_sessions(&host, BOB).if_revision([before.revision]).await.unwrap().view.user;
    assert_eq!(epoch(&service, BOB).await, Some(ended.session_epoch));
    assert_ne!(ended.session_epoch, before.session_epoch);
    assert!(last_event_ends_sessions(&service).await);
    let stale = service.end_sessions(&host, BOB).if_revision([before.revision]).await;
    assert!(matches!(stale, Err(UpdateError::Condition)), "{stale:?}");
    assert_eq!(
        service.retrieve(&host, ADA).await.unwrap().user.session_epoch,
        epoch(&service, ADA).await.unwrap()
    );
}

#[tokio::test]
async fn explicit_end_requires_the_right_to_deactivate() {
    let service = service().await;
    let by = |id| Actor::user(id);
    let denied = service.end_sessions(&by(BOB), ADA).await;
    assert!(denied.is_ok(), "a superuser ends the sessions of another user: {denied:?}");
    let own = service.end_sessions(&by(DESK), DESK).await;
    assert!(own.is_ok(), "{own:?}");
    let privileged = service.end_sessions(&by(DESK), ROOT).await;
    assert!(
        matches!(&privileged, Err(UpdateError::Access(AccessError::Forbidden(Denial::ProtectedUser(_))))),
        "{privileged:?}"
    );
    for (actor, target) in [(by(DESK), UNKNOWN), (by(DESK), ANONYMOUS)] {
        let missing = service.end_sessions(&actor, target).await;
        assert!(matches!(missing, Err(UpdateError::Access(AccessError::NotFound))), "{missing:?}");
    }
    let anonymous = service.end_sessions(&Actor::anonymous(), ADA).await;
    assert!(matches!(anonymous, Err(UpdateError::Access(AccessError::Forbidden(_)))), "{anonymous:?}");
}

#[tokio::test]
async fn login_is_recorded_without_a_trace_and_a_deleted_user_has_no_session() {
    let service = service().await;
    let host = Actor::system();
    let before = service.retrieve(&host, ADA).await.unwrap().user;
    assert!(service.record_login(before.uuid).await.unwrap());
    let after = service.retrieve(&host, ADA).await.unwrap().user;
    assert!(after.last_login > before.last_login);
    assert_eq!(userbook::User { last_login: before.last_login, ..after }, before);
    service.delete_user(&host, ADA).await.unwrap();
    assert_eq!(epoch(&service, ADA).await, None);
    assert!(!service.record_login(ADA).await.unwrap());
}

#[tokio::test]
async fn password_change_ends_sessions_and_needs_the_right() {
    let service = service().await;
    let host = Actor::system();
    let before = service.retrieve(&host, BOB).await.unwrap().user;
    let dry = service.record_password_change(&host, BOB).dry_run().await.unwrap();
    assert!(dry.diff.contains_key("password_change_date"));
    assert_eq!(service.retrieve(&host, BOB).await.unwrap().user, before, "a dry run writes nothing");

    let call = service.record_password_change(&host, before.uuid).if_revision([before.revision]);
    let changed = call.await.unwrap().view.user;
    assert!(changed.password_change_date > before.password_change_date);
    assert_eq!(changed.version, before.version + 1);
    assert_eq!(epoch(&service, BOB).await, Some(changed.session_epoch));
    assert_ne!(changed.session_epoch, before.session_epoch);
    assert!(last_event_ends_sessions(&service).await);

    let stale = service.record_password_change(&host, BOB).if_revision([before.revision]).await;
    assert!(matches!(stale, Err(UpdateError::Condition)), "{stale:?}");
    let denied = service.record_password_change(&Actor::user(DESK), DESK).await;
    assert!(matches!(denied, Err(UpdateError::Access(AccessError::Forbidden(_)))), "{denied:?}");
    let missing = service.record_password_change(&host, UNKNOWN).await;
    assert!(matches!(missing, Err(UpdateError::Access(AccessError::NotFound))), "{missing:?}");
}
