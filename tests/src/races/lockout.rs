//! Administrators revoke each other's superuser status concurrently; an active superuser always remains.

use std::sync::Arc;

use userbook::{
    Actor, GroupId, NewGroup, StaticPermissions, UserId, UserStore, UserUpdate,
    authz::Permission,
    store::{ActorState, SnapshotQuery},
};

use super::{
    Ground, Service, rounds, service, together,
    users::{ANN, CHIEFS, HELPER, OWN, ground, news, put, set},
};

/// Returns the active superusers among these users.
async fn active_superusers<G: Ground>(ground: &G, of: &[UserId]) -> Vec<UserId> {
    let mut found = Vec::new();
    for id in of {
        let loaded = ground.store().load(&SnapshotQuery::user(*id)).await.expect("loads");
        let user = loaded.user.expect("the user exists");
        if ActorState::from(&user).is_active_superuser(&loaded.groups) {
            found.push(*id);
        }
    }
    found
}

async fn deactivate_each_other<G: Ground>(chiefs: usize) -> Vec<usize> {
    let ground: G = ground(chiefs).await;
    let service = service(&ground, StaticPermissions::none());
    let chiefs = CHIEFS.get(..chiefs).expect("there are so many");
    let mut wins = Vec::new();
    for round in 0..rounds(G::ROUNDS) {
        let victims = chiefs.iter().cycle().skip(1);
        let racers = chiefs.iter().copied().zip(victims.copied()).map(|(chief, victim)| {
            let service = Arc::clone(&service);
            async move {
                let update = UserUpdate::patch().is_active(false);
                service.update_user(&Actor::user(chief), victim, update).await.is_ok()
            }
        });
        let won = together(racers).await.into_iter().filter(|won| *won).count();
        let left = active_superusers(&ground, chiefs).await;
        assert!(!left.is_empty(), "round {round}: no active superuser is left");
        assert_eq!(left.len() + won, chiefs.len(), "round {round}: every acknowledged change is applied");
        assert_eq!(news(&ground).await.len(), won);
        wins.push(won);
        for chief in chiefs {
            set(&ground, *chief, UserUpdate::patch().is_active(true)).await;
        }
        news(&ground).await;
    }
    wins
}

/// Two users deactivate each other: exactly one of them succeeds.
pub async fn mutual_deactivation<G: Ground>() {
    let wins = deactivate_each_other::<G>(2).await;
    assert!(wins.iter().all(|won| *won == 1), "{wins:?}");
}

/// Three users deactivate each other in a ring: at least one succeeds, and at least one remains.
pub async fn ring_of_deactivations<G: Ground>() {
    let wins = deactivate_each_other::<G>(3).await;
    assert!(wins.iter().all(|won| (1..3).contains(won)), "{wins:?}");
}

/// The system actor has no row that both writes depend on; one superuser remains nevertheless.
pub async fn the_host_retires_all<G: Ground>() {
    let ground: G = ground(3).await;
    let service = service(&ground, StaticPermissions::none());
    for round in 0..rounds(G::ROUNDS) {
        let racers = CHIEFS.map(|chief| {
            let service = Arc::clone(&service);
            let update = UserUpdate::patch().is_active(false);
            async move { service.update_user(&Actor::system(), chief, update).await.is_ok() }
        });
        let won = together(racers).await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 2, "round {round}");
        assert_eq!(active_superusers(&ground, &CHIEFS).await.len(), 1, "round {round}");
        for chief in CHIEFS {
            set(&ground, chief, UserUpdate::patch().is_active(true)).await;
        }
        news(&ground).await;
    }
}

/// No superuser status is involved, but a deactivated user must not deactivate another user.
pub async fn helpers_deactivate_each_other<G: Ground>() {
    const PAIR: [UserId; 2] = [HELPER, ANN];
    let ground: G = ground(1).await;
    let grant = |permissions: StaticPermissions, user| {
        permissions.grant(user, Permission::ViewUser).grant(user, Permission::ChangeUser)
    };
    let service = service(&ground, PAIR.into_iter().fold(StaticPermissions::none(), grant));
    for round in 0..rounds(G::ROUNDS) {
        let racers = [(HELPER, ANN), (ANN, HELPER)].map(|(helper, victim)| {
            let service = Arc::clone(&service);
            let update = UserUpdate::patch().is_active(false);
            async move { service.update_user(&Actor::user(helper), victim, update).await.is_ok() }
        });
        let won = together(racers).await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1, "round {round}");
        for helper in PAIR {
            set(&ground, helper, UserUpdate::patch().is_active(true)).await;
        }
        news(&ground).await;
    }
}

/// Three users revoke each other's status in different ways: by the account, the membership and the group.
pub async fn a_ring_by_every_way<G: Ground>() {
    let ground: G = ground(3).await;
    let service = service(&ground, StaticPermissions::none());
    for round in 0..rounds(G::ROUNDS) {
        // Each user is a superuser through a separate group.
        for (chief, own) in CHIEFS.into_iter().zip(OWN) {
            let name = group_name(own);
            put(&ground, own, NewGroup::new(name.as_str()).superuser(true)).await;
            set(&ground, chief, UserUpdate::patch().is_active(true).groups([own])).await;
        }
        assert_eq!(active_superusers(&ground, &CHIEFS).await, CHIEFS, "round {round}");
        news(&ground).await;

        let turn = usize::try_from(round).expect("fits");
        let racers = (0..3).map(|n| {
            let service = Arc::clone(&service);
            let (chief, victim) = (n, (n + 1) % 3);
            revoke_superuser::<G>(service, (turn + n) % 3, chief, victim)
        });
        let won = together(racers).await.into_iter().filter(|won| *won).count();
        let left = active_superusers(&ground, &CHIEFS).await;
        assert!(!left.is_empty(), "round {round}: no active superuser is left");
        assert_eq!(left.len() + won, 3, "round {round}: every acknowledged change is applied");
    }
}

fn group_name(group: GroupId) -> String {
    format!("group {group}")
}

/// Revokes the victim's superuser status in one of three ways.
async fn revoke_superuser<G: Ground>(
    service: Arc<Service<G>>,
    way: usize,
    chief: usize,
    victim: usize,
) -> bool {
    let find = |n: usize| CHIEFS.into_iter().zip(OWN).nth(n).expect("there are three");
    let ((chief, _), (victim, group)) = (find(chief), find(victim));
    let actor = Actor::user(chief);
    let update = |update| service.update_user(&actor, victim, update);
    match way {
        0 => update(UserUpdate::patch().is_active(false)).await.is_ok(),
        1 => update(UserUpdate::patch().groups([])).await.is_ok(),
        _ => {
            let name = group_name(group);
            service.put_group(&actor, group, NewGroup::new(name.as_str())).await.is_ok()
        }
    }
}
