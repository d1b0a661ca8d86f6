//! What the published schema omits: statuses and headers of the recorded release, and the extensions.
//! Additions have [`OVERLAY_KEY`]; replacements keep the published value under [`PUBLISHED_KEY`].

use serde_json::{Map, Value, json};

use super::{OVERLAY_KEY, PUBLISHED_KEY};

use crate::{Extension, ExtensionSet};

type Object = Map<String, Value>;

/// Errors of every operation that the published schema does not name.
const ERRORS: [(&str, &str); 5] = [
    ("404", NOT_FOUND),
    ("405", "Method not allowed; `Allow` lists the methods of the resource."),
    ("406", "The client accepts no JSON."),
    ("500", "Internal server error."),
    ("503", "Overloaded, too slow, or the database is unavailable; `Retry-After` gives the seconds to wait."),
];

const NOT_FOUND: &str = "No such resource, or the caller may not view it.";

/// Errors of operations with a body. All of them come after authorization.
const BODY_ERRORS: [(&str, &str); 4] = [
    ("408", "The body did not arrive in time."),
    ("409", "Every attempt met a concurrent change, or a test of the JSON Patch failed."),
    ("413", "The body exceeds the limit of the server."),
    ("415", "The media type of the body is not supported."),
];

/// Errors 400 that the published description does not name.
const INVALID_WRITE: &str =
    "Invalid values, malformed JSON, a body or JSON Patch above a limit, or an invalid `dry_run`.";
/// The parameters of lists that the published schema does not describe.
const LIST_PARAMETERS: [(&str, &str); 5] = [
    (
        "attributes",
        "A JSON object of lookups, which must all hold: `{\"team\": \"red\", \"team__size__gte\": 3}`.",
    ),
    ("ordering", "Fields separated by commas, with `-` before descending ones."),
    ("page", "The number of the page, starting with 1."),
    (
        "page_size",
        "The number of rows of a page, 100 by default; a larger number than the limit of the server counts as the \
         limit (1,000 by default).",
    ),
    ("search", "Words separated by white space or commas. All must occur, in upper or lower case."),
];
const INVALID_LIST: &str = "Invalid parameters, an attribute filter above a limit (`attributes`), or a page above a \
    limit (`page_size`).";
const INVALID_READ: &str = "An answer above a limit: the named parameter makes it smaller.";

pub(super) fn apply(document: &mut Value, extensions: ExtensionSet) {
    if let Some(shapes) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        add_shapes(shapes, extensions);
    }
    let Some(paths) = document.pointer_mut("/paths").and_then(Value::as_object_mut) else { return };
    for (path, methods) in paths {
        let Some(methods) = methods.as_object_mut() else { continue };
        for (method, operation) in methods {
            let Some(operation) = operation.as_object_mut() else { continue };
            let one_user = path == "/core/users/{id}/";
            let one_group = path == "/core/groups/{group_uuid}/";
            if one_user {
                add_parameters(operation, extensions);
            }
            if method == "get" {
                describe_parameters(operation);
            }
            if one_group && method != "get" && extensions.contains(Extension::EntityTags) {
                add_if_match(operation);
            }
            if method != "get" {
                add_write_parameters(operation, extensions);
            }
            if one_user && method == "patch" {
                add_patches(operation, extensions);
            }
            add_responses(operation, method, one_user || one_group, extensions);
            if path.ends_with("/impersonate/") {
                add_401(operation);
            }
            describe_400(operation, method, path);
        }
    }
}

/// Describes parameters of lists. The published schema has no such descriptions.
fn describe_parameters(operation: &mut Object) {
    let Some(Value::Array(parameters)) = operation.get_mut("parameters") else { return };
    for parameter in parameters.iter_mut().filter_map(Value::as_object_mut) {
        let known =
            LIST_PARAMETERS.iter().find(|(name, _)| parameter.get("name").is_some_and(|it| it == name));
        if let Some((_, description)) = known {
            parameter.insert("description".to_owned(), (*description).into());
        }
    }
}

/// Describes when an operation returns 400. The published schema has no such descriptions.
fn describe_400(operation: &mut Object, method: &str, path: &str) {
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    let Some(Value::Object(invalid)) = responses.get_mut("400") else { return };
    let description = match (method, path) {
        ("get", "/core/users/" | "/core/groups/" | "/core/users/paths/") => INVALID_LIST,
        ("get", _) => INVALID_READ,
        _ => INVALID_WRITE,
    };
    invalid.insert("description".to_owned(), description.into());
    let alternative = match (description, path.rsplit('/').nth(1)) {
        // As recorded, an invalid attribute filter is a bare list of messages.
        (INVALID_LIST, _) => json!({"type": "array", "items": {"type": "string"}}),
        // As recorded, the reason why the host does not provide an operation is no list.
        (_, Some("set_password" | "recovery" | "recovery_email")) => json!({
            "type": "object",
            "required": ["non_field_errors"],
            "properties": {"non_field_errors": {"type": "string"}},
        }),
        _ => return,
    };
    let schema = invalid.get_mut("content").and_then(|it| it.pointer_mut("/application~1json/schema"));
    if let Some(schema) = schema {
        let published = schema.take();
        *schema = json!({"anyOf": [published, alternative], PUBLISHED_KEY: published});
    }
}

/// Marks a value that the published schema does not have.
fn marked(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.insert(OVERLAY_KEY.to_owned(), Value::Bool(true));
    }
    value
}

/// Relaxes the published schema like the recorded release: it accepts and returns blank e-mail addresses, and
/// usernames with any characters.
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

fn add_shapes(shapes: &mut Object, extensions: ExtensionSet) {
    shapes.values_mut().for_each(relax);
    let mut add = |name: &str, shape: Value| shapes.insert(name.to_owned(), marked(shape));
    if extensions.contains(Extension::DryRun) {
        let free = json!({"type": "object", "additionalProperties": {}});
        add(
            "DryRun",
            json!({
                "type": "object",
                "required": ["dry_run", "would_change", "diff", "verdicts"],
                "properties": {
                    "dry_run": {"type": "boolean", "enum": [true]},
                    "would_change": {"type": "boolean"},
                    "user": {"$ref": "#/components/schemas/User"},
                    "group": free,
                    "diff": free,
                    "verdicts": {"type": "array", "items": free},
                },
            }),
        );
    }
    if extensions.contains(Extension::ProblemDetails) {
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
                    "params": {"type": "object", "additionalProperties": {}},
                    "errors": {"type": "array", "items": {
                        "type": "object",
                        "required": ["field", "pointer", "code", "params", "message"],
                        "properties": {
                            "parameter": text,
                            "field": {"type": "string", "nullable": true}, "pointer": text, "code": text,
                            "params": {"type": "object", "additionalProperties": {}}, "message": text,
                        },
                    }},
                },
            }),
        );
    }
}

fn add_parameters(operation: &mut Object, extensions: ExtensionSet) {
    let Some(Value::Array(parameters)) = operation.get_mut("parameters") else { return };
    let mut add = |place: &str, name: &str, description: &str, schema: Value| {
        parameters
            .push(marked(json!({"in": place, "name": name, "description": description, "schema": schema})));
    };
    let flag = |default: bool| json!({"type": "boolean", "default": default});
    let text = json!({"type": "string"});
    add("query", "include_groups", "Whether `groups_obj` is a list or null.", flag(true));
    if extensions.contains(Extension::EntityTags) {
        add("header", "If-Match", "Requires one of these states of the user.", text.clone());
        add("header", "If-None-Match", "Requires another representation of the user.", text);
    }
}

fn add_if_match(operation: &mut Object) {
    if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
        let schema = json!({"type": "string"});
        let description = "Requires one of these states of the group.";
        parameters.push(marked(
            json!({"in": "header", "name": "If-Match", "description": description, "schema": schema}),
        ));
    }
}

/// The query parameters of every operation that writes.
fn add_write_parameters(operation: &mut Object, extensions: ExtensionSet) {
    let Some(Value::Array(parameters)) = operation.get_mut("parameters") else { return };
    let mut add = |name: &str, description: &str| {
        let schema = json!({"type": "boolean", "default": false});
        let flag = json!({"in": "query", "name": name, "description": description, "schema": schema});
        parameters.push(marked(flag));
    };
    add(
        "allow_self_lockout",
        "Confirms that callers deactivate themselves or give up their superuser status.",
    );
    if extensions.contains(Extension::DryRun) {
        add("dry_run", "Returns what would change, and writes nothing.");
    }
}

/// Adds the further media types of patches.
fn add_patches(operation: &mut Object, extensions: ExtensionSet) {
    let content = operation.get_mut("requestBody").and_then(|body| body.get_mut("content"));
    let Some(Value::Object(content)) = content else { return };
    if extensions.contains(Extension::MergePatch) {
        let shape = json!({"schema": {"$ref": "#/components/schemas/PatchedUserRequest"}});
        content.insert("application/merge-patch+json".to_owned(), marked(shape));
    }
    if extensions.contains(Extension::JsonPatch) {
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

fn add_responses(operation: &mut Object, method: &str, one_object: bool, extensions: ExtensionSet) {
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    let body_errors = BODY_ERRORS.into_iter().filter(|_| method != "get");
    for (status, description) in ERRORS.into_iter().chain(body_errors) {
        if !responses.contains_key(status) {
            responses.insert(status.to_owned(), marked(error(description)));
        }
    }
    if one_object && extensions.contains(Extension::EntityTags) {
        responses.insert("412".to_owned(), marked(error("The object is not in the required state.")));
        if method == "get" {
            let unchanged = json!({"description": "The representation is unchanged."});
            responses.insert("304".to_owned(), marked(unchanged));
        }
        if let Some(Value::Object(found)) = responses.get_mut("200") {
            let tag =
                json!({"description": "The state of the object (RFC 9110).", "schema": {"type": "string"}});
            let published = Value::Object(found.clone());
            found.insert("headers".to_owned(), json!({"ETag": tag}));
            found.insert(PUBLISHED_KEY.to_owned(), published);
        }
    }
    let adds_preview = ["post", "delete"].contains(&method) && !responses.contains_key("200");
    if adds_preview && extensions.contains(Extension::DryRun) {
        let preview = json!({"schema": {"$ref": "#/components/schemas/DryRun"}});
        let preview = json!({"description": "The dry run.", "content": {"application/json": preview}});
        responses.insert("200".to_owned(), marked(preview));
    }
    if ["put", "patch"].contains(&method) && extensions.contains(Extension::DryRun) {
        let schema =
            responses.get_mut("200").and_then(|it| it.pointer_mut("/content/application~1json/schema"));
        if let Some(schema) = schema {
            let published = schema.take();
            let preview = json!({"$ref": "#/components/schemas/DryRun"});
            *schema = json!({"anyOf": [published, preview], PUBLISHED_KEY: published});
        }
    }
    for (status, response) in responses {
        add_error_body(status, response);
        if extensions.contains(Extension::ProblemDetails) && status.starts_with(['4', '5']) {
            add_problem(response);
        }
    }
}

/// No impersonation starts: as recorded, 401 without a body.
fn add_401(operation: &mut Object) {
    if let Some(Value::Object(responses)) = operation.get_mut("responses") {
        let unavailable = json!({"description": "Impersonation is not available."});
        responses.insert("401".to_owned(), marked(unavailable));
    }
}

fn error(description: &str) -> Value {
    json_response(description, "GenericError")
}

fn json_response(description: &str, shape: &str) -> Value {
    let shape = json!({ "$ref": format!("#/components/schemas/{shape}") });
    json!({"description": description, "content": {"application/json": {"schema": shape}}})
}

/// Adds the body of an error that is published without a body.
fn add_error_body(status: &str, response: &mut Value) {
    if status.starts_with(['4', '5']) && response.get("content").is_none() {
        let mut named = match status {
            "400" => json_response(INVALID_WRITE, "ValidationError"),
            _ => error(NOT_FOUND),
        };
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
