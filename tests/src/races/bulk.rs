//! Many operations in batches: the outcomes of single calls, also beside other writers.

use serde_json::json;
use userbook::{
    AccessError, Actor, NewUser, Outcome, StaticPermissions, UpdateError, UserId, UserRef, UserUpdate,
    service::{BulkOperation, BulkResult},
};

use super::{
    Ground, Service, rounds, service, together,
    users::{ANN, HELPER, ground, news, stored},
};

async fn run<G: Ground>(
    service: &Service<G>,
    batch: usize,
    operations: Vec<BulkOperation>,
) -> Vec<BulkResult> {
    let mut results = Vec::new();
    let actor = Actor::system();
    let bulk = service.bulk(&actor).batch_size(batch).request_id("bulk");
    let report = |n, result| {
        assert_eq!(n, results.len(), "results come in order");
        results.push(result);
    };
    bulk.run(operations, report).await.expect("the store works");
    results
}

fn word(result: &BulkResult) -> &'static str {
    match result {
        Ok(updated) => match updated.outcome {
            Outcome::Applied(_) => "applied",
            Outcome::Unchanged => "unchanged",
            Outcome::DryRun => "dry run",
        },
        Err(UpdateError::Invalid(_)) => "invalid",
        Err(UpdateError::Access(AccessError::NotFound)) => "not found",
        Err(error) => panic!("{error}"),
    }
}

/// Each operation has its own outcome and event, and sees the earlier ones, whatever the size of a batch.
pub async fn a_bulk_decides_one_by_one<G: Ground>() {
    for batch in [1, 2, 3, 100] {
        let ground = ground::<G>(1).await;
        let service = service(&ground, StaticPermissions::none());
        news(&ground).await;
        let new = |username: &str| BulkOperation::Insert(NewUser::new(username, "New"));
        let name =
            |user: UserId, name: &str| BulkOperation::Update(user.into(), UserUpdate::patch().name(name));
        let operations = vec![
            new("first"),
            new("first"),
            name(ANN, "Ann"),
            name(ANN, "Ann"),
            BulkOperation::Update(ANN.into(), UserUpdate::patch().username("first")),
            BulkOperation::Update(UserRef::from(UserId(99_999)), UserUpdate::patch().name("missing")),
            BulkOperation::Delete(HELPER.into()),
            name(HELPER, "gone"),
            new("last"),
        ];
        let results = run::<G>(&service, batch, operations).await;
        let words: Vec<_> = results.iter().map(word).collect();
        let expected = [
            "applied",
            "invalid",
            "applied",
            "unchanged",
            "invalid",
            "not found",
            "applied",
            "not found",
            "applied",
        ];
        assert_eq!(words, expected, "batches of {batch}");
        assert_eq!(stored(&ground, ANN).await.name, "Ann");
        let events = news(&ground).await;
        assert_eq!(events.len(), 4, "one event for each change");
        assert!(events.iter().all(|event| event.request_id.as_deref() == Some("bulk")));
    }
}

/// Two bulks that change the same users in opposite orders, beside single updates, lose nothing.
pub async fn bulks_and_updates_are_all_there<G: Ground>() {
    let ground = ground::<G>(1).await;
    let service = service(&ground, StaticPermissions::none());
    let mark = |key: &str, round: u32| {
        let value = json!({ key: round }).as_object().cloned().unwrap_or_default();
        UserUpdate::patch().merge_attributes(value)
    };
    for round in 0..rounds(G::MERGE_ROUNDS).min(20) {
        let bulk = |key: &'static str, users: [UserId; 2]| {
            let service = service.clone();
            let operations = users.map(|user| BulkOperation::Update(user.into(), mark(key, round)));
            async move { run::<G>(&service, 2, operations.to_vec()).await.iter().map(word).collect() }
        };
        let single = |key: &'static str| {
            let (service, update) = (service.clone(), mark(key, round));
            async move { vec![word(&service.update_user(&Actor::system(), ANN, update).await)] }
        };
        let racers: Vec<std::pin::Pin<Box<dyn Future<Output = Vec<&'static str>> + Send>>> = vec![
            Box::pin(bulk("one", [ANN, HELPER])),
            Box::pin(bulk("two", [HELPER, ANN])),
            Box::pin(single("three")),
            Box::pin(single("four")),
        ];
        for words in together(racers).await {
            assert!(words.iter().all(|word| *word == "applied"), "{words:?}");
        }
        for (user, keys) in [(ANN, &["one", "two", "three", "four"][..]), (HELPER, &["one", "two"])] {
            let attributes = stored(&ground, user).await.attributes;
            for key in keys {
                assert_eq!(attributes.get(*key), Some(&json!(round)), "{key} of user {user}");
            }
        }
    }
}
