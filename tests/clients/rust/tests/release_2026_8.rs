//! The official Rust client of release 2026.8: updates, lists, and the life cycle of users and groups.

use authentik_client_2026::{
    apis::{
        Error,
        configuration::Configuration,
        core_api::{
            core_groups_create, core_groups_destroy, core_groups_list, core_groups_retrieve, core_groups_update,
            core_users_create, core_users_destroy, core_users_list, core_users_me_retrieve,
            core_users_partial_update, core_users_paths_retrieve, core_users_retrieve,
            core_users_service_account_create, core_users_update, core_users_used_by_list,
        },
    },
    models::{GroupRequest, PatchedUserRequest, UserRequest, UserServiceAccountRequest, UserTypeEnum},
};
use chrono::Duration;
use uuid::Uuid;

const ADA: i32 = 7;
const ADMINS: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_000a);
const STAFF: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_000b);

fn admin() -> Configuration {
    Configuration {
        base_path: format!("{}/api/v3", std::env::var("USERBOOK_ORIGIN").expect("USERBOOK_ORIGIN names the server")),
        bearer_access_token: Some("key-of-the-admin".to_owned()),
        ..Configuration::default()
    }
}

fn response<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<T, Error<E>>) -> (u16, String) {
    match result {
        Err(Error::ResponseError(error)) => (error.status.as_u16(), error.content),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_user_is_updated() {
    let put = UserRequest {
        email: Some("ada@example.com".to_owned()),
        groups: Some(vec![STAFF]),
        roles: Some(vec![]),
        ..UserRequest::new("ada".to_owned(), "Ada King".to_owned())
    };
    let user = core_users_update(&admin(), ADA, put).await.unwrap();
    assert_eq!((user.name.as_str(), user.roles, user.roles_obj), ("Ada King", Some(vec![]), Some(vec![])));
    assert!(user.last_updated >= user.date_joined);
    let roles = PatchedUserRequest { roles: Some(vec![ADMINS]), ..PatchedUserRequest::new() };
    let expected = format!("{{\"roles\":[\"Invalid pk \\\"{ADMINS}\\\" - object does not exist.\"]}}");
    assert_eq!(response(core_users_partial_update(&admin(), ADA, Some(roles)).await), (400, expected));
    let me = core_users_me_retrieve(&admin()).await.unwrap();
    assert!(me.user.is_current && me.users.len() == 1);
}

#[tokio::test]
async fn a_user_is_created_found_by_date_and_deleted() {
    let new = UserRequest {
        r#type: Some(UserTypeEnum::External),
        path: Some("users/rust".to_owned()),
        ..UserRequest::new("ferris".to_owned(), "Ferris".to_owned())
    };
    let user = core_users_create(&admin(), new).await.unwrap();
    let before = user.date_joined - Duration::seconds(1);
    let admin_of_lists = admin();
    let page = core_users_list(
        &admin_of_lists, None, None, Some(before), None, None, None, None, None, Some(false), None, None, None, None,
        Some(true), None, None, None, None, None, Some("-date_joined"), None, None, Some("users/rust"), None,
        None, None, None, Some(vec![UserTypeEnum::External]), None, None,
    );
    let page = page.await.unwrap();
    assert_eq!(page.results.iter().map(|user| user.pk).collect::<Vec<_>>(), [user.pk]);
    assert!(page.results[0].roles_obj.is_none() && page.autocomplete.is_empty());
    let paths = core_users_paths_retrieve(&admin(), None).await.unwrap().paths;
    assert!(paths.contains(&"users/rust".to_owned()), "{paths:?}");
    core_users_destroy(&admin(), user.pk).await.unwrap();
    assert_eq!(response(core_users_retrieve(&admin(), user.pk).await).0, 404);
}

#[tokio::test]
async fn a_group_has_one_parent() {
    let new = GroupRequest { parents: Some(vec![STAFF]), ..GroupRequest::new("Crab".to_owned()) };
    let group = core_groups_create(&admin(), new).await.unwrap();
    let id = group.pk.to_string();
    assert_eq!(group.parents, Some(vec![STAFF]));
    let staff = core_groups_retrieve(&admin(), &STAFF.to_string(), Some(true), None, None, None).await.unwrap();
    assert!(staff.children.contains(&group.pk));
    assert!(staff.children_obj.unwrap().iter().any(|child| child.group_uuid == group.pk));
    let admin_of_lists = admin();
    let page = core_groups_list(
        &admin_of_lists, None, None, Some(true), Some(true), None, None, None, None, Some("Crab"), None, None, None, None,
    );
    let page = page.await.unwrap();
    assert_eq!(page.results[0].parents_obj.as_ref().unwrap()[0].name, "Staff");
    let several = GroupRequest { parents: Some(vec![STAFF, ADMINS]), ..GroupRequest::new("Crab".to_owned()) };
    let (status, body) = response(core_groups_update(&admin(), &id, several).await);
    assert_eq!((status, body.as_str()), (400, r#"{"parents":["A group has at most one parent."]}"#));
    core_groups_destroy(&admin(), &id).await.unwrap();
    assert_eq!(response(core_groups_retrieve(&admin(), &id, None, None, None, None).await).0, 404);
}

#[tokio::test]
async fn a_service_account_has_a_token() {
    let new = UserServiceAccountRequest { create_group: Some(true), ..UserServiceAccountRequest::new("rust-robot".to_owned()) };
    let account = core_users_service_account_create(&admin(), new).await.unwrap();
    assert_eq!((account.username.as_str(), account.token.len()), ("rust-robot", 60));
    let used_by = core_users_used_by_list(&admin(), account.user_pk).await.unwrap();
    assert_eq!(used_by.len(), 1);
    core_groups_destroy(&admin(), &account.group_pk.unwrap()).await.unwrap();
    core_users_destroy(&admin(), account.user_pk).await.unwrap();
}
