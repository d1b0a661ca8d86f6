//! What the published schema leaves out: statuses and headers of the recorded release, and the extensions of the
//! policy. What is added bears [`OVERLAY_KEY`]; what is replaced keeps the published value under [`PUBLISHED_KEY`].

use serde_json::{Map, Value, json};
use userbook::{Extension, Policy};

use super::{OVERLAY_KEY, PUBLISHED_KEY};

type Object = Map<String, Value>;

/// Refusals that every operation may answer, and the published schema does not name.
const REFUSALS: [(&str, &str); 5] = [
    ("404", "There is no such resource, or the caller may not know of it."),
    ("405", "The resource does not have this method; `Allow` lists those that it has."),
    ("406", "The client accepts no JSON."),
    ("500", "Something broke behind the API."),
    ("503", "Too busy, or the database is away; `Retry-After` says in how many seconds to try again."),
];

/// Refusals of operations with a body.
const BODY_REFUSALS: [(&str, &str); 4] = [
    ("408", "The body did not arrive in time."),
    ("409", "Others were changing the user in every attempt, or a test of the JSON Patch failed."),
    ("413", "The body is larger than the server takes."),
    ("415", "The body is of a type that is not understood."),
];

pub(super) fn apply(document: &mut Value, policy: &Policy) {
    if let Some(shapes) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        add_shapes(shapes, policy);
    }
    let Some(paths) = document.pointer_mut("/paths").and_then(Value::as_object_mut) else { return };
    for (path, methods) in paths {
        let Some(methods) = methods.as_object_mut() else { continue };
        for (method, operation) in methods {
            let Some(operation) = operation.as_object_mut() else { continue };
            let one_user = path == "/core/users/{id}/";
            if one_user {
                add_parameters(operation, method, policy);
            }
            if one_user && method == "patch" {
                add_patches(operation, policy);
            }
            add_responses(operation, method, one_user, policy);
        }
    }
}

/// A value that the published schema does not have.
fn marked(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.insert(OVERLAY_KEY.to_owned(), Value::Bool(true));
    }
    value
}

/// The reference takes and shows blank e-mail addresses, and user names of any characters: the published schema
/// says otherwise.
fn relax(shape: &mut Value) {
    let Some(Value::Object(properties)) = shape.get_mut("properties") else { return };
    for property in properties.values_mut() {
        let published = property.clone();
        let Value::Object(members) = property else { continue };
        let bound =
            if members.get("format").is_some_and(|format| format == "email") { "format" } else { "pattern" };
        if members.remove(bound).is_some() {
            members.insert(PUBLISHED_KEY.to_owned(), published);
        }
    }
}

fn add_shapes(shapes: &mut Object, policy: &Policy) {
    shapes.values_mut().for_each(relax);
    let mut add = |name: &str, shape: Value| shapes.insert(name.to_owned(), marked(shape));
    if policy.understands(Extension::DryRun) {
        let free = json!({"type": "object", "additionalProperties": {}});
        add(
            "DryRun",
            json!({
                "type": "object",
                "required": ["dry_run", "would_change", "user", "diff", "verdicts"],
                "properties": {
                    "dry_run": {"type": "boolean", "enum": [true]},
                    "would_change": {"type": "boolean"},
                    "user": {"$ref": "#/components/schemas/User"},
                    "diff": free,
                    "verdicts": {"type": "array", "items": free},
                },
            }),
        );
    }
    if policy.understands(Extension::ProblemDetails) {
        let text = json!({"type": "string"});
        add(
            "Problem",
            json!({
                "type": "object",
                "description": "RFC 9457",
                "required": ["type", "title", "status", "detail", "code"],
                "properties": {
                    "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "code": text,
                    "fields": {"type": "object", "additionalProperties": text},
                    "errors": {"type": "array", "items": {
                        "type": "object",
                        "required": ["field", "pointer", "code", "params", "message"],
                        "properties": {
                            "field": {"type": "string", "nullable": true}, "pointer": text, "code": text,
                            "params": {"type": "object", "additionalProperties": {}}, "message": text,
                        },
                    }},
                },
            }),
        );
    }
}

fn add_parameters(operation: &mut Object, method: &str, policy: &Policy) {
    let Some(Value::Array(parameters)) = operation.get_mut("parameters") else { return };
    let mut add = |place: &str, name: &str, description: &str, schema: Value| {
        parameters
            .push(marked(json!({"in": place, "name": name, "description": description, "schema": schema})));
    };
    let flag = |default: bool| json!({"type": "boolean", "default": default});
    let text = json!({"type": "string"});
    add("query", "include_groups", "Whether `groups_obj` is filled or null.", flag(true));
    if policy.understands(Extension::EntityTags) {
        add("header", "If-Match", "Only if the user is in one of these states.", text.clone());
        add("header", "If-None-Match", "Not if the user looks like this.", text);
    }
    if method != "get" {
        add(
            "query",
            "allow_self_lockout",
            "Give up one's own power: without this, it is refused.",
            flag(false),
        );
        if policy.understands(Extension::DryRun) {
            add("query", "dry_run", "Answer what would be, and write nothing.", flag(false));
        }
    }
}

/// The further types of patch.
fn add_patches(operation: &mut Object, policy: &Policy) {
    let content = operation.get_mut("requestBody").and_then(|body| body.get_mut("content"));
    let Some(Value::Object(content)) = content else { return };
    if policy.understands(Extension::MergePatch) {
        let shape = json!({"schema": {"$ref": "#/components/schemas/PatchedUserRequest"}});
        content.insert("application/merge-patch+json".to_owned(), marked(shape));
    }
    if policy.understands(Extension::JsonPatch) {
        let operation = json!({
            "type": "object",
            "required": ["op", "path"],
            "properties": {
                "op": {"type": "string", "enum": ["add", "remove", "replace", "move", "copy", "test"]},
                "path": {"type": "string"}, "from": {"type": "string"}, "value": {},
            },
        });
        let shape = json!({"schema": {"type": "array", "items": operation}});
        content.insert("application/json-patch+json".to_owned(), marked(shape));
    }
}

fn add_responses(operation: &mut Object, method: &str, one_user: bool, policy: &Policy) {
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    let body_refusals = BODY_REFUSALS.into_iter().filter(|_| method != "get");
    for (status, description) in REFUSALS.into_iter().chain(body_refusals) {
        if !responses.contains_key(status) {
            responses.insert(status.to_owned(), marked(refusal(description)));
        }
    }
    if one_user && policy.understands(Extension::EntityTags) {
        responses.insert("412".to_owned(), marked(refusal("The user is not in the demanded state.")));
        if method == "get" {
            let unchanged = json!({"description": "The user still looks like this."});
            responses.insert("304".to_owned(), marked(unchanged));
        }
        if let Some(Value::Object(found)) = responses.get_mut("200") {
            let tag =
                json!({"description": "The state of the user (RFC 9110).", "schema": {"type": "string"}});
            let published = Value::Object(found.clone());
            found.insert("headers".to_owned(), json!({"ETag": tag}));
            found.insert(PUBLISHED_KEY.to_owned(), published);
        }
    }
    if one_user && method != "get" && policy.understands(Extension::DryRun) {
        let schema =
            responses.get_mut("200").and_then(|it| it.pointer_mut("/content/application~1json/schema"));
        if let Some(schema) = schema {
            let published = schema.take();
            let preview = json!({"$ref": "#/components/schemas/DryRun"});
            *schema = json!({"anyOf": [published, preview], PUBLISHED_KEY: published});
        }
    }
    for (status, response) in responses {
        name_what_is_unnamed(status, response);
        if policy.understands(Extension::ProblemDetails) && status.starts_with(['4', '5']) {
            add_problem(response);
        }
    }
}

fn refusal(description: &str) -> Value {
    let shape = json!({"$ref": "#/components/schemas/GenericError"});
    json!({"description": description, "content": {"application/json": {"schema": shape}}})
}

/// The body of a refusal that is published without one.
fn name_what_is_unnamed(status: &str, response: &mut Value) {
    if status.starts_with(['4', '5']) && response.get("content").is_none() {
        let mut named = refusal("There is no such resource, or the caller may not know of it.");
        if let Value::Object(members) = &mut named {
            members.insert(PUBLISHED_KEY.to_owned(), response.take());
        }
        *response = named;
    }
}

fn add_problem(response: &mut Value) {
    if let Some(Value::Object(content)) = response.get_mut("content") {
        let shape = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
        content.insert("application/problem+json".to_owned(), marked(shape));
    }
}
