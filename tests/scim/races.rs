//! Concurrent pushes of one connection.

use serde_json::{Value, json};
use userbook_tests::fixture::Kind;

use crate::{
    on_each_store,
    provider::{Provider, patch},
};

on_each_store!(two_pushes_of_members_lose_no_member, two_patches_of_a_user_both_survive);

const ROUNDS: usize = 20;

async fn two_pushes_of_members_lose_no_member(kind: Kind) {
    let provider = Provider::new(kind).await;
    let group = provider.group("crew", &[]).await;
    for round in 0..ROUNDS {
        let (first, second) =
            (provider.user(&format!("a{round}")).await, provider.user(&format!("b{round}")).await);
        let push = |id: String| {
            let (provider, group) = (provider.clone(), group.clone());
            tokio::spawn(async move {
                let add = patch(&json!([{"op": "add", "path": "members", "value": [{"value": id}]}]));
                provider.ask(&format!("PATCH /Groups/{group}"), add).await.status
            })
        };
        let (one, two) = tokio::join!(push(first), push(second));
        assert_eq!((one.unwrap(), two.unwrap()), (200, 200));
    }
    assert_eq!(provider.members(&group).await.len(), 2 * ROUNDS);
}

async fn two_patches_of_a_user_both_survive(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    for round in 0..ROUNDS {
        let change = |path: &'static str| {
            let (provider, id) = (provider.clone(), id.clone());
            tokio::spawn(async move {
                let value = format!("{path}-{round}");
                let operation = patch(&json!([{"op": "replace", "path": path, "value": value}]));
                provider.ask(&format!("PATCH /Users/{id}"), operation).await.status
            })
        };
        let (one, two) = tokio::join!(change("title"), change("nickName"));
        assert_eq!((one.unwrap(), two.unwrap()), (200, 200));
        let shown = provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200);
        assert_eq!(shown["title"], format!("title-{round}"));
        assert_eq!(shown["nickName"], format!("nickName-{round}"));
    }
}
