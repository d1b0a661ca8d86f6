//! Canonical forms of unordered or ambiguous content.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use userbook::{
    event::{Event, EventTarget},
    model::GroupGraph,
    store::{ActorState, Epochs},
    view::UserView,
};

/// Returns JSON with every number as a double, because stores compare numbers by value.
pub(crate) fn canonical(value: impl Serialize) -> Value {
    by_value(serde_json::to_value(value).expect("it is JSON"))
}

fn by_value(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let double = number.as_f64().expect("every number has a double");
            // Both zeros are equal.
            json!(if double == 0.0 { 0.0 } else { double })
        }
        Value::Array(items) => items.into_iter().map(by_value).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(key, value)| (key, by_value(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

pub(crate) fn view(view: &UserView) -> Value {
    let groups = view.groups.iter().map(|it| json!([canonical(it.group.as_ref()), it.parent_name]));
    json!({
        "user": canonical(&view.user),
        "is_superuser": view.is_superuser,
        "groups": groups.collect::<Value>(),
    })
}

pub(crate) fn graph(graph: &GroupGraph) -> Value {
    graph.iter().map(canonical).collect()
}

pub(crate) fn actor(actor: Option<&ActorState>) -> Value {
    let attributes = actor.map(|actor| canonical(&actor.attributes));
    let actor = actor.map(|actor| ActorState { attributes: Value::Null.into(), ..actor.clone() });
    json!([format!("{actor:?}"), attributes])
}

/// Guard counters that stores may count differently.
pub(crate) fn counters(epochs: Epochs) -> Value {
    json!([epochs.graph, epochs.superusers])
}

/// Events grouped by target, in the order of delivery, because the order between targets is not specified. All groups
/// form one list, because their events share a counter; stores may count it differently, so it is returned separately.
pub(crate) fn events(events: &[Event]) -> (Value, Value) {
    let mut lines: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut counters = Vec::new();
    for event in events {
        let mut content = canonical(event);
        let line = match event.target {
            EventTarget::User(id) => format!("user {id}"),
            EventTarget::Group(id) => {
                counters.push(json!([event.id, event.version]));
                content["version"] = Value::Null;
                format!("group {id}")
            }
        };
        lines.entry(line).or_default().push(content);
    }
    counters.sort_by_key(ToString::to_string);
    (json!(lines), counters.into())
}
