//! `PATCH` requests with the results of scim2-models, which reads the RFCs strictly. `tests/scim/run differential`
//! compares more of them, and records this sample.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use userbook::StaticPermissions;
use userbook_scim::Strictness;
use userbook_tests::fixture::Kind;

use crate::provider::{Provider, USER, patch};

/// The least number of cases, so that lines cannot vanish unnoticed.
const AT_LEAST: usize = 400;

/// Returns the value without what the provider computes, with lists in a fixed order.
fn canonical(value: &Value) -> Value {
    let hidden = ["schemas", "meta", "id", "groups"];
    match value {
        Value::Object(members) => {
            let shown = members.iter().filter(|(name, _)| !hidden.contains(&name.as_str()));
            // The map may keep the order of its members.
            let members: BTreeMap<String, Value> =
                shown.map(|(name, value)| (name.clone(), canonical(value))).collect();
            members.into_iter().collect()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(canonical).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

#[tokio::test]
async fn patches_have_the_results_of_a_strict_model() {
    let strict = |it: userbook_scim::Connection| it.strictness(Strictness::strict());
    let provider = Provider::with(Kind::Memory, StaticPermissions::none(), strict).await;
    let created = json!({"schemas": [USER], "userName": "ada", "active": true});
    let id = provider.ask("POST /Users", created).await.id();
    let (put, target) = (format!("PUT /Users/{id}"), format!("PATCH /Users/{id}"));
    let cases: Vec<Value> = include_str!("../data/scim_patch.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(cases.len() >= AT_LEAST, "{} cases", cases.len());
    for case in cases {
        let before = provider.ask(&put, case["before"].clone()).await.expect(200);
        assert_eq!(canonical(&before), canonical(&case["before"]));
        let answer = provider.ask(&target, patch(&case["operations"])).await;
        let result = match answer.status {
            200 => json!({"resource": canonical(&answer.json)}),
            400 => json!({"error": answer.json["scimType"]}),
            other => panic!("{other}: {}", answer.json),
        };
        let expected = match case["after"].get("resource") {
            Some(resource) => json!({"resource": canonical(resource)}),
            None => case["after"].clone(),
        };
        assert_eq!(result, expected, "{}", case["operations"]);
    }
}
