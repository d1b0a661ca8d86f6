//! A user joins a group while the group becomes or ceases to be a granting group.

use std::sync::Arc;

use userbook::{
    AccessError, Actor, GroupId, NewGroup, StaticPermissions, UpdateError, UserUpdate, authz::Permission,
    decision::Denial, event::EventKind, service::MembershipAction,
};
use uuid::Uuid;

use super::{
    Ground, rounds, service, together,
    users::{ADMINS, ANN, CHIEFS, HELPER, TEAM, ground, news, put, set, stored},
};

/// The result of a racer.
#[derive(Debug)]
enum Did {
    /// Joined, or was denied.
    Join(Result<(), UpdateError>),
    /// Made the group a granting group; true if the user was a member right afterwards.
    Grant { member: bool },
}

/// The helper, who may not grant superuser status, puts Ann into the team; a chief makes the team superusers. If both
/// succeed, the join is first.
pub async fn join_or_grant<G: Ground>() {
    let ground: Arc<G> = Arc::new(ground(1).await);
    let permissions = [Permission::ViewUser, Permission::ChangeUser, Permission::ViewGroup]
        .into_iter()
        .fold(StaticPermissions::none(), |granted, permission| granted.grant(HELPER, permission));
    let service = service(&*ground, permissions);
    for round in 0..rounds(G::ROUNDS) {
        let (joins, gives, after) = (Arc::clone(&service), Arc::clone(&service), Arc::clone(&ground));
        let racers: [std::pin::Pin<Box<dyn Future<Output = Did> + Send>>; 2] = [
            Box::pin(async move {
                let update = UserUpdate::patch().groups([TEAM]);
                let joined = joins.update_user(&Actor::user(HELPER), ANN, update).await;
                Did::Join(joined.map(|_| ()))
            }),
            Box::pin(async move {
                let [chief, ..] = CHIEFS;
                let group = NewGroup::new("team").superuser(true);
                gives.put_group(&Actor::user(chief), TEAM, group).await.expect("the chief may");
                Did::Grant { member: stored(&*after, ANN).await.groups.contains(&TEAM) }
            }),
        ];
        let done = together(racers).await;
        let [Did::Join(joined), Did::Grant { member }] = done.as_slice() else { panic!("{done:?}") };
        match joined {
            // A join after the grant would not be visible right after the grant.
            Ok(()) => assert!(member, "round {round}: joined a granting group"),
            Err(UpdateError::Access(AccessError::Forbidden(Denial::GrantsSuperuser { group, .. }))) => {
                assert_eq!((*group, *member), (TEAM, false), "round {round}");
            }
            Err(error) => panic!("round {round}: {error}"),
        }
        let kinds: Vec<_> = news(&*ground).await.iter().map(|event| event.kind).collect();
        assert_eq!(kinds.len(), 1 + usize::from(joined.is_ok()), "round {round}");
        if G::EVENTS_IN_COMMIT_ORDER {
            assert_eq!(kinds.last(), Some(&EventKind::GroupPut), "round {round}: the join comes first");
        }
        set(&*ground, ANN, UserUpdate::patch().groups([])).await;
        put(&*ground, TEAM, NewGroup::new("team")).await;
        news(&*ground).await;
    }
}

/// Several writers let one user join a group each, and another writer lets the user leave a group; no write is lost.
pub async fn joins_and_leaves_are_all_there<G: Ground>() {
    const WRITERS: u128 = 8;
    let ground: Arc<G> = Arc::new(ground(1).await);
    let own = |writer: u128| GroupId(Uuid::from_u128(0x0100_0000 + writer));
    for writer in 0..WRITERS {
        put(&*ground, own(writer), NewGroup::new(format!("own {writer}"))).await;
    }
    let add = StaticPermissions::none().grant(HELPER, Permission::ViewUser);
    let permissions = (0..WRITERS)
        .fold(add, |granted, writer| granted.grant_on_group(HELPER, Permission::AddUserToGroup, own(writer)))
        .grant_on_group(HELPER, Permission::RemoveUserFromGroup, TEAM);
    let service = service(&*ground, permissions);
    for round in 0..rounds(G::MERGE_ROUNDS) {
        set(&*ground, ANN, UserUpdate::patch().groups([TEAM])).await;
        news(&*ground).await;
        let joins = (0..WRITERS).map(|writer| (MembershipAction::Add, own(writer)));
        let racers = joins.chain([(MembershipAction::Remove, TEAM)]).map(|(action, group)| {
            let service = Arc::clone(&service);
            async move {
                let helper = Actor::user(HELPER);
                match action {
                    MembershipAction::Add => service.add_member(&helper, group, ANN).await,
                    MembershipAction::Remove => service.remove_member(&helper, group, ANN).await,
                }
            }
        });
        for result in together(racers).await {
            result.expect("all succeed");
        }
        assert_eq!(stored(&*ground, ANN).await.groups, (0..WRITERS).map(own).collect(), "round {round}");
        assert_eq!(news(&*ground).await.len(), 9, "round {round}");
    }
}

/// No superuser exists yet: the host adds the first member while it revokes the group's status.
pub async fn first_member_or_revoked_status<G: Ground>() {
    let ground: Arc<G> = Arc::new(ground(0).await);
    let service = service(&*ground, StaticPermissions::none());
    for round in 0..rounds(G::ROUNDS) {
        let (joins, takes) = (Arc::clone(&service), Arc::clone(&service));
        let racers: [std::pin::Pin<Box<dyn Future<Output = bool> + Send>>; 2] = [
            Box::pin(async move {
                let update = UserUpdate::patch().groups([ADMINS]);
                let joined = joins.update_user(&Actor::system(), ANN, update).await;
                joined.expect("the host may").view.is_superuser
            }),
            Box::pin(async move {
                let plain = NewGroup::new("admins");
                takes.put_group(&Actor::system(), ADMINS, plain).await.is_ok()
            }),
        ];
        let done = together(racers).await;
        // Either Ann joined first and stays a superuser, or the group no longer granted superuser status.
        assert!(matches!(done.as_slice(), [true, false] | [false, true]), "round {round}: {done:?}");

        set(&*ground, ANN, UserUpdate::patch().groups([])).await;
        put(&*ground, ADMINS, NewGroup::new("admins").superuser(true)).await;
        news(&*ground).await;
    }
}
