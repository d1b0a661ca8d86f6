//! Messages of RFC 7644, and the resources that describe the provider.

use serde_json::{Map, Value, json};

use super::reference;
use crate::error::ScimType;

/// Returns the shapes by name.
pub(super) fn shapes() -> Map<String, Value> {
    let shapes = [
        ("Error", error()),
        ("UserList", list(&reference("schemas", "User"))),
        ("GroupList", list(&reference("schemas", "Group"))),
        (
            "SearchList",
            list(&json!({"anyOf": [reference("schemas", "User"), reference("schemas", "Group")]})),
        ),
        ("SchemaList", list(&reference("schemas", "Schema"))),
        ("ResourceTypeList", list(&reference("schemas", "ResourceType"))),
        ("PatchOp", patch()),
        ("SearchRequest", search()),
        ("BulkRequest", bulk_request()),
        ("BulkResponse", bulk_response()),
        ("ServiceProviderConfig", service_provider_config()),
        ("ResourceType", resource_type()),
        ("Schema", definition()),
    ];
    shapes.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect()
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn meta() -> Value {
    object(
        &["resourceType", "location"],
        &json!({"resourceType": {"type": "string"}, "location": {"type": "string", "format": "uri-reference"}}),
    )
}

fn supported(more: &[&str]) -> Value {
    let numbers = more.iter().map(|name| ((*name).to_owned(), json!({"type": "integer"})));
    let properties = std::iter::once(("supported".to_owned(), json!({"type": "boolean"}))).chain(numbers);
    let required: Vec<&str> = std::iter::once("supported").chain(more.iter().copied()).collect();
    object(&required, &Value::Object(properties.collect()))
}

fn error() -> Value {
    let keywords: Vec<&str> = ScimType::ALL.iter().map(|keyword| keyword.as_str()).collect();
    object(
        &["schemas", "status"],
        &json!({
            "schemas": texts(),
            "status": {"type": "string", "description": "The status code."},
            "scimType": {"type": "string", "enum": keywords},
            "detail": {"type": "string"},
        }),
    )
}

fn list(items: &Value) -> Value {
    object(
        &["schemas", "totalResults"],
        &json!({
            "schemas": texts(),
            "totalResults": {"type": "integer"},
            "startIndex": {"type": "integer"},
            "itemsPerPage": {"type": "integer"},
            "Resources": {"type": "array", "items": items},
        }),
    )
}

fn patch() -> Value {
    let operation = object(
        &["op"],
        &json!({
            "op": {"type": "string", "enum": ["add", "replace", "remove"]},
            "path": {"type": "string", "description": "The target: an attribute, a sub-attribute, or selected values."},
            "value": {"description": "Any JSON value."},
        }),
    );
    object(
        &["schemas", "Operations"],
        &json!({"schemas": texts(), "Operations": {"type": "array", "items": operation}}),
    )
}

fn search() -> Value {
    object(
        &["schemas"],
        &json!({
            "schemas": texts(),
            "filter": {"type": "string"},
            "sortBy": {"type": "string"},
            "sortOrder": {"type": "string", "enum": ["ascending", "descending"]},
            "startIndex": {"type": "integer"},
            "count": {"type": "integer"},
            "attributes": texts(),
            "excludedAttributes": texts(),
        }),
    )
}

fn bulk_request() -> Value {
    let operation = object(
        &["method", "path"],
        &json!({
            "method": {"type": "string", "enum": ["POST", "PUT", "PATCH", "DELETE"]},
            "path": {"type": "string"},
            "bulkId": {"type": "string", "description": "Later operations refer to the new resource by bulkId:…"},
            "version": {"type": "string", "description": "The entity tag that the resource must have."},
            "data": {"type": "object"},
        }),
    );
    object(
        &["schemas", "Operations"],
        &json!({
            "schemas": texts(),
            "failOnErrors": {"type": "integer"},
            "Operations": {"type": "array", "items": operation},
        }),
    )
}

fn bulk_response() -> Value {
    let operation = object(
        &["method", "status"],
        &json!({
            "method": {"type": "string"},
            "status": {"type": "string"},
            "bulkId": {"type": "string"},
            "version": {"type": "string"},
            "location": {"type": "string", "format": "uri-reference"},
            "response": reference("schemas", "Error"),
        }),
    );
    object(
        &["schemas", "Operations"],
        &json!({"schemas": texts(), "Operations": {"type": "array", "items": operation}}),
    )
}

fn service_provider_config() -> Value {
    let scheme = object(
        &["type", "name", "description"],
        &json!({
            "type": {"type": "string"},
            "name": {"type": "string"},
            "description": {"type": "string"},
            "specUri": {"type": "string", "format": "uri"},
            "primary": {"type": "boolean"},
        }),
    );
    object(
        &["schemas", "patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes"],
        &json!({
            "schemas": texts(),
            "documentationUri": {"type": "string", "format": "uri"},
            "patch": supported(&[]),
            "bulk": supported(&["maxOperations", "maxPayloadSize"]),
            "filter": supported(&["maxResults"]),
            "changePassword": supported(&[]),
            "sort": supported(&[]),
            "etag": supported(&[]),
            "authenticationSchemes": {"type": "array", "items": scheme},
            "meta": meta(),
        }),
    )
}

fn resource_type() -> Value {
    let extension = object(
        &["schema", "required"],
        &json!({"schema": {"type": "string"}, "required": {"type": "boolean"}}),
    );
    object(
        &["schemas", "name", "endpoint", "schema"],
        &json!({
            "schemas": texts(),
            "id": {"type": "string"},
            "name": {"type": "string"},
            "endpoint": {"type": "string"},
            "description": {"type": "string"},
            "schema": {"type": "string"},
            "schemaExtensions": {"type": "array", "items": extension},
            "meta": meta(),
        }),
    )
}

fn definition() -> Value {
    object(
        &["schemas", "id", "name", "attributes"],
        &json!({
            "schemas": texts(),
            "id": {"type": "string"},
            "name": {"type": "string"},
            "description": {"type": "string"},
            "attributes": {"type": "array", "items": {"type": "object"}},
            "meta": meta(),
        }),
    )
}
