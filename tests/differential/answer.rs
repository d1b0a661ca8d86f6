//! The result of an operation on one store, as comparable JSON.

use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Answer {
    /// Whether the operation was accepted.
    pub(crate) accepted: bool,
    /// The content that must be equal for all stores.
    pub(crate) content: Value,
    /// The counters that must be equal for stores that count guards alike; `None` for other stores.
    pub(crate) counters: Option<Value>,
}

impl Answer {
    pub(crate) fn ok(content: Value) -> Self {
        Self { accepted: true, content, counters: None }
    }

    pub(crate) fn refused(error: &impl std::fmt::Debug) -> Self {
        Self { accepted: false, content: format!("{error:?}").into(), counters: None }
    }

    pub(crate) fn with_counters(self, counters: Option<Value>) -> Self {
        Self { counters, ..self }
    }

    /// Describes the difference for a failure message.
    pub(crate) fn difference(&self, other: &Self) -> String {
        let mut found = Vec::new();
        collect("", &self.content, &other.content, &mut found);
        if let (Some(expected), Some(counters)) = (&self.counters, &other.counters) {
            collect("counters", expected, counters, &mut found);
        }
        found.join("\n")
    }
}

fn collect(at: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        _ if left == right => {}
        (Value::Object(one), Value::Object(two)) => {
            let keys: std::collections::BTreeSet<_> = one.keys().chain(two.keys()).collect();
            for key in keys {
                let member = |of: &serde_json::Map<String, Value>| of.get(key).cloned().unwrap_or_default();
                collect(&format!("{at}/{key}"), &member(one), &member(two), found);
            }
        }
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
            for (n, (left, right)) in one.iter().zip(two).enumerate() {
                collect(&format!("{at}/{n}"), left, right, found);
            }
        }
        _ => found.push(format!("{at}: {left} <> {right}")),
    }
}
