//! H6: filters whose cost is the product of two inputs.

use std::time::Instant;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use userbook::store::ImportData;
use userbook_tests::fixture::{Answer, Kind};

use crate::scene::*;

/// The directory with a large list in the attributes of one user, as a row from before the limits.
fn with_list(length: u64) -> ImportData {
    let mut rows = rows();
    for user in &mut rows.users {
        if user.id.0 == SELF_ONLY {
            let list: Vec<Value> = (0..length).map(|n| json!(n)).collect();
            user.attributes = json!({"a": list}).into();
        }
    }
    rows
}

async fn filter(scene: &Scene, attributes: &Value) -> Answer {
    let filter = utf8_percent_encode(&attributes.to_string(), NON_ALPHANUMERIC).to_string();
    scene.json(SELF_ONLY, "GET", &format!("users/?attributes={filter}"), &json!({})).await
}

#[tokio::test]
async fn h6_filters_above_the_limit_are_refused() {
    for kind in STORES {
        let scene = Scene::new(kind).await;
        for (count, expected) in [(60, 200), (63, 200), (64, 400), (6_000, 400)] {
            // The list counts too.
            let list: Vec<u32> = vec![1; count];
            let answer = filter(&scene, &json!({"a": list})).await;
            assert_eq!(answer.status, expected, "{kind:?} {count}: {}", answer.json);
        }
        let answer = filter(&scene, &json!({"a": vec![1; 100]})).await;
        assert!(answer.json["attributes"].is_array(), "{}", answer.json);
        assert_eq!(
            scene.journal.take().iter().filter(|call| call.starts_with("list")).count(),
            2,
            "{kind:?}"
        );
    }
}

/// A filter of 60 values costs less than eight times a filter of one, although each value occurs late in a list of
/// 200,000: with nested loops it costs sixty times as much.
#[tokio::test]
async fn h6_the_cost_of_a_filter_is_no_product() {
    for kind in STORES {
        let scene = Scene::with(kind, &with_list(200_000)).await;
        let few = json!({"a": [199_999]});
        let many = json!({"a": (199_940..200_000).collect::<Vec<u32>>()});
        let mut best = [f64::MAX; 2];
        for _ in 0..3 {
            for (best, attributes) in best.iter_mut().zip([&few, &many]) {
                let start = Instant::now();
                let answer = filter(&scene, attributes).await;
                *best = best.min(start.elapsed().as_secs_f64());
                assert_eq!(answer.json["results"][0]["pk"], SELF_ONLY, "{kind:?}");
            }
        }
        let [few, many] = best;
        println!("{kind:?}: one value {few:.3} s, sixty values {many:.3} s");
        assert!(many < 8.0 * few, "{kind:?}: one value {few:.3} s, sixty values {many:.3} s");
    }
}

#[tokio::test]
async fn h6_only_lists_of_attributes_are_limited() {
    let scene = Scene::new(Kind::Memory).await;
    let answer = scene.json(VIEWER, "GET", "users/?search=ali&ordering=username", &json!({})).await;
    assert_eq!(answer.json["results"][0]["pk"], ALICE);
}
