//! The OpenAPI description of the provider (OpenAPI 3.0.3).
//!
//! SCIM describes itself by `/Schemas`. This description is for the tools of an application: request validation,
//! gateways, generated clients, documentation.
//!
//! What it must not know: how requests are handled. Tests compare responses with the description.

mod messages;
mod operations;
mod shapes;

use serde_json::{Map, Value, json};

use crate::{Mapping, api::SCIM_PATH, schema::ResourceSchema};

/// Returns the description of a provider whose connection has this table of attributes.
///
/// ```
/// use userbook_scim::{Mapping, openapi};
///
/// let document = openapi::schema(&Mapping::default());
/// assert_eq!(document["openapi"], "3.0.3");
/// assert!(document["paths"]["/Users/{id}"]["patch"]["responses"]["412"].is_object());
/// ```
pub fn schema(mapping: &Mapping) -> Value {
    let mut shapes = Map::new();
    shapes.insert("User".to_owned(), shapes::resource(&mapping.schema));
    shapes.insert("Group".to_owned(), shapes::resource(&ResourceSchema::group()));
    shapes.extend(messages::shapes());
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Userbook: SCIM 2.0",
            "version": "2.0",
            "description": "A service provider of RFC 7643 and RFC 7644.",
        },
        "servers": [{"url": SCIM_PATH.trim_end_matches('/')}],
        "security": [{"bearer": []}],
        "paths": operations::paths(),
        "components": {
            "schemas": shapes,
            "parameters": operations::parameters(),
            "responses": operations::responses(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    })
}

/// A reference to a component.
fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}
