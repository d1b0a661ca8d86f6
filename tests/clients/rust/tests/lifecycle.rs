//! The official Rust client of release 2025.2 creates, changes and deletes users and groups.

use authentik_client::{
    apis::{
        Error,
        configuration::Configuration,
        core_api::{
            core_groups_create, core_groups_destroy, core_groups_partial_update, core_groups_retrieve,
            core_groups_update, core_groups_used_by_list, core_users_create, core_users_destroy,
            core_users_paths_retrieve, core_users_retrieve, core_users_service_account_create,
            core_users_set_password_create, core_users_used_by_list,
        },
    },
    models::{
        GroupRequest, PatchedGroupRequest, UsedByActionEnum, UserPasswordSetRequest, UserRequest,
        UserServiceAccountRequest,
    },
};
use uuid::Uuid;

const ADA: i32 = 7;
const STAFF: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_000b);

fn admin() -> Configuration {
    Configuration {
        base_path: format!("{}/api/v3", std::env::var("USERBOOK_ORIGIN").expect("USERBOOK_ORIGIN names the server")),
        bearer_access_token: Some("key-of-the-admin".to_owned()),
        ..Configuration::default()
    }
}

fn status<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<T, Error<E>>) -> u16 {
    match result {
        Err(Error::ResponseError(error)) => error.status.as_u16(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_user_is_created_and_deleted() {
    let new = UserRequest {
        groups: Some(vec![STAFF]),
        path: Some("users/rust".to_owned()),
        ..UserRequest::new("ferris".to_owned(), "Ferris".to_owned())
    };
    let user = core_users_create(&admin(), new).await.unwrap();
    assert_eq!((user.is_active, user.groups), (Some(true), Some(vec![STAFF])));
    let paths = core_users_paths_retrieve(&admin(), None).await.unwrap().paths;
    assert!(paths.contains(&"users/rust".to_owned()), "{paths:?}");
    let password = UserPasswordSetRequest::new("x".to_owned());
    let set = core_users_set_password_create(&admin(), user.pk, password).await;
    assert_eq!(status(set), 400, "passwords belong to the host");
    core_users_destroy(&admin(), user.pk).await.unwrap();
    assert_eq!(status(core_users_retrieve(&admin(), user.pk).await), 404);
}

#[tokio::test]
async fn a_group_is_created_changed_and_deleted() {
    let new = GroupRequest {
        parent: Some(Some(STAFF)),
        users: Some(vec![ADA]),
        ..GroupRequest::new("Crab".to_owned())
    };
    let group = core_groups_create(&admin(), new).await.unwrap();
    assert_eq!((group.parent, group.users.as_deref()), (Some(Some(STAFF)), Some(&[ADA][..])));
    let id = group.pk.to_string();
    let of_user = core_users_used_by_list(&admin(), ADA).await.unwrap();
    assert!(of_user.iter().any(|it| it.pk == id && it.action == UsedByActionEnum::CascadeMany));
    let of_staff = core_groups_used_by_list(&admin(), &STAFF.to_string()).await.unwrap();
    assert!(of_staff.iter().any(|it| it.pk == id && it.action == UsedByActionEnum::SetNull));

    let group = core_groups_update(&admin(), &id, GroupRequest::new("Crabs".to_owned())).await.unwrap();
    assert_eq!((group.parent.flatten(), group.users), (None, Some(vec![])));
    let patch = PatchedGroupRequest { users: Some(vec![ADA]), ..PatchedGroupRequest::new() };
    let group = core_groups_partial_update(&admin(), &id, Some(patch)).await.unwrap();
    assert_eq!((group.name.as_str(), group.users), ("Crabs", Some(vec![ADA])));
    core_groups_destroy(&admin(), &id).await.unwrap();
    assert_eq!(status(core_groups_retrieve(&admin(), &id, None).await), 404);
}

#[tokio::test]
async fn a_service_account_has_a_token() {
    let new = UserServiceAccountRequest::new("rust-robot".to_owned());
    let account = core_users_service_account_create(&admin(), new).await.unwrap();
    assert_eq!((account.username.as_str(), account.token.len()), ("rust-robot", 60));
    core_users_destroy(&admin(), account.user_pk).await.unwrap();
}
