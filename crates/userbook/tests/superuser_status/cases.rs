//! Cases found by random seeds.

use userbook::{
    Actor, Group, GroupId, PermissionAuthorizer, StaticPermissions, User, UserService, UserUpdate,
    authz::Permission,
    store::{ImportData, ImportStore},
};
use userbook_memory::MemoryStore;

use crate::directory::{group_id, user_id};

/// A holder of the right to grant on a granting ancestor, at the greatest distance that counts, re-activates a retired
/// superuser: the right covers every granting group of the user, so the activity is not protected from the holder.
#[tokio::test]
async fn holder_on_the_highest_ancestor_reactivates_an_inactive_superuser() {
    let top = 19;
    let group = |n: usize| Group {
        id: group_id(n),
        name: format!("g{n}"),
        is_superuser: n == top,
        parent: (n < top).then(|| group_id(n + 1)),
        attributes: serde_json::json!({}),
        ..Group::example()
    };
    let user = |n: usize, active: bool, groups: &[GroupId]| User {
        id: user_id(n),
        uuid: uuid::Uuid::from_u128(n as u128),
        username: format!("u{n}"),
        is_active: active,
        groups: groups.iter().copied().collect(),
        ..User::example()
    };
    let (holder, retired) = (user_id(0), user_id(1));
    for (granted_on, allowed) in [(top, true), (0, true), (1, false)] {
        let store = MemoryStore::new();
        let users = vec![user(0, true, &[]), user(1, false, &[group_id(0)])];
        let rows = ImportData { install_id: "i".into(), groups: (0..=top).map(group).collect(), users };
        store.import(&rows).await.unwrap();
        let permissions = StaticPermissions::none()
            .grant(holder, Permission::ViewUser)
            .grant(holder, Permission::ChangeUser)
            .grant_on_group(holder, Permission::EnableGroupSuperuser, group_id(granted_on));
        let service = UserService::new(store, PermissionAuthorizer::new(permissions));
        let actor = Actor::user(holder);
        let activated = service.update_user(&actor, retired, UserUpdate::patch().is_active(true)).await;
        assert_eq!(activated.is_ok(), allowed, "granted on {granted_on}: {activated:?}");
        let renamed =
            service.update_user(&actor, retired, UserUpdate::patch().email("eve@example.com")).await;
        assert!(renamed.is_err(), "the address stays protected");
    }
}
