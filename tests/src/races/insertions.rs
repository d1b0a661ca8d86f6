//! Insertions at once: each is applied, after few attempts, and each user has an id of its own.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use userbook::{Actor, NewUser, StaticPermissions, UserService};

use super::{Ground, Spread, YieldingAuthorizer, rounds, together, users::ground};

const INSERTIONS: usize = 24;

/// Without reserved ids, one insertion of each round would be applied, and the last one would need 24 attempts.
pub async fn insertions_do_not_wait_for_each_other<G: Ground>() {
    let ground = ground::<G>(1).await;
    let authorizer = YieldingAuthorizer::new(StaticPermissions::none());
    let service = UserService::new(ground.store().clone(), authorizer);
    let service = Arc::new(service.with_limits(8, Duration::from_mins(1)).with_backoff(Spread));
    let mut ids = BTreeSet::new();
    let rounds = rounds(G::MERGE_ROUNDS).min(5);
    for round in 0..rounds {
        let racers = (0..INSERTIONS).map(|n| {
            let service = Arc::clone(&service);
            async move {
                let new = NewUser::new(format!("new {round} {n}"), "New");
                service
                    .insert_user(&Actor::system(), new)
                    .await
                    .expect("nobody else has the name")
                    .view
                    .user
                    .id
            }
        });
        ids.extend(together(racers).await);
    }
    assert_eq!(ids.len(), INSERTIONS * usize::try_from(rounds).expect("few rounds"));
}
