//! Decides whether a response matches the recorded one: the rules of the corpus' README.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Case, Expect, case::Order, json};

/// Members whose arrays are sets, at any depth.
const SETS: [&str; 7] =
    ["groups", "groups_obj", "users", "users_obj", "roles", "roles_obj", "system_permissions"];

/// Methods of the recorded resources that Userbook's resources do not have.
const FOREIGN_METHODS: [&str; 1] = ["DELETE"];

/// A response and the row after it.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The status code.
    pub status: u16,
    /// The `Allow` header.
    pub allow: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// The row of the case's user after the request, in the shape of a given user.
    pub row: Option<Value>,
}

/// Returns the differences from the recorded response; empty if the response matches.
pub fn faults(case: &Case, observed: &Observed) -> Vec<String> {
    let mut judge = Judge { case, observed, faults: Vec::new() };
    match case.recorded.expect {
        Expect::Exact => judge.exact(),
        Expect::ParseError => judge.parse_error(),
        Expect::Message => judge.message(),
        Expect::Quirk => judge.quirk(),
        Expect::ReferenceFault => judge.reference_fault(),
        Expect::Unrouted => judge.unrouted(),
    }
    judge.faults
}

struct Judge<'a> {
    case: &'a Case,
    observed: &'a Observed,
    faults: Vec<String>,
}

impl Judge<'_> {
    fn exact(&mut self) {
        self.same_status();
        self.same_body();
        if self.observed.status == 405 {
            self.same_methods();
        }
        self.row_as_recorded();
    }

    fn parse_error(&mut self) {
        if self.observed.status != 400 {
            self.faults.push(format!("status {} instead of 400", self.observed.status));
        }
        let body = self.body();
        let detail = body.as_ref().and_then(|body| body.get("detail")?.as_str());
        if !detail.is_some_and(|detail| detail.starts_with("JSON parse error")) {
            self.faults.push(format!("body {body:?} instead of a JSON parse error"));
        }
        self.row_untouched();
    }

    fn message(&mut self) {
        self.same_status();
        let keys = |object: &Map<String, Value>| object.keys().cloned().collect::<BTreeSet<_>>();
        let body = self.body();
        let faulty = body.as_ref().and_then(Value::as_object).map(keys);
        let recorded = self.case.recorded.response.body.as_object().map(keys);
        if faulty != recorded {
            self.faults.push(format!("faulty fields {faulty:?} instead of {recorded:?}"));
        }
        self.row_as_recorded();
    }

    fn quirk(&mut self) {
        self.clean();
        let recorded = self.case.recorded.response.status;
        if !self.accepted() {
            self.row_untouched();
        } else if (200..300).contains(&recorded) {
            self.same_body();
            self.row_as_recorded();
        }
    }

    fn reference_fault(&mut self) {
        self.clean();
        if !self.accepted() {
            self.row_untouched();
        }
    }

    fn unrouted(&mut self) {
        if ![404, 405, 301, 308].contains(&self.observed.status) {
            self.faults.push(format!("status {} for no such URL", self.observed.status));
        }
        if !self.observed.body.is_empty() && self.body().is_none() {
            self.faults.push("a body that is not JSON".to_owned());
        }
        self.row_untouched();
    }

    fn accepted(&self) -> bool {
        self.observed.status < 400
    }

    fn body(&self) -> Option<Value> {
        json(&self.observed.body).ok()
    }

    fn clean(&mut self) {
        if self.observed.status >= 500 {
            self.faults.push(format!("status {}", self.observed.status));
        }
        if self.observed.status != 204 && self.body().is_none() {
            self.faults.push(format!("no JSON: {:?}", String::from_utf8_lossy(&self.observed.body)));
        }
    }

    fn same_status(&mut self) {
        let recorded = self.case.recorded.response.status;
        if self.observed.status != recorded {
            self.faults.push(format!("status {} instead of {recorded}", self.observed.status));
        }
    }

    fn same_body(&mut self) {
        let recorded = &self.case.recorded.response.body;
        let observed = if self.observed.body.is_empty() {
            // HEAD responses are recorded with an empty text.
            Value::String(String::new())
        } else {
            let Some(body) = self.body() else {
                let body = String::from_utf8_lossy(&self.observed.body);
                return self.faults.push(format!("body {body:?} is not JSON"));
            };
            body
        };
        let is_set = |path: &str, key: &str| match key {
            "results" => self.case.recorded.order == Order::Free,
            // The groups of `me` have an order.
            "groups" => path != "body.user.groups" && path != "body.original.groups",
            key => SETS.contains(&key),
        };
        differences("body", recorded, &observed, &is_set, &mut self.faults);
    }

    fn same_methods(&mut self) {
        let methods = |allow: Option<&str>| -> BTreeSet<String> {
            let names = allow.unwrap_or_default().split(',').map(|name| name.trim().to_owned());
            names.filter(|name| !name.is_empty() && !FOREIGN_METHODS.contains(&name.as_str())).collect()
        };
        let recorded = methods(self.case.recorded.response.headers.get("allow").map(String::as_str));
        let observed = methods(self.observed.allow.as_deref());
        if observed != recorded {
            self.faults.push(format!("allows {observed:?} instead of {recorded:?}"));
        }
    }

    fn row_as_recorded(&mut self) {
        self.same_row(self.case.recorded.after.user.clone());
    }

    fn row_untouched(&mut self) {
        let pk = self.case.subject();
        let given = self.case.given.users.iter().find(|user| Some(user.pk) == pk);
        self.same_row(given.map(|user| row(&user.row())));
    }

    fn same_row(&mut self, expected: Option<Value>) {
        match (expected, &self.observed.row) {
            (Some(expected), Some(row)) => {
                differences("row", &expected, row, &|_, key| key == "groups", &mut self.faults);
            }
            (None, None) => {}
            (expected, row) => self.faults.push(format!("row {row:?} instead of {expected:?}")),
        }
    }
}

impl Case {
    /// Returns the user whose row is compared; `None` if the URL names none.
    pub fn subject(&self) -> Option<i64> {
        self.recorded.after.user.as_ref()?.get("pk")?.as_i64()
    }
}

/// Returns a row in the shape of a given user.
pub fn row(user: &userbook::User) -> Value {
    serde_json::json!({
        "pk": user.id,
        "uuid": user.uuid,
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "is_active": user.is_active,
        "last_login": user.last_login.map(userbook::model::timestamp_text),
        "path": user.path,
        "type": user.user_type,
        "attributes": user.attributes,
        "groups": user.groups,
        "password_change_date": userbook::model::timestamp_text(user.password_change_date),
    })
}

/// Lists the differences of two values. Key order is ignored, array order counts except in sets, and numbers are
/// compared as doubles. `is_set` returns whether the array with this path and key is a set.
pub fn differences(
    path: &str,
    expected: &Value,
    observed: &Value,
    is_set: &dyn Fn(&str, &str) -> bool,
    found: &mut Vec<String>,
) {
    match (expected, observed) {
        (Value::Object(expected), Value::Object(observed)) => {
            let keys: BTreeSet<&String> = expected.keys().chain(observed.keys()).collect();
            for key in keys {
                let path = format!("{path}.{key}");
                match (expected.get(key), observed.get(key)) {
                    (Some(Value::Array(expected)), Some(Value::Array(observed))) if is_set(&path, key) => {
                        let [expected, observed] =
                            [expected, observed].map(|list| Value::Array(sorted(list)));
                        differences(&path, &expected, &observed, is_set, found);
                    }
                    (Some(expected), Some(observed)) => {
                        differences(&path, expected, observed, is_set, found);
                    }
                    (Some(expected), None) => found.push(format!("{path} is missing, recorded: {expected}")),
                    (None, observed) => found.push(format!("{path} is {observed:?}, and was not recorded")),
                }
            }
        }
        (Value::Array(expected), Value::Array(observed)) if expected.len() == observed.len() => {
            for (n, (expected, observed)) in expected.iter().zip(observed).enumerate() {
                differences(&format!("{path}[{n}]"), expected, observed, is_set, found);
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
    list.sort_by_cached_key(|element| {
        element.get("pk").unwrap_or(element).as_str().map_or_else(|| element.to_string(), str::to_owned)
    });
    list
}

#[cfg(test)]
mod tests;
