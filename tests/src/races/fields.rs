//! Concurrent updates of one user lose nothing.

use std::sync::Arc;

use serde_json::json;
use userbook::{Actor, StaticPermissions, Timestamp, UpdateError, UserUpdate};

use super::{
    Ground, rounds, service, together,
    users::{ANN, ground, news, set, stored},
};

/// Two writers change one field each.
pub async fn different_fields_both_survive<G: Ground>() {
    let ground: G = ground(1).await;
    let service = service(&ground, StaticPermissions::none());
    for round in 0..rounds(G::ROUNDS) {
        let name = format!("name {round}");
        let path = format!("path/{round}");
        let updates = [UserUpdate::patch().name(name.as_str()), UserUpdate::patch().path(path.as_str())];
        let racers = updates.map(|update| {
            let service = Arc::clone(&service);
            async move { service.update_user(&Actor::system(), ANN, update).await }
        });
        for result in together(racers).await {
            result.expect("both succeed");
        }
        let user = stored(&ground, ANN).await;
        assert_eq!((user.name, user.path), (name, path), "round {round}");
        assert_eq!(user.version, u64::from(round + 1) * 2);
        assert_eq!(news(&ground).await.len(), 2);
    }
}

/// All writers saw the same revision: one wins, and the others get a conflict.
pub async fn one_revision_one_winner<G: Ground>() {
    const WRITERS: usize = 8;
    let ground: G = ground(1).await;
    let service = service(&ground, StaticPermissions::none());
    for round in 0..rounds(G::ROUNDS) {
        let seen = stored(&ground, ANN).await.revision;
        let racers = (0..WRITERS).map(|writer| {
            let service = Arc::clone(&service);
            let update = UserUpdate::patch().name(format!("{round} {writer}"));
            async move { service.update_user(&Actor::system(), ANN, update).if_revision([seen]).await }
        });
        let results = together(racers).await;
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "round {round}");
        let condition = |result: &Result<_, _>| matches!(result, Err(UpdateError::Condition));
        assert!(lost.iter().all(condition), "round {round}: {lost:?}");
        let winner = won.into_iter().next().and_then(Result::ok).expect("one writer wins");
        assert_eq!(stored(&ground, ANN).await, winner.view.user);
    }
}

/// Sixteen writers merge four members each into the same attributes.
pub async fn merges_are_all_there<G: Ground>() {
    const WRITERS: usize = 16;
    const MERGES: usize = 4;
    let ground: G = ground(1).await;
    let service = service(&ground, StaticPermissions::none());
    for round in 0..rounds(G::MERGE_ROUNDS) {
        let racers = (0..WRITERS).map(|writer| {
            let service = Arc::clone(&service);
            async move {
                for merge in 0..MERGES {
                    let patch = [(format!("{writer} {merge}"), json!(round))].into_iter().collect();
                    let update = UserUpdate::patch().merge_attributes(patch);
                    service.update_user(&Actor::system(), ANN, update).await.expect("all succeed");
                }
            }
        });
        together(racers).await;
        let attributes = stored(&ground, ANN).await.attributes;
        let members: Vec<_> = attributes.as_object().into_iter().flatten().collect();
        assert_eq!(members.len(), WRITERS * MERGES, "round {round}");
        assert!(members.iter().all(|(_, value)| **value == json!(round)), "round {round}");
        assert_eq!(news(&ground).await.len(), WRITERS * MERGES);
        set(&ground, ANN, UserUpdate::patch().attributes(json!({}))).await;
        news(&ground).await;
    }
}

/// A login or a password change concurrent with an update stays, and does not change the revision.
pub async fn a_login_is_never_undone<G: Ground>() {
    let ground: Arc<G> = Arc::new(ground(1).await);
    let service = service(&*ground, StaticPermissions::none());
    for round in 1..=rounds(G::ROUNDS) {
        let name = format!("name {round}");
        let time = Timestamp::from_timestamp(round.into(), 0).expect("is a moment");
        let update = UserUpdate::replace().username(format!("ann {round}")).name(name.as_str());
        let (login, service) = (Arc::clone(&ground), Arc::clone(&service));
        let racers: [std::pin::Pin<Box<dyn Future<Output = ()> + Send>>; 2] = [
            Box::pin(async move { login.record_login(ANN, time).await }),
            Box::pin(async move {
                service.update_user(&Actor::system(), ANN, update).await.expect("succeeds");
            }),
        ];
        together(racers).await;
        let user = stored(&*ground, ANN).await;
        assert_eq!((user.last_login, user.name), (Some(time), name), "round {round}");
    }
}
