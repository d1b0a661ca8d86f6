//! The store that fails on request.
#![cfg(feature = "test-support")]
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use userbook::{
    Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService, UserUpdate, store::StoreErrorKind,
    test_support::FailingStore,
};
use userbook_memory::MemoryStore;

#[tokio::test]
async fn calls_fail_as_requested_and_no_others() {
    let store = FailingStore::new(MemoryStore::new());
    let service = UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()));
    let host = Actor::system();
    let ada = service.insert_user(&host, NewUser::new("ada", "Ada")).await.unwrap().view.user;
    let rename = |name: &'static str| service.update_user(&host, ada.id, UserUpdate::patch().name(name));

    service.store().fail_next_load(StoreErrorKind::Other);
    assert_eq!(rename("A").await.unwrap_err().code(), "internal_error");
    service.store().fail_next_commit(StoreErrorKind::Corrupt);
    assert_eq!(rename("B").await.unwrap_err().code(), "internal_error");
    assert_eq!(service.retrieve(&host, ada.id).await.unwrap().user.name, "Ada");

    // A retry succeeds, and a commit without an answer is found.
    service.store().fail_next_commit(StoreErrorKind::Transient);
    assert_eq!(rename("C").await.unwrap().view.user.name, "C");
    service.store().fail_next_commit(StoreErrorKind::Ambiguous);
    assert_eq!(rename("D").await.unwrap().view.user.version, 3);
    service.store().fail_next_load(StoreErrorKind::Other);
    assert!(service.session_epoch(ada.id).await.is_err());
    assert_eq!(service.session_epoch(ada.id).await.unwrap(), Some(ada.session_epoch));
}
