//! External ids through the service: rights, uniqueness, events.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use serde_json::json;
use userbook::{
    AccessError, Actor, Field, GroupError, GroupId, NewGroup, NewUser, Outcome, PermissionAuthorizer,
    StaticPermissions, UpdateError, UserId, UserService, UserUpdate,
    authz::Permission,
    decision::{Denial, FieldDenial},
    event::FieldDiff,
    model::{ExternalIds, ExternalSource},
    update::{GroupUpdate, PatchFailure},
    violation::GroupField,
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

type Service = UserService<MemoryStore, PermissionAuthorizer<StaticPermissions>>;

const GROUP: GroupId = GroupId(Uuid::from_u128(7));
const OTHER: GroupId = GroupId(Uuid::from_u128(8));

fn okta() -> ExternalSource {
    "scim:okta".parse().unwrap()
}

fn ids(identifier: Option<&str>) -> ExternalIds {
    [(okta(), identifier.map(str::to_owned))].into_iter().collect()
}

/// A service for a help desk, who may do everything that permissions allow, and Ada.
async fn service() -> (Service, Actor, UserId) {
    let desk = UserId(1);
    let permissions = Permission::ALL.iter().copied().filter(|it| *it != Permission::EnableGroupSuperuser);
    let permissions = permissions.fold(StaticPermissions::none(), |all, one| all.grant(desk, one));
    let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(permissions));
    let host = Actor::system();
    assert_eq!(service.insert_user(&host, NewUser::new("desk", "")).await.unwrap().view.user.id, desk);
    let ada = NewUser::new("ada", "Ada").with(|user| user.set_external_id(okta(), Some("00u1")));
    let ada = service.insert_user(&host, ada).await.unwrap().view.user;
    assert_eq!(ada.external_ids, ids(Some("00u1")));
    (service, Actor::user(desk), ada.id)
}

#[tokio::test]
async fn changes_are_recorded_and_unrelated_updates_keep_external_ids() {
    let (service, desk, ada) = service().await;
    let renamed = service.update_user(&desk, ada, UserUpdate::replace().username("ada").name("A.")).await;
    assert_eq!(renamed.unwrap().view.user.external_ids, ids(Some("00u1")));
    let host = Actor::system();
    let hr: ExternalSource = "hr".parse().unwrap();
    let update = UserUpdate::patch().set_external_id(okta(), None).set_external_id(hr.clone(), Some("7"));
    let updated = service.update_user(&host, ada, update.clone()).await.unwrap();
    let expected: ExternalIds = [(hr.clone(), Some("7".into())), (okta(), None)].into_iter().collect();
    assert_eq!(updated.view.user.external_ids, expected);
    let diff = FieldDiff::Value {
        old: json!({"scim:okta": "00u1"}).into(),
        new: json!({"hr": "7", "scim:okta": null}).into(),
    };
    assert_eq!(updated.diff.into_iter().collect::<Vec<_>>(), [("external_ids".into(), diff)]);
    assert_eq!(service.update_user(&host, ada, update).await.unwrap().outcome, Outcome::Unchanged);
    let update = UserUpdate::patch().remove_external_id(hr).remove_external_id(okta());
    let updated = service.update_user(&host, ada, update).await.unwrap();
    assert_eq!(updated.view.user.external_ids, ExternalIds::new());
}

#[tokio::test]
async fn taken_identifier_is_a_violation() {
    let (service, _, _) = service().await;
    let host = Actor::system();
    let bob = NewUser::new("bob", "Bob").with(|user| user.set_external_id(okta(), Some("00u1")));
    let Err(UpdateError::Invalid(violations)) = service.insert_user(&host, bob).await else {
        panic!("the identifier is taken");
    };
    let violation = violations.iter().next().unwrap();
    assert_eq!((violation.field, violation.kind.code()), (Some(Field::ExternalIds), "external_id_taken"));
    assert_eq!(json!(violation.kind.params()), json!({"source": "scim:okta"}));

    let group = |name: &str| NewGroup::new(name).set_external_id(okta(), Some("00u1"));
    service.put_group(&host, GROUP, group("staff")).await.unwrap();
    let Err(GroupError::Invalid(violations)) = service.put_group(&host, OTHER, group("other")).await else {
        panic!("the identifier is taken");
    };
    let violation = violations.iter().next().unwrap();
    assert_eq!(
        (violation.field, violation.kind.code()),
        (Some(GroupField::ExternalIds), "external_id_taken")
    );
}

#[tokio::test]
async fn invalid_values_are_reported_together() {
    let (service, _, ada) = service().await;
    let update = UserUpdate::patch().email("nope").set_external_id(okta(), Some(&"x".repeat(1025)));
    let Err(UpdateError::Invalid(violations)) = service.update_user(&Actor::system(), ada, update).await
    else {
        panic!("the values are invalid");
    };
    let found: Vec<_> = violations.iter().map(|it| (it.field.unwrap(), it.kind.code().to_owned())).collect();
    assert_eq!(found, [(Field::Email, "invalid".into()), (Field::ExternalIds, "max_bytes".into())]);
}

#[tokio::test]
async fn no_permission_covers_external_ids() {
    let (service, desk, ada) = service().await;
    let denied = |error: UpdateError| match error {
        UpdateError::Access(AccessError::Forbidden(Denial::Fields(fields))) => fields,
        other => panic!("{other:?}"),
    };
    let fields = [FieldDenial { field: Field::ExternalIds, reason: None }];
    for identifier in [Some("00u2"), None, Some("")] {
        let update = UserUpdate::patch().set_external_id(okta(), identifier);
        let error = service.update_user(&desk, ada, update).await.unwrap_err();
        assert_eq!(denied(error), fields, "{identifier:?}");
    }
    let same = UserUpdate::patch().set_external_id(okta(), Some("00u1"));
    assert_eq!(service.update_user(&desk, ada, same).await.unwrap().outcome, Outcome::Unchanged);
    let new = |name: &str| NewUser::new(name.to_owned(), "");
    let managed = new("bob").with(|user| user.set_external_id(okta(), None));
    assert_eq!(denied(service.insert_user(&desk, managed).await.unwrap_err()), fields);
    service.insert_user(&desk, new("bob")).await.unwrap();

    let host = Actor::system();
    let group = || NewGroup::new("staff");
    let managed = || group().set_external_id(okta(), Some("00g1"));
    let forbidden = |error: GroupError| matches!(error, GroupError::Access(AccessError::Forbidden(_)));
    assert!(forbidden(service.put_group(&desk, GROUP, managed()).await.unwrap_err()));
    service.put_group(&host, GROUP, managed()).await.unwrap();
    let kept = service.put_group(&desk, GROUP, NewGroup::new("renamed")).await.unwrap().group;
    assert_eq!((kept.name.as_str(), kept.external_ids), ("renamed", ids(Some("00g1"))));
    let change = service.authorize_group_update(&desk, Some(GROUP), None).await.unwrap();
    let update = GroupUpdate::patch().remove_external_id(okta());
    assert!(forbidden(change.update(update.clone()).await.unwrap_err()));
    let change = service.authorize_group_update(&host, Some(GROUP), None).await.unwrap();
    assert_eq!(change.update(update).await.unwrap().group.external_ids, ExternalIds::new());
}

#[tokio::test]
async fn external_ids_are_not_part_of_the_document() {
    let (service, _, ada) = service().await;
    for operation in [
        json!([{"op": "replace", "path": "/external_ids", "value": {}}]),
        json!([{"op": "remove", "path": "/external_ids/scim:okta"}]),
    ] {
        let patch = UserUpdate::json_patch(serde_json::from_value(operation).unwrap());
        let error = service.update_user(&Actor::system(), ada, patch).await.unwrap_err();
        assert!(matches!(error, UpdateError::Patch(PatchFailure::Inapplicable { .. })), "{error:?}");
    }
}
