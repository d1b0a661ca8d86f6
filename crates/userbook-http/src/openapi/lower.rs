//! Converts OpenAPI 3.1, the generator's version, to 3.0.3, the version of the published schema.

use serde_json::{Map, Value};

/// Formats that only the generator writes.
const UNNAMED_FORMATS: [&str; 3] = ["int32", "int64", "float"];

/// Rewrites a document: a type with null becomes `nullable`; widths of numbers and descriptions from doc comments are
/// removed.
pub(super) fn to_3_0(mut document: Value) -> Value {
    if let Value::Object(members) = &mut document {
        members.insert("openapi".to_owned(), Value::String("3.0.3".to_owned()));
    }
    lower(&mut document);
    document
}

fn lower(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(lower),
        Value::Object(members) => {
            members.values_mut().for_each(lower);
            let name_width = members.get("format").and_then(Value::as_str);
            if name_width.is_some_and(|format| UNNAMED_FORMATS.contains(&format)) {
                members.remove("format");
            }
            nullable(members);
            read_only_list(members);
        }
        _ => {}
    }
}

fn nullable(members: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = members.get("type") else { return };
    let others: Vec<Value> = types.iter().filter(|kind| *kind != "null").cloned().collect();
    let with_null = others.len() < types.len();
    if let [only] = others.as_slice() {
        members.insert("type".to_owned(), only.clone());
        if with_null {
            members.insert("nullable".to_owned(), Value::Bool(true));
        }
    }
}

/// Moves `readOnly` from the items, where the generator puts it, to the list.
fn read_only_list(members: &mut Map<String, Value>) {
    if let Some(Value::Object(items)) = members.get_mut("items")
        && let Some(read_only) = items.remove("readOnly")
    {
        members.insert("readOnly".to_owned(), read_only);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_converted_to_3_0() {
        let lowered = to_3_0(json!({
            "openapi": "3.1.0",
            "a": {"type": ["string", "null"], "format": "uuid"},
            "b": [{"type": "integer", "format": "int64"}, {"type": "number", "format": "double"}],
            "c": {"type": ["array", "null"], "items": {"$ref": "#/d", "readOnly": true}},
        }));
        assert_eq!(
            lowered,
            json!({
                "openapi": "3.0.3",
                "a": {"type": "string", "nullable": true, "format": "uuid"},
                "b": [{"type": "integer"}, {"type": "number", "format": "double"}],
                "c": {"type": "array", "nullable": true, "readOnly": true, "items": {"$ref": "#/d"}},
            })
        );
    }
}
