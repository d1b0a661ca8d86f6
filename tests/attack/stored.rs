//! H7 and C1: what an authorized request may store and cause.

use serde_json::{Value, json};
use userbook::{Limits, Policy};
use userbook_tests::fixture::events;

use crate::{
    scene::*,
    setting::{Setting, everywhere, on_every_store},
};

everywhere!(
    h7_stored_values_are_limited,
    h7_merges_are_limited_by_their_result,
    h7_rows_above_a_limit_are_kept_by_other_updates,
    c1_patches_of_authorized_callers_are_limited_in_bytes,
    c1_ordinary_patches_are_not_limited,
    m5_names_have_no_control_format_or_bidirectional_characters,
);

on_every_store!(h7_pages_are_limited,);

fn text(length: usize) -> String {
    "x".repeat(length)
}

async fn h7_stored_values_are_limited(at: Setting) {
    let limits = Limits::default();
    let chars = limits.name_chars;
    let scene = Scene::new(at).await;
    let nodes = |count: usize| json!({"attributes": {"a": vec![0; count]}});
    for (body, expected) in [
        (json!({"name": text(chars)}), 200),
        (json!({"name": text(chars + 1)}), 400),
        (json!({"path": text(chars)}), 200),
        (json!({"path": text(chars + 1)}), 400),
        // `{"a":""}` has eight bytes.
        (json!({"attributes": {"a": text(limits.attribute_bytes - 8)}}), 200),
        (json!({"attributes": {"a": text(limits.attribute_bytes - 7)}}), 400),
        // The object and the list are values too.
        (nodes(limits.attribute_nodes - 2), 200),
        (nodes(limits.attribute_nodes - 1), 400),
        (
            json!({"groups": (0..=limits.groups_joined).map(|n| 0x10_0000 + n as u128).map(group).collect::<Vec<_>>()}),
            400,
        ),
    ] {
        let before = scene.user(SELF_ONLY).await;
        let answer = scene.patch(SELF_ONLY, SELF_ONLY, &body).await;
        let described: String = body.to_string().chars().take(40).collect();
        assert_eq!(answer.status, expected, "{at} {described}: {}", answer.json);
        if expected == 400 {
            assert_eq!(scene.user(SELF_ONLY).await, before, "{at} {described}");
        }
    }
}

async fn h7_merges_are_limited_by_their_result(at: Setting) {
    let scene = Scene::new(at).await;
    let path = format!("users/{SELF_ONLY}/");
    let mut statuses = Vec::new();
    for n in 0..5 {
        let body = json!({"attributes": {(n.to_string()): text(15_000)}});
        let answer = scene.send(Some(SELF_ONLY), "PATCH", &path, MERGE_PATCH, full(&body)).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 200, 400], "{at}");
}

/// What GET shows can be sent back, whatever limit the row is above.
async fn h7_rows_above_a_limit_are_kept_by_other_updates(at: Setting) {
    let mut rows = rows();
    for user in &mut rows.users {
        if user.id.0 == SELF_ONLY {
            user.attributes = json!({"a": text(100_000)}).into();
            user.name = text(2_000);
        }
    }
    let scene = Scene::with(at, &rows).await;
    let path = format!("users/{SELF_ONLY}/");
    let mut shown = scene.json(SELF_ONLY, "GET", &path, &json!({})).await.json;
    shown["email"] = json!("new@example.com");
    let answer = scene.json(SELF_ONLY, "PUT", &path, &shown).await;
    assert_eq!((answer.status.as_u16(), &answer.json["email"]), (200, &json!("new@example.com")), "{at}");
    assert_eq!(scene.user(SELF_ONLY).await.name.len(), 2_000);
}

/// A page that is too large names the parameter that helps.
async fn h7_pages_are_limited(at: Setting) {
    let mut rows = rows();
    for user in &mut rows.users {
        user.attributes = json!({"a": text(20_000)}).into();
    }
    let limits = Limits { page_bytes: 200_000, ..Limits::default() };
    let scene = Scene::open(at, &rows, &[], Policy::hardened().with_limits(limits)).await;
    let answer = scene.json(VIEWER, "GET", "users/?page_size=20", &json!({})).await;
    assert_eq!(answer.status, 400, "{at}");
    assert!(answer.json.to_string().contains("page_size"), "{at}: {}", answer.json);
    let answer = scene.json(VIEWER, "GET", "users/?page_size=2", &json!({})).await;
    assert_eq!(answer.status, 200, "{at}");
}

fn doubling(text_length: usize, copies: usize) -> Value {
    let mut operations = vec![json!({"op": "add", "path": "/attributes/a", "value": text(text_length)})];
    operations.extend(
        (0..copies)
            .map(|n| json!({"op": "copy", "from": "/attributes", "path": format!("/attributes/c{n}")})),
    );
    json!(operations)
}

/// Patches that produce or visit far more than they are large.
fn bombs() -> Vec<(&'static str, Value)> {
    let repeat = |first: Value, operation: Value, times: usize| -> Value {
        std::iter::once(first).chain(std::iter::repeat_n(operation, times)).collect()
    };
    let add = |value: Value| json!({"op": "add", "path": "/attributes/a", "value": value});
    let list = || add(json!(vec![0; 3_000]));
    vec![
        ("doubled text", doubling(65_536, 18)),
        ("doubled short text", doubling(16_384, 18)),
        ("doubled key", {
            let long = json!({(text(16_384)): 0});
            let copies = (0..18).map(
                |n| json!({"op": "copy", "from": "/attributes/a", "path": format!("/attributes/a/{n}")}),
            );
            std::iter::once(add(long)).chain(copies).collect()
        }),
        (
            "doubled list",
            repeat(list(), json!({"op": "copy", "from": "/attributes/a", "path": "/attributes/a/0"}), 30),
        ),
        ("shifted list", repeat(list(), json!({"op": "add", "path": "/attributes/a/0", "value": 0}), 255)),
        (
            "moved list",
            repeat(list(), json!({"op": "move", "from": "/attributes/a/0", "path": "/attributes/a/-"}), 255),
        ),
        (
            "compared text",
            repeat(
                add(json!(text(60_000))),
                json!({"op": "test", "path": "/attributes/a", "value": text(60_000)}),
                60,
            ),
        ),
        (
            "compared whole",
            repeat(
                add(json!(text(60_000))),
                json!({"op": "copy", "from": "/attributes/a", "path": "/name"}),
                255,
            ),
        ),
    ]
}

async fn c1_patches_of_authorized_callers_are_limited_in_bytes(at: Setting) {
    let scene = Scene::new(at).await;
    let before = scene.user(SELF_ONLY).await;
    for (name, bomb) in bombs() {
        let answer = scene.json_patch(SELF_ONLY, SELF_ONLY, &bomb).await;
        assert_eq!(answer.status, 400, "{at} {name}: {}", answer.json);
        assert!(answer.json.to_string().len() < 4_096, "{at} {name}");
    }
    assert_eq!(scene.user(SELF_ONLY).await, before, "{at}");
    assert!(events(&scene.store).await.is_empty());
}

/// Ordinary patches, and long ones within the limits, stay possible.
async fn c1_ordinary_patches_are_not_limited(at: Setting) {
    let scene = Scene::new(at).await;
    let many: Value =
        (0..256).map(|n| json!({"op": "add", "path": format!("/attributes/k{n}"), "value": n})).collect();
    for operations in [doubling(1_000, 4), many] {
        let answer = scene.json_patch(SELF_ONLY, SELF_ONLY, &operations).await;
        assert_eq!(answer.status, 200, "{at}: {}", answer.json);
    }
}

async fn m5_names_have_no_control_format_or_bidirectional_characters(at: Setting) {
    let names = [
        "admin\u{200b}",
        "\u{202e}admin",
        "\u{2066}admin",
        "\u{feff}admin",
        "ad\u{ad}min",
        "admin\r\nSet-Cookie: a=b",
        "\u{1b}[2Jadmin",
        "ad\u{85}min",
    ];
    let scene = Scene::new(at).await;
    for name in names {
        for field in ["username", "path"] {
            let answer = scene.patch(DESK, ALICE, &json!({field: name})).await;
            assert_eq!(answer.status, 400, "{at} {field} {name:?}");
            assert!(answer.json[field].is_array(), "{}", answer.json);
        }
    }
    for name in ["two\nlines", "\u{1b}[2J", "tab\there"] {
        assert_eq!(scene.patch(DESK, ALICE, &json!({"name": name})).await.status, 400, "{at} {name:?}");
    }
    // Names of people may need joiners, and a stored value is kept.
    for name in ["Ana María Ñandú", "می\u{200c}خواهم", "Zoë"] {
        assert_eq!(scene.patch(DESK, ALICE, &json!({"name": name})).await.status, 200, "{at} {name:?}");
    }
}
