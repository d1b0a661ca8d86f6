//! Lists on the memory store: the state of the actor decides.

use userbook::{
    AccessError, Actor, ListError, PermissionAuthorizer, StaticPermissions, UserId, UserService, UserUpdate,
    decision::Denial,
    service::Listing,
    store::{GroupFilter, UserFilter},
};

use crate::users::{ADA, BOB, ROOT, UNKNOWN, directory};

fn all<F: Default, C>() -> Listing<F, C> {
    Listing { filter: F::default(), order: Vec::new(), offset: 0, limit: 10 }
}

#[tokio::test]
async fn a_list_shows_what_the_present_state_of_the_actor_allows() {
    let store = directory().await;
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let service = UserService::new(store, authorizer);
    let deactivate = UserUpdate::patch().is_active(false);
    service.update_user(&Actor::system(), BOB, deactivate).await.unwrap();
    for (actor, expected) in [
        (Actor::system(), Ok((3, 2))),
        (Actor::user(ROOT), Ok((3, 2))),
        (Actor::user(ADA), Err(Denial::Permission(None))),
        (Actor::anonymous(), Err(Denial::Permission(None))),
        (Actor::user(BOB), Err(Denial::ActorInactive)),
        (Actor::user(UNKNOWN), Err(Denial::ActorUnknown)),
    ] {
        let users = service.list_users(&actor, all::<UserFilter, _>()).await.map(|page| page.count);
        let groups = service.list_groups(&actor, all::<GroupFilter, _>(), false).await.map(|page| page.count);
        let denial = |error| match error {
            ListError::Access(AccessError::Forbidden(denial)) => denial,
            other => panic!("{other:?}"),
        };
        let found = users.map_err(denial).and_then(|users| Ok((users, groups.map_err(denial)?)));
        assert_eq!(found, expected, "{actor:?}");
    }
    assert_eq!(service.current_user(&Actor::user(UserId(3))).await.unwrap().user.view.user.id, ADA);
}
