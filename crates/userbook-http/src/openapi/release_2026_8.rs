//! The schema of release 2026.8, as differences from that of 2025.2. The source is the schema in the published clients.

use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// Shapes with another name.
const RENAMED: [(&str, &str); 2] = [("GroupMember", "PartialUser"), ("UserGroup", "PartialGroup")];

/// Properties that a shape no longer has.
const REMOVED: [(&str, &str); 7] = [
    ("PartialGroup", "parent"),
    ("PartialGroup", "parent_name"),
    ("Group", "parent"),
    ("Group", "parent_name"),
    ("GroupRequest", "parent"),
    ("PatchedGroupRequest", "parent"),
    ("Config", "cache_timeout_reputation"),
];

/// Required properties that a shape has in addition.
const REQUIRED: [(&str, &[&str]); 6] = [
    ("User", &["date_joined", "last_updated", "roles_obj"]),
    ("Group", &["children", "children_obj", "inherited_roles_obj", "parents_obj"]),
    ("UserSelf", &["is_current", "roles"]),
    ("SessionUser", &["users"]),
    ("PaginatedUserList", &["autocomplete"]),
    ("PaginatedGroupList", &["autocomplete"]),
];

pub(super) fn apply(document: &mut Value) {
    rename(document);
    if let Some(shapes) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        change_shapes(shapes);
    }
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        change_operations(paths);
    }
}

/// Renames shapes, and references to them.
fn rename(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(rename),
        Value::Object(members) => {
            members.values_mut().for_each(rename);
            for (from, to) in RENAMED {
                if let Some(shape) = members.remove(from) {
                    members.insert(to.to_owned(), shape);
                }
            }
        }
        Value::String(text) => {
            for (from, to) in RENAMED {
                if *text == reference_text(from) {
                    *text = reference_text(to);
                }
            }
        }
        _ => {}
    }
}

fn reference_text(shape: &str) -> String {
    format!("#/components/schemas/{shape}")
}

fn reference(shape: &str) -> Value {
    json!({ "$ref": reference_text(shape) })
}

fn list(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// A list that no request contains.
fn shown(items: &Value) -> Value {
    json!({ "type": "array", "items": items, "readOnly": true })
}

/// A list that no request contains, and that is null unless it is included.
fn included(items: &Value) -> Value {
    json!({ "type": "array", "items": items, "readOnly": true, "nullable": true })
}

fn uuids() -> Value {
    list(&json!({ "type": "string", "format": "uuid" }))
}

/// Properties that a shape has in addition.
fn added() -> Vec<(&'static str, &'static str, Value)> {
    let role = || reference("Role");
    let group = || reference("RelatedGroup");
    let date = || json!({ "type": "string", "format": "date-time", "readOnly": true });
    let uuid = || json!({ "type": "string", "format": "uuid" });
    vec![
        ("User", "date_joined", date()),
        ("User", "last_updated", date()),
        ("User", "roles", uuids()),
        ("User", "roles_obj", included(&role())),
        ("UserRequest", "roles", uuids()),
        ("PatchedUserRequest", "roles", uuids()),
        ("Group", "parents", uuids()),
        ("Group", "parents_obj", included(&group())),
        ("Group", "inherited_roles_obj", included(&role())),
        ("Group", "children", shown(&uuid())),
        ("Group", "children_obj", included(&group())),
        ("GroupRequest", "parents", uuids()),
        ("PatchedGroupRequest", "parents", uuids()),
        ("UserSelf", "is_current", json!({ "type": "boolean", "readOnly": true })),
        ("UserSelf", "roles", shown(&reference("UserSelfRoles"))),
        ("SessionUser", "users", list(&reference("UserSelf"))),
        ("PaginatedUserList", "autocomplete", reference("Autocomplete")),
        ("PaginatedGroupList", "autocomplete", reference("Autocomplete")),
        ("UserServiceAccountRequest", "name", json!({ "type": "string", "minLength": 1 })),
        ("Role", "name", json!({ "type": "string" })),
    ]
}

/// Shapes that 2025.2 does not have.
fn new_shapes() -> [(&'static str, Value); 5] {
    let text = json!({ "type": "string", "minLength": 1 });
    let read_only = json!({ "type": "string", "readOnly": true });
    let uuid = |title: Option<&str>| {
        let mut uuid = json!({ "type": "string", "format": "uuid", "readOnly": true });
        if let (Some(title), Value::Object(members)) = (title, &mut uuid) {
            members.insert("title".to_owned(), title.into());
        }
        uuid
    };
    let free = json!({ "type": "object", "additionalProperties": {} });
    let shape = |required: &[&str], properties: Value| {
        let mut shape = json!({ "type": "object", "properties": properties });
        if let (false, Value::Object(members)) = (required.is_empty(), &mut shape) {
            members.insert("required".to_owned(), json!(required));
        }
        shape
    };
    [
        ("Autocomplete", free.clone()),
        (
            "RelatedGroup",
            shape(
                &["group_uuid", "name", "pk"],
                json!({
                    "pk": uuid(Some("Group uuid")), "name": { "type": "string" },
                    "is_superuser": { "type": "boolean" }, "attributes": free, "group_uuid": uuid(None),
                }),
            ),
        ),
        ("UserSelfRoles", shape(&["name", "pk"], json!({ "name": read_only, "pk": read_only }))),
        ("UserRecoveryLinkRequest", shape(&[], json!({ "token_duration": text }))),
        (
            "UserRecoveryEmailRequest",
            shape(
                &["email_stage"],
                json!({ "token_duration": text, "email_stage": { "type": "string", "format": "uuid" } }),
            ),
        ),
    ]
}

fn change_shapes(shapes: &mut Object) {
    shapes.extend(new_shapes().map(|(name, shape)| (name.to_owned(), shape)));
    for (name, property) in REMOVED {
        let Some(shape) = shapes.get_mut(name) else { continue };
        if let Some(Value::Object(properties)) = shape.get_mut("properties") {
            properties.remove(property);
        }
        if let Some(Value::Array(required)) = shape.get_mut("required") {
            required.retain(|name| name != property);
        }
    }
    for (name, property, schema) in added() {
        if let Some(Value::Object(properties)) = shapes.get_mut(name).and_then(|it| it.get_mut("properties"))
        {
            properties.insert(property.to_owned(), schema);
        }
    }
    for (name, more) in REQUIRED {
        if let Some(Value::Array(required)) = shapes.get_mut(name).and_then(|shape| shape.get_mut("required"))
        {
            required.extend(more.iter().map(|property| json!(property)));
        }
    }
    for (name, more) in [
        ("CapabilitiesEnum", &["can_save_reports", "can_request", "can_agent_self_service"][..]),
        ("UsedByActionEnum", &["left_dangling"]),
    ] {
        if let Some(Value::Array(values)) = shapes.get_mut(name).and_then(|shape| shape.get_mut("enum")) {
            values.extend(more.iter().map(|value| json!(value)));
        }
    }
}

fn change_operations(paths: &mut Object) {
    let flag = |default: bool| json!({ "type": "boolean", "default": default });
    let texts = || list(&json!({ "type": "string" }));
    let time = json!({ "type": "string", "format": "date-time" });
    let mut of_users = vec![
        ("include_roles", flag(true)),
        ("last_login__isnull", json!({ "type": "boolean" })),
        ("roles_by_name", texts()),
        ("roles_by_pk", uuids()),
    ];
    for name in ["date_joined", "last_login", "last_updated"] {
        let [after, before] = match name {
            "date_joined" => ["date_joined__gt", "date_joined__lt"],
            "last_login" => ["last_login__gt", "last_login__lt"],
            _ => ["last_updated__gt", "last_updated__lt"],
        };
        of_users.extend([name, after, before].map(|name| (name, time.clone())));
    }
    let parts =
        ["include_children", "include_inherited_roles", "include_parents"].map(|name| (name, flag(false)));
    add_parameters(paths, "/core/users/", of_users);
    add_parameters(paths, "/core/groups/", parts.clone());
    add_parameters(paths, "/core/groups/{group_uuid}/", parts);
    if let Some(kinds) = parameters(paths, "/core/users/", "get")
        .and_then(|parameters| parameters.iter_mut().find(|parameter| is_named(parameter, "type")))
        && let Value::Object(kinds) = kinds
    {
        kinds.insert("schema".to_owned(), list(&reference("UserTypeEnum")));
    }
    let email = "/core/users/{id}/recovery_email/";
    if let Some(parameters) = parameters(paths, email, "post") {
        parameters.retain(|parameter| !is_named(parameter, "email_stage"));
    }
    add_body(paths, email, "UserRecoveryEmailRequest", true);
    add_body(paths, "/core/users/{id}/recovery/", "UserRecoveryLinkRequest", false);
}

fn is_named(parameter: &Value, name: &str) -> bool {
    parameter.get("name").is_some_and(|it| it == name)
}

fn parameters<'a>(paths: &'a mut Object, path: &str, method: &str) -> Option<&'a mut Vec<Value>> {
    let operation = paths.get_mut(path)?.get_mut(method)?;
    operation.get_mut("parameters")?.as_array_mut()
}

fn add_parameters(paths: &mut Object, path: &str, more: impl IntoIterator<Item = (&'static str, Value)>) {
    let Some(parameters) = parameters(paths, path, "get") else { return };
    for (name, schema) in more {
        let is_list = schema.get("type").is_some_and(|kind| kind == "array");
        let mut parameter = json!({ "in": "query", "name": name, "required": false, "schema": schema });
        if let (true, Value::Object(members)) = (is_list, &mut parameter) {
            members.extend([("explode".to_owned(), true.into()), ("style".to_owned(), "form".into())]);
        }
        parameters.push(parameter);
    }
}

fn add_body(paths: &mut Object, path: &str, shape: &str, required: bool) {
    let mut body = json!({ "content": { "application/json": { "schema": reference(shape) } } });
    if let (true, Value::Object(members)) = (required, &mut body) {
        members.insert("required".to_owned(), true.into());
    }
    if let Some(Value::Object(operation)) = paths.get_mut(path).and_then(|methods| methods.get_mut("post")) {
        operation.insert("requestBody".to_owned(), body);
    }
}
