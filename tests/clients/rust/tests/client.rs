//! The official Rust client: retrieve, PUT, PATCH, list, and typed errors for rejected requests.

use authentik_client::{
    apis::{
        Error,
        configuration::Configuration,
        core_api::{
            CoreUsersPartialUpdateError, CoreUsersRetrieveError, CoreUsersUpdateError, core_groups_add_user_create,
            core_groups_remove_user_create, core_users_list, core_users_me_retrieve, core_users_partial_update,
            core_users_retrieve, core_users_update,
        },
    },
    models::{PatchedUserRequest, UserAccountRequest, UserRequest},
};
use serde_json::json;
use uuid::Uuid;

const ADA: i32 = 7;
const GUEST: i32 = 3;
const ADMINS: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_000a);
const STAFF: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_000b);

fn as_actor(token: &str) -> Configuration {
    Configuration {
        base_path: format!("{}/api/v3", std::env::var("USERBOOK_ORIGIN").expect("USERBOOK_ORIGIN names the server")),
        bearer_access_token: Some(token.to_owned()),
        ..Configuration::default()
    }
}

fn admin() -> Configuration {
    as_actor("key-of-the-admin")
}

/// A single test, because all steps concern one user.
#[tokio::test]
async fn official_client_works_unchanged() {
    let put = UserRequest {
        email: Some("ada@example.com".to_owned()),
        groups: Some(vec![STAFF]),
        attributes: Some([("theme".to_owned(), json!("dark"))].into()),
        ..UserRequest::new("ada".to_owned(), "Ada King".to_owned())
    };
    let user = core_users_update(&admin(), ADA, put).await.unwrap();
    assert_eq!((user.pk, user.name.as_str()), (ADA, "Ada King"));

    let user = core_users_retrieve(&admin(), ADA).await.unwrap();
    assert_eq!(user.email.as_deref(), Some("ada@example.com"));
    assert_eq!(user.groups, Some(vec![STAFF]));

    let patch = PatchedUserRequest { last_login: Some(None), ..PatchedUserRequest::new() };
    let user = core_users_partial_update(&admin(), ADA, Some(patch)).await.unwrap();
    assert_eq!((user.last_login.flatten(), user.name.as_str()), (None, "Ada King"));

    let admin_of_lists = admin();
    let page = core_users_list(
        &admin_of_lists, None, None, None, Some(vec![STAFF]), None, Some(true), None, None, Some("-username"), Some(1), Some(10),
        None, None, None, Some(vec!["internal".to_owned()]), None, None,
    );
    let page = page.await.unwrap();
    assert_eq!(page.results.iter().map(|user| user.pk).collect::<Vec<_>>(), [ADA]);
    assert_eq!(page.pagination.count, 1.0);

    let me = core_users_me_retrieve(&as_actor("key-of-the-help-desk")).await.unwrap();
    assert_eq!(me.user.username, "desk");

    let guest = || UserAccountRequest::new(GUEST);
    core_groups_add_user_create(&admin(), &STAFF.to_string(), guest()).await.unwrap();
    assert_eq!(core_users_retrieve(&admin(), GUEST).await.unwrap().groups, Some(vec![STAFF]));
    core_groups_remove_user_create(&admin(), &STAFF.to_string(), guest()).await.unwrap();
    assert_eq!(core_users_retrieve(&admin(), GUEST).await.unwrap().groups, Some(vec![]));
}

#[tokio::test]
async fn rejections_are_typed() {
    let faulty = UserRequest::new("admin".to_owned(), String::new());
    match core_users_update(&admin(), ADA, faulty).await {
        Err(Error::ResponseError(error)) => {
            assert_eq!(error.status, 400);
            assert!(matches!(error.entity, Some(CoreUsersUpdateError::Status400(_))));
            assert_eq!(error.content, r#"{"username":["This field must be unique."]}"#);
        }
        other => panic!("{other:?}"),
    }
    match core_users_retrieve(&as_actor("key-of-the-guest"), ADA).await {
        // The client's validation error type accepts any object and is tried first.
        Err(Error::ResponseError(error)) => {
            assert_eq!(error.status, 403);
            assert!(matches!(
                error.entity,
                Some(CoreUsersRetrieveError::Status400(_) | CoreUsersRetrieveError::Status403(_))
            ));
        }
        other => panic!("{other:?}"),
    }
    match core_users_retrieve(&admin(), 4711).await {
        Err(Error::ResponseError(error)) => assert_eq!(error.status, 404),
        other => panic!("{other:?}"),
    }
    let elevate = PatchedUserRequest { groups: Some(vec![ADMINS]), ..PatchedUserRequest::new() };
    match core_users_partial_update(&as_actor("key-of-the-help-desk"), GUEST, Some(elevate)).await {
        Err(Error::ResponseError(error)) => {
            assert_eq!(error.status, 403);
            assert!(matches!(
                error.entity,
                Some(CoreUsersPartialUpdateError::Status400(_) | CoreUsersPartialUpdateError::Status403(_))
            ));
        }
        other => panic!("{other:?}"),
    }
    assert!(!core_users_retrieve(&admin(), GUEST).await.unwrap().is_superuser);
}
