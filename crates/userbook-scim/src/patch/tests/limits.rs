//! Limits of the work that operations cause.

use super::*;

#[test]
fn filters_of_paths_have_a_budget_of_bytes() {
    let filter = vec!["value eq 1"; 256].join(" or ");
    let remove = json!({"op": "remove", "path": format!("emails[{filter}]")});
    let mut operations =
        vec![json!({"op": "add", "path": "emails", "value": [{"value": "\u{416}".repeat(100_000)}]})];
    operations.extend(vec![remove; 20]);
    assert_eq!(patched(&Value::Array(operations), Strictness::lenient()), Err((413, None)));
}

#[test]
fn operations_are_bounded() {
    let wide: serde_json::Map<String, Value> =
        (0..2000).map(|n| (format!("title{}", " ".repeat(n)), "x".into())).collect();
    assert_eq!(patched(&json!([{"op": "add", "value": wide}]), Strictness::lenient()), Err((413, None)));
    let many: Vec<Value> = (0..1001).map(|_| json!({"op": "remove", "path": "title"})).collect();
    assert_eq!(patched(&Value::Array(many), Strictness::lenient()), Err((413, None)));
    // Paths that change nothing count too.
    let keys =
        |count: usize| (0..count).map(|n| (format!("k{n}"), 1.into())).collect::<serde_json::Map<_, _>>();
    let schemas = |n: usize| json!({"op": "add", "path": format!("schemas[value eq \"{n}\"]"), "value": "x"});
    let empty = json!({"op": "add", "value": {}});
    for (operations, expected) in [
        (vec![json!({"op": "add", "value": keys(1000)})], Ok(stored())),
        (vec![json!({"op": "add", "value": keys(1001)})], Err((413, None))),
        (vec![json!({"op": "add", "value": keys(501)}); 2], Err((413, None))),
        ((0..1001).map(schemas).collect(), Err((413, None))),
        (vec![empty.clone(); 1000], Ok(stored())),
        (vec![empty; 1001], Err((413, None))),
    ] {
        let count = operations.len();
        assert_eq!(patched(&Value::Array(operations), Strictness::lenient()), expected, "{count}");
    }
    // A long text for each of many values.
    let emails: Vec<Value> = (0..3000).map(|n| json!({"value": format!("{n}@x.org")})).collect();
    let bomb = json!([
        {"op": "add", "path": "emails", "value": emails},
        {"op": "replace", "path": "emails.display", "value": "x".repeat(10_000)},
    ]);
    assert_eq!(patched(&bomb, Strictness::lenient()), Err((413, None)));
    assert_eq!(patched(&json!([]), Strictness::lenient()), Ok(stored()));
}
