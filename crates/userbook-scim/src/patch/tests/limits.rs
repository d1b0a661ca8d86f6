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
    // A long text for each of many values.
    let emails: Vec<Value> = (0..3000).map(|n| json!({"value": format!("{n}@x.org")})).collect();
    let bomb = json!([
        {"op": "add", "path": "emails", "value": emails},
        {"op": "replace", "path": "emails.display", "value": "x".repeat(10_000)},
    ]);
    assert_eq!(patched(&bomb, Strictness::lenient()), Err((413, None)));
    assert_eq!(patched(&json!([]), Strictness::lenient()), Ok(stored()));
}
