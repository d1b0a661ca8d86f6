//! H6: filters whose cost is the product of two inputs.

use std::time::Instant;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use userbook::store::ImportData;
use userbook_tests::fixture::{Answer, Kind};

use crate::{
    scene::*,
    setting::{Mount, Rights, Setting, everywhere},
};

everywhere!(
    h6_filters_above_the_limit_are_refused,
    h6_values_late_in_a_long_list_are_found,
    h6_only_lists_of_attributes_are_limited,
);

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

async fn h6_filters_above_the_limit_are_refused(at: Setting) {
    let scene = Scene::new(at).await;
    for (count, expected) in [(60, 200), (63, 200), (64, 400), (6_000, 400)] {
        // The list counts too.
        let list: Vec<u32> = vec![1; count];
        let answer = filter(&scene, &json!({"a": list})).await;
        assert_eq!(answer.status, expected, "{at} {count}: {}", answer.json);
    }
    let answer = filter(&scene, &json!({"a": vec![1; 100]})).await;
    assert!(answer.json["attributes"].is_array(), "{}", answer.json);
    assert_eq!(scene.work().await.iter().filter(|call| call.starts_with("list")).count(), 2, "{at}");
}

/// Each value occurs late in a long list.
fn late(length: u64, count: u64) -> Value {
    json!({"a": (length - count..length).collect::<Vec<u64>>()})
}

async fn h6_values_late_in_a_long_list_are_found(at: Setting) {
    const LENGTH: u64 = 4_000;
    let scene = Scene::with(at, &with_list(LENGTH)).await;
    let found = filter(&scene, &late(LENGTH, 60)).await;
    assert_eq!(found.json["results"][0]["pk"], SELF_ONLY, "{at}: {}", found.json);
    let missed = filter(&scene, &late(LENGTH + 1, 60)).await;
    assert_eq!(missed.json["results"], json!([]), "{at}");
}

/// A filter of 60 values costs less than eight times a filter of one: with nested loops it costs sixty times as much.
#[tokio::test]
#[ignore = "measures time"]
async fn h6_the_cost_of_a_filter_is_no_product() {
    const LENGTH: u64 = 200_000;
    for store in [Kind::Memory, Kind::Sqlite, Kind::Postgres, Kind::MariaDb] {
        let at = Setting::new(store, Mount::Endpoint, Rights::Permissions);
        let scene = Scene::with(at, &with_list(LENGTH)).await;
        let mut best = [f64::MAX; 2];
        for _ in 0..3 {
            for (best, count) in best.iter_mut().zip([1, 60]) {
                let start = Instant::now();
                let answer = filter(&scene, &late(LENGTH, count)).await;
                *best = best.min(start.elapsed().as_secs_f64());
                assert_eq!(answer.json["results"][0]["pk"], SELF_ONLY, "{at}");
            }
        }
        let [few, many] = best;
        println!("{at}: one value {few:.3} s, sixty values {many:.3} s");
        assert!(many < 8.0 * few, "{at}: one value {few:.3} s, sixty values {many:.3} s");
    }
}

async fn h6_only_lists_of_attributes_are_limited(at: Setting) {
    let scene = Scene::new(at).await;
    let answer = scene.json(VIEWER, "GET", "users/?search=ali&ordering=username", &json!({})).await;
    assert_eq!(answer.json["results"][0]["pk"], ALICE);
}
