//! Decides whether a response and the rows match the recorded ones.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{LifecycleCase, Rows, fresh, host::Answer};
use crate::corpus::{Expect, json};

/// Members whose arrays are sets, at any depth.
const SETS: [&str; 6] = ["groups", "groups_obj", "users", "users_obj", "roles", "roles_obj"];

/// Returns the differences from the recorded response and rows; empty if they match.
pub fn faults(case: &LifecycleCase, answer: &Answer, rows: &Rows) -> Vec<String> {
    let mut faults = Vec::new();
    let recorded = &case.case.recorded.response;
    let is_accepted = answer.status < 400;
    let body = json(&answer.body).ok();
    if answer.status >= 500 {
        faults.push(format!("status {}", answer.status));
    }
    if body.is_none() && !answer.body.is_empty() {
        faults.push(format!("no JSON: {:?}", String::from_utf8_lossy(&answer.body)));
    }
    let body = body.unwrap_or_else(|| Value::String(String::new()));
    match case.case.recorded.expect {
        Expect::Exact => {
            same_status(recorded.status, answer, &mut faults);
            if recorded.status == 405 {
                same_methods(recorded.headers.get("allow").map(String::as_str), answer, &mut faults);
            }
            same_rows(case, Some(&recorded.body), (&body, rows), &mut faults);
        }
        Expect::Message => {
            same_status(recorded.status, answer, &mut faults);
            let keys = |object: &Map<String, Value>| object.keys().cloned().collect::<BTreeSet<_>>();
            let (found, expected) = (body.as_object().map(keys), recorded.body.as_object().map(keys));
            if found != expected {
                faults.push(format!("faulty fields {found:?} instead of {expected:?}"));
            }
            same_rows(case, None, (&body, rows), &mut faults);
        }
        Expect::ParseError => {
            let detail = body.get("detail").and_then(Value::as_str).unwrap_or_default();
            if answer.status != 400 || !detail.starts_with("JSON parse error") {
                faults.push(format!("{} {body} instead of a JSON parse error", answer.status));
            }
            untouched(case, rows, &mut faults);
        }
        Expect::Quirk if is_accepted && (200..300).contains(&recorded.status) => {
            same_rows(case, Some(&recorded.body), (&body, rows), &mut faults);
        }
        Expect::Quirk | Expect::ReferenceFault => {
            if !is_accepted {
                untouched(case, rows, &mut faults);
            }
        }
        Expect::Unrouted => {
            if ![404, 405, 301, 308].contains(&answer.status) {
                faults.push(format!("status {} for no such URL", answer.status));
            }
            untouched(case, rows, &mut faults);
        }
    }
    faults
}

fn same_status(recorded: u16, answer: &Answer, faults: &mut Vec<String>) {
    if answer.status != recorded {
        faults.push(format!("status {} instead of {recorded}", answer.status));
    }
}

fn same_methods(recorded: Option<&str>, answer: &Answer, faults: &mut Vec<String>) {
    let methods = |allow: Option<&str>| -> BTreeSet<String> {
        allow.unwrap_or_default().split(',').map(|name| name.trim().to_owned()).collect()
    };
    let (expected, observed) = (methods(recorded), methods(answer.allow.as_deref()));
    if expected != observed {
        faults.push(format!("allows {observed:?} instead of {expected:?}"));
    }
}

fn same_rows(
    case: &LifecycleCase,
    response: Option<&Value>,
    (body, rows): (&Value, &Rows),
    faults: &mut Vec<String>,
) {
    let mut recorded = Rows::recorded(case);
    let mut expected = response.cloned().unwrap_or_default();
    fresh::adopt(case, &mut expected, &mut recorded, (body, rows), faults);
    if response.is_some() {
        differences("body", &expected, body, faults);
    }
    differences("rows", &recorded.json(), &rows.json(), faults);
}

fn untouched(case: &LifecycleCase, rows: &Rows, faults: &mut Vec<String>) {
    differences("rows", &Rows::before(&case.case.given).json(), &rows.json(), faults);
}

/// Lists the differences of two values. Key order is ignored, array order counts except in sets, and numbers are
/// compared as doubles.
fn differences(path: &str, expected: &Value, observed: &Value, found: &mut Vec<String>) {
    match (expected, observed) {
        (Value::Object(expected), Value::Object(observed)) => {
            let keys: BTreeSet<&String> = expected.keys().chain(observed.keys()).collect();
            for key in keys {
                let path = format!("{path}.{key}");
                match (expected.get(key), observed.get(key)) {
                    (Some(Value::Array(expected)), Some(Value::Array(observed)))
                        if SETS.contains(&key.as_str()) =>
                    {
                        let [expected, observed] =
                            [expected, observed].map(|list| Value::Array(sorted(list)));
                        differences(&path, &expected, &observed, found);
                    }
                    (Some(expected), Some(observed)) => differences(&path, expected, observed, found),
                    (Some(expected), None) => found.push(format!("{path} is missing, recorded: {expected}")),
                    (None, observed) => found.push(format!("{path} is {observed:?}, and was not recorded")),
                }
            }
        }
        (Value::Array(expected), Value::Array(observed)) if expected.len() == observed.len() => {
            for (n, (expected, observed)) in expected.iter().zip(observed).enumerate() {
                differences(&format!("{path}[{n}]"), expected, observed, found);
            }
        }
        (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => {}
        _ if expected == observed => {}
        _ => found.push(format!("{path} is {observed}, recorded: {expected}")),
    }
}

/// Sorts a set, so that order does not matter.
fn sorted(list: &[Value]) -> Vec<Value> {
    let mut list = list.to_vec();
    list.sort_by_cached_key(|element| element.get("pk").unwrap_or(element).to_string());
    list
}
