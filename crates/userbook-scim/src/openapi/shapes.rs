//! Resources: JSON schemas from the definitions of attributes.

use serde_json::{Map, Value, json};

use crate::schema::{Attribute, Kind, ResourceSchema};

/// Returns the shape of a resource. An extension is a member under its URN.
pub(super) fn resource(schema: &ResourceSchema) -> Value {
    let mut object = object(schema.common().chain(&schema.core.attributes));
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for extension in &schema.extensions {
            let members = Value::Object(self::object(&extension.attributes));
            properties.insert(extension.urn.to_string(), members);
        }
    }
    object.insert("description".to_owned(), schema.core.description.as_ref().into());
    Value::Object(object)
}

/// Returns the shape of an object with these attributes.
fn object<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> Map<String, Value> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for attribute in attributes {
        if attribute.required {
            required.push(attribute.name.as_ref());
        }
        properties.insert(attribute.name.to_string(), self::attribute(attribute));
    }
    let mut object = Map::new();
    object.insert("type".to_owned(), "object".into());
    if !required.is_empty() {
        object.insert("required".to_owned(), json!(required));
    }
    object.insert("properties".to_owned(), Value::Object(properties));
    object
}

fn attribute(attribute: &Attribute) -> Value {
    let mut shape = match &attribute.kind {
        Kind::Complex(subs) => object(subs),
        kind => scalar(kind),
    };
    if attribute.multi_valued {
        let items = std::mem::take(&mut shape);
        shape.insert("type".to_owned(), "array".into());
        shape.insert("items".to_owned(), Value::Object(items));
    }
    if !attribute.description.is_empty() {
        shape.insert("description".to_owned(), attribute.description.as_ref().into());
    }
    if attribute.is_read_only() {
        shape.insert("readOnly".to_owned(), true.into());
    }
    Value::Object(shape)
}

fn scalar(kind: &Kind) -> Map<String, Value> {
    let (kind, format) = match kind {
        Kind::Boolean => ("boolean", None),
        Kind::Decimal => ("number", None),
        Kind::Integer => ("integer", None),
        Kind::DateTime => ("string", Some("date-time")),
        Kind::Binary => ("string", Some("byte")),
        Kind::Reference(_) => ("string", Some("uri-reference")),
        Kind::String | Kind::Complex(_) => ("string", None),
    };
    let format = format.map(|format| ("format".to_owned(), format.into()));
    std::iter::once(("type".to_owned(), kind.into())).chain(format).collect()
}
