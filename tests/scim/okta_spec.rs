//! Runs Okta's SCIM 2.0 specification test, a file of requests with assertions. The file is not part of this
//! repository: it is read from `../shared/scim` beside the checkout, or from `USERBOOK_OKTA_SPEC`.

use std::{collections::BTreeMap, path::PathBuf};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use userbook_tests::fixture::Kind;

use crate::{
    on_each_store,
    provider::{Answer, Provider},
};

on_each_store!(every_assertion_of_okta_holds);

type Variables = BTreeMap<String, String>;

fn specification() -> Option<Value> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/scim/okta-scim-20-spec.json");
    let path = std::env::var_os("USERBOOK_OKTA_SPEC").map_or_else(|| PathBuf::from(default), PathBuf::from);
    match std::fs::read(&path) {
        Ok(text) => Some(serde_json::from_slice(&text).unwrap()),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{}: {error}", path.display());
            eprintln!("skipped: {}: {error}", path.display());
            None
        }
    }
}

async fn every_assertion_of_okta_holds(kind: Kind) {
    let Some(specification) = specification() else { return };
    let provider = Provider::new(kind).await;
    provider.user("existing").await;
    let mut variables: Variables = [
        ("SCIMBaseURL", "/scim/v2"),
        ("auth", "Bearer okta"),
        ("InvalidUserEmail", "missing@example.com"),
        ("UserIdThatDoesNotExist", "010101001010101011001010101011"),
        ("randomEmail", "spec@example.com"),
        ("randomUsername", "spec@example.com"),
        ("randomUsernameCaps", "SPEC@EXAMPLE.COM"),
        ("randomGivenName", "Spec"),
        ("randomFamilyName", "Runner"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let steps = specification["steps"].as_array().unwrap();
    let mut assertions = 0;
    for step in steps.iter().filter(|step| step["step_type"] == "request") {
        let answer = send(&provider, step, &variables).await;
        for assertion in step["assertions"].as_array().unwrap() {
            check(assertion, &answer, &variables, &step["note"]);
            assertions += 1;
        }
        for variable in step["variables"].as_array().unwrap() {
            let found = property(&answer.json, variable["property"].as_str().unwrap());
            let value = found.and_then(Value::as_str).unwrap_or_else(|| panic!("{variable} {}", answer.json));
            variables.insert(variable["name"].as_str().unwrap().to_owned(), value.to_owned());
        }
    }
    assert!(assertions > 40, "{assertions}");
}

/// Replaces `{{name}}` by the value of the variable.
fn filled(text: &str, variables: &Variables) -> String {
    variables
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

async fn send(provider: &Provider, step: &Value, variables: &Variables) -> Answer {
    let url = filled(step["url"].as_str().unwrap(), variables).replace(' ', "%20").replace('"', "%22");
    let mut request = Request::builder().method(step["method"].as_str().unwrap()).uri(url);
    for (name, values) in step["headers"].as_object().unwrap() {
        for value in values.as_array().unwrap() {
            request = request.header(name, filled(value.as_str().unwrap(), variables));
        }
    }
    let body = step.get("body").and_then(Value::as_str).unwrap_or_default();
    provider.send(request.body(Full::from(Bytes::from(filled(body, variables)))).unwrap()).await
}

/// Returns the value at a path such as `Resources[0].name.familyName`.
fn property<'v>(json: &'v Value, path: &str) -> Option<&'v Value> {
    let pointer = path.replace('[', "/").replace(']', "").replace('.', "/");
    json.pointer(&format!("/{pointer}"))
}

fn check(assertion: &Value, answer: &Answer, variables: &Variables, note: &Value) {
    let context = || format!("{note} {assertion} {} {}", answer.status, answer.json);
    let wanted = assertion["value"].as_str().map(|text| filled(text, variables)).unwrap_or_default();
    let found = match assertion["source"].as_str().unwrap() {
        "response_status" => Value::from(answer.status),
        "response_json" => {
            let path = assertion["property"].as_str().unwrap();
            property(&answer.json, path).cloned().unwrap_or_default()
        }
        // A measurement of the network.
        "response_time" => return,
        other => panic!("unknown source {other}"),
    };
    let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    let holds = match assertion["comparison"].as_str().unwrap() {
        "equal" => text == wanted,
        "equal_number" => text.parse::<f64>().ok() == wanted.parse().ok(),
        "not_empty" => !(found.is_null() || text.is_empty() || text == "[]" || text == "{}"),
        "has_value" => found.as_array().is_some_and(|items| items.iter().any(|it| it == wanted.as_str())),
        "contains" => text.contains(&wanted),
        "is_a_number" => found.is_number(),
        other => panic!("unknown comparison {other}"),
    };
    assert!(holds, "{}", context());
}
