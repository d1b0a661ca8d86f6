//! Requests of authorized callers that cause more work, or longer answers, than they are large.

use serde_json::{Value, json};
use userbook_tests::fixture::events;

use crate::{
    scene::*,
    setting::{Setting, behind_every_mount},
};

behind_every_mount!(c1_errors_are_no_longer_than_their_requests);

fn operations(each: impl Fn(usize) -> Value, times: usize) -> Value {
    (0..times).map(each).collect()
}

/// Patches that an update rejects.
fn json_patches() -> Vec<(&'static str, &'static str, Value)> {
    let long = format!("/attributes{}", "/a".repeat(100_000));
    let longer = format!("/attributes{}", "/a".repeat(200_000));
    vec![
        ("long pointer", JSON_PATCH, json!([{"op": "remove", "path": long}])),
        ("longer pointer", JSON_PATCH, json!([{"op": "remove", "path": longer}])),
        ("long source", JSON_PATCH, json!([{"op": "copy", "from": long, "path": "/name"}])),
        (
            "long pointers",
            JSON_PATCH,
            operations(
                |_| json!({"op": "test", "path": "/attributes/".to_owned() + &"~1".repeat(5_000), "value": 0}),
                100,
            ),
        ),
        (
            "pointers of empty tokens",
            JSON_PATCH,
            json!([{"op": "add", "path": "/attributes".to_owned() + &"/".repeat(250_000), "value": 0}]),
        ),
        (
            "too many operations",
            JSON_PATCH,
            operations(|_| json!({"op": "test", "path": "/name", "value": ""}), 257),
        ),
        (
            "deeper with each copy",
            JSON_PATCH,
            operations(
                |n| match n {
                    0 => json!({"op": "add", "path": "/attributes/a", "value": [0]}),
                    _ => json!({"op": "copy", "from": "/attributes", "path": "/attributes/a/0"}),
                },
                200,
            ),
        ),
        ("unknown operation", JSON_PATCH, json!([{"op": "x".repeat(100_000), "path": ""}])),
    ]
}

/// Other bodies that an update rejects, with their media types.
fn updates() -> Vec<(&'static str, &'static str, Value)> {
    let many = json!((0..60_000).map(|_| group(NO_GROUP)).collect::<Vec<_>>());
    let keys = (0..60_000).map(|n| (n.to_string(), json!(0))).collect::<serde_json::Map<_, _>>();
    let nested = (0..300).fold(json!(0), |inner, _| json!([inner]));
    vec![
        ("unknown groups", JSON, json!({"groups": many})),
        ("words as groups", JSON, json!({"groups": vec!["x".repeat(100); 5_000]})),
        ("keys", JSON, json!({"attributes": keys})),
        ("keys of a merge", MERGE_PATCH, json!({"attributes": keys})),
        ("levels", JSON, json!({"attributes": {"a": nested}})),
        ("levels of a merge", MERGE_PATCH, json!({"attributes": {"a": nested}})),
        ("type", JSON, json!({"type": "x".repeat(500_000)})),
        ("username", JSON, json!({"username": "x".repeat(500_000)})),
        ("email", JSON, json!({"email": format!("{}@example.com", "x".repeat(500_000))})),
        ("labels", JSON, json!({"email": format!("x@{}com", "a.".repeat(200_000))})),
        ("last login", JSON, json!({"last_login": "2".repeat(500_000)})),
        ("flag", JSON, json!({"is_active": vec![vec![0; 100]; 100]})),
        (
            "every field",
            JSON,
            json!({
                "username": [], "name": [], "is_active": [], "last_login": [], "groups": {}, "email": [],
                "attributes": [], "path": [], "type": [],
            }),
        ),
    ]
}

async fn c1_errors_are_no_longer_than_their_requests(at: Setting) {
    let scene = Scene::new(at).await;
    let before = scene.user(SELF_ONLY).await;
    let path = format!("users/{SELF_ONLY}/");
    for (name, media_type, body) in json_patches().into_iter().chain(updates()) {
        let length = body.to_string().len();
        let answer = scene.send(Some(SELF_ONLY), "PATCH", &path, media_type, full(&body)).await;
        let text = answer.json.to_string();
        let start: String = text.chars().take(200).collect();
        assert!([400, 409].contains(&answer.status.as_u16()), "{at} {name}: {} {start}", answer.status);
        assert!(text.len() <= length + 4_096, "{at} {name}: {} bytes for {length}: {start}", text.len());
    }
    assert_eq!(scene.user(SELF_ONLY).await, before, "{at}");
    assert!(events(&scene.store).await.is_empty(), "{at}");
}
