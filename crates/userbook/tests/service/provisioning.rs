//! Creating and deleting, end to end on the memory store.

use userbook::{
    AccessError, Actor, GroupError, GroupId, Limits, NewGroup, NewUser, PermissionAuthorizer, Policy,
    StaticPermissions, UpdateError, UserId, UserService, UserUpdate, authz::Permission, decision::Denial,
    event::EventKind, store::CommitOutcome,
};
use uuid::Uuid;

use crate::{
    scripted_store::{ScriptedStore, Step, service},
    users::{ADA, ADMINS, BOB, ROOT, STAFF, root},
};

const NEW: GroupId = GroupId(Uuid::from_u128(50));

/// Formats the error.
fn wrong<T: std::fmt::Debug>(result: Result<T, GroupError>) -> String {
    result.unwrap_err().to_string()
}

#[tokio::test]
async fn every_conflict_is_retried() {
    for conflict in [CommitOutcome::Conflict, CommitOutcome::Gone] {
        let store = ScriptedStore::new().await.on_provision([Step::Answer(conflict)]);
        let view = service(&store).insert_user(&root(), NewUser::new("new", "")).await.unwrap().view;
        assert_eq!(store.stored(view.user.id).await, view.user);
        assert_eq!(store.provisioned.lock().unwrap().len(), 2);
        assert_eq!(store.events().await.len(), 1);
    }
}

#[tokio::test]
async fn taken_uuid_is_a_violation() {
    let store = ScriptedStore::new().await;
    let service = service(&store);
    let by = root();
    let insert = |uuid| service.insert_user(&by, NewUser::new("new", "").uuid(uuid));
    for taken in [ADA, ROOT, userbook::UserId(4)] {
        let uuid = Uuid::from_u128(u128::try_from(taken.0).unwrap());
        let error = insert(uuid).await.unwrap_err();
        assert!(matches!(error, UpdateError::Invalid(_)), "{error:?}");
        assert!(error.to_string().ends_with("A user with this UUID already exists."), "{error}");
    }
    assert!(store.events().await.is_empty());
    let free = Uuid::from_u128(77);
    assert_eq!(insert(free).await.unwrap().view.user.uuid, free);
}

#[tokio::test]
async fn group_is_created_overwritten_unchanged_and_deleted() {
    let store = ScriptedStore::new().await;
    let service = service(&store);
    let system = Actor::system();
    let put = |group| service.put_group(&system, NEW, group);
    put(NewGroup::new("new").parent(STAFF)).await.unwrap();
    put(NewGroup::new("new").parent(STAFF)).await.unwrap();
    assert_eq!(store.events().await.len(), 1, "the second write changes nothing");
    put(NewGroup::new("newer")).await.unwrap();
    assert_eq!(wrong(put(NewGroup::new("staff")).await), "invalid: name: This field must be unique.");
    assert_eq!(wrong(put(NewGroup::new(" ")).await), "invalid: name: This field may not be blank.");
    service.update_user(&root(), ADA, UserUpdate::patch().groups([NEW, STAFF])).await.unwrap();
    service.delete_group(&root(), NEW).await.unwrap();
    assert_eq!(store.stored(ADA).await.groups, [STAFF].into());
    assert_eq!(wrong(service.delete_group(&root(), NEW).await), "no such user or group");
    let kinds: Vec<_> = store.events().await.iter().map(|event| event.kind).collect();
    let (put, update, delete) = (EventKind::GroupPut, EventKind::UserUpdated, EventKind::GroupDeleted);
    assert_eq!(kinds, [put, put, update, update, delete]);
}

#[tokio::test]
async fn group_write_keeps_a_superuser() {
    let store = ScriptedStore::new().await;
    let service = service(&store);
    let last = "invalid: The last superuser must remain.";
    let system = Actor::system();
    let plain = || NewGroup::new("admins");
    assert_eq!(wrong(service.put_group(&system, ADMINS, plain()).await), last);
    assert_eq!(wrong(service.delete_group(&system, ADMINS).await), last);
    // With another superuser, through any group, the write is allowed.
    service.put_group(&system, NEW, NewGroup::new("other").superuser(true)).await.unwrap();
    assert_eq!(wrong(service.delete_group(&system, ADMINS).await), last, "the other group has no member");
    service.update_user(&system, ADA, UserUpdate::patch().groups([NEW])).await.unwrap();
    let own = service.put_group(&root(), ADMINS, plain()).await;
    assert!(wrong(own).contains("give up your own superuser status"));
    service.put_group(&root(), ADMINS, plain()).allow_self_lockout().await.unwrap();
    assert!(!service.retrieve(&system, ROOT).await.unwrap().is_superuser);
    assert_eq!(wrong(service.delete_group(&system, NEW).await), last);
}

#[tokio::test]
async fn group_without_active_members_revokes_no_superuser_status() {
    let store = ScriptedStore::new().await;
    let service = service(&store);
    service.put_group(&root(), NEW, NewGroup::new("empty").superuser(true)).await.unwrap();
    service.delete_group(&root(), NEW).await.unwrap();
    for id in [ROOT, BOB] {
        let gone = service.delete_user(&Actor::system(), id).await;
        assert_eq!(gone.is_ok(), id == ROOT, "the last superuser is protected");
    }
}

#[tokio::test]
async fn denied_insertions_load_no_facts_of_the_content() {
    let store = ScriptedStore::new().await;
    let service = UserService::new(store.clone(), PermissionAuthorizer::new(StaticPermissions::none()));
    let user = NewUser::new("new", "").with(|fields| fields.groups([STAFF]));
    let denied = service.insert_user(&Actor::user(ADA), user).await;
    assert!(matches!(denied, Err(UpdateError::Access(AccessError::Forbidden(_)))), "{denied:?}");
    let queries = store.directory_queries.lock().unwrap().clone();
    assert!(queries.iter().all(|query| query.username.is_none() && query.groups.is_empty()), "{queries:?}");
    assert_eq!(store.loads() + queries.len(), 1);
}

#[tokio::test]
async fn a_superuser_is_deleted_with_the_right_to_grant() {
    let permissions = [Permission::ViewUser, Permission::DeleteUser];
    let plain = permissions.iter().fold(StaticPermissions::none(), |all, one| all.grant(ADA, *one));
    let granting = plain.clone().grant(ADA, Permission::EnableGroupSuperuser);
    for (source, expected) in [(plain, false), (granting, true)] {
        let service = UserService::new(ScriptedStore::new().await, PermissionAuthorizer::new(source));
        let deleted = service.delete_user(&Actor::user(ADA), BOB).await;
        assert_eq!(deleted.is_ok(), expected, "{deleted:?}");
    }
}

#[tokio::test]
async fn a_group_grants_with_the_right_to_grant() {
    let permissions = [Permission::ViewGroup, Permission::ChangeGroup];
    let plain = permissions.iter().fold(StaticPermissions::none(), |all, one| all.grant(ADA, *one));
    let granting = plain.clone().grant(ADA, Permission::EnableGroupSuperuser);
    for (source, expected) in [(plain, false), (granting, true)] {
        let service = UserService::new(ScriptedStore::new().await, PermissionAuthorizer::new(source));
        let group = NewGroup::new("staff").superuser(true);
        let put = service.put_group(&Actor::user(ADA), STAFF, group).await;
        assert_eq!(put.is_ok(), expected, "{put:?}");
    }
}

#[tokio::test]
async fn superusers_are_loaded_only_if_the_write_takes_their_status() {
    for (group, expected) in [(NewGroup::new("renamed").superuser(true), 0), (NewGroup::new("admins"), 2)] {
        let store = ScriptedStore::new().await;
        _ = service(&store).put_group(&root(), ADMINS, group).await;
        let queries = store.directory_queries.lock().unwrap().clone();
        let loaded = queries.iter().filter(|query| query.superusers.is_some()).count();
        assert_eq!(loaded, expected, "{queries:?}");
    }
}

#[tokio::test]
async fn members_up_to_the_limit_are_altered() {
    let limits = Limits { members_altered: 1, ..Limits::default() };
    let policy = Policy::hardened().with_limits(limits);
    let service = service(&ScriptedStore::new().await).with_policy(policy);
    let one = NewGroup::new("staff").add_member(ROOT);
    assert!(service.put_group(&root(), STAFF, one).await.is_ok());
    let two = NewGroup::new("staff").add_member(BOB).remove_member(ADA);
    assert!(wrong(service.put_group(&root(), STAFF, two).await).contains("users"));
}

#[tokio::test]
async fn creating_and_deleting_require_permissions() {
    use Permission as P;
    let grants = |permissions: &[P]| {
        let grant = |source: StaticPermissions, permission: &P| source.grant(ADA, *permission);
        permissions.iter().fold(StaticPermissions::none(), grant)
    };
    for (granted, insert, delete, put, change) in [
        (vec![], false, false, false, false),
        (vec![P::AddUser], true, false, false, false),
        (vec![P::DeleteUser], false, false, false, false),
        (vec![P::ViewUser, P::DeleteUser], false, true, false, false),
        (vec![P::AddGroup], false, false, true, false),
        (vec![P::ChangeGroup], false, false, false, false),
        (vec![P::ViewGroup, P::ChangeGroup], false, false, false, true),
    ] {
        let store = ScriptedStore::new().await;
        let plain =
            service(&store).insert_user(&root(), NewUser::new("plain", "")).await.unwrap().view.user.id;
        let service = UserService::new(store, PermissionAuthorizer::new(grants(&granted)));
        let ada = Actor::user(ADA);
        assert_eq!(service.insert_user(&ada, NewUser::new("new", "")).await.is_ok(), insert, "{granted:?}");
        assert_eq!(service.delete_user(&ada, plain).await.is_ok(), delete, "{granted:?}");
        let made = service.put_group(&ada, NEW, NewGroup::new("new")).await;
        assert_eq!(made.is_ok(), put, "{granted:?}");
        let changed = service.put_group(&ada, STAFF, NewGroup::new("other")).await;
        assert_eq!(changed.is_ok(), change, "{granted:?}");
        let given = service.put_group(&ada, STAFF, NewGroup::new("staff").superuser(true)).await;
        assert!(matches!(given, Err(GroupError::Access(AccessError::Forbidden(_)))), "{granted:?}");
    }
}

#[tokio::test]
async fn new_user_gets_the_next_id_and_violations_are_reported() {
    let store = ScriptedStore::new().await;
    let service = service(&store);
    let first = service.insert_user(&root(), NewUser::new("a", "")).await.unwrap();
    let second = service.insert_user(&root(), NewUser::new("b", "")).await.unwrap();
    assert_eq!(second.view.user.id, UserId(first.view.user.id.0 + 1));
    let taken = service.insert_user(&root(), NewUser::new("a", "").with(|user| user.groups([NEW]))).await;
    let UpdateError::Invalid(violations) = taken.unwrap_err() else { panic!() };
    let codes: Vec<_> = violations.iter().map(|violation| violation.kind.code()).collect();
    assert_eq!(codes, ["unique", "does_not_exist"]);

    let outsider = UserService::new(
        store,
        PermissionAuthorizer::new(
            StaticPermissions::none().grant(ADA, Permission::AddUser).grant(ADA, Permission::ViewGroup),
        ),
    );
    let admin = NewUser::new("c", "").with(|user| user.groups([ADMINS]).is_active(false));
    let refused = outsider.insert_user(&Actor::user(ADA), admin).await.unwrap_err();
    let UpdateError::Access(AccessError::Forbidden(denial)) = refused else { panic!() };
    assert!(matches!(denial, Denial::GrantsSuperuser { group: ADMINS, .. }));
}
