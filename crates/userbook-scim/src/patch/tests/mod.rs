//! Tests of PATCH.

mod groups;
mod laws;
mod limits;
mod operations;
mod rejections;

use serde_json::{Value, json};

use super::*;
use crate::{Mapping, error::ScimType, limits::ScimLimits, resource::Document, schema::ResourceSchema};

const URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn object(value: &Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn stored() -> Document {
    object(&json!({
        "userName": "ada", "active": true, "displayName": "Ada",
        "name": {"givenName": "Ada", "familyName": "L"},
        "emails": [
            {"value": "w@x.org", "type": "work", "primary": true},
            {"value": "h@x.org", "type": "home"},
        ],
        URN: {"department": "R&D", "manager": {"value": "9"}},
    }))
}

fn patched(operations: &Value, strictness: Strictness) -> Result<Document, (u16, Option<ScimType>)> {
    let body = json!({"schemas": [OP], "Operations": operations});
    let schema = Mapping::default().schema;
    let run = || {
        let patch = read(body, &schema, strictness, &ScimLimits::default())?;
        let mut document = stored();
        apply(&patch, &mut document)?;
        Ok::<_, crate::error::ScimError>(document)
    };
    run().map_err(|error| (error.status.as_u16(), error.scim_type))
}

/// Changes the stored document by members; null removes one.
fn with(changes: &Value) -> Document {
    let mut document = stored();
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => _ = document.remove(key),
            value => _ = document.insert(key.clone(), value.clone()),
        }
    }
    document
}

fn assert_both(operation: &Value, changes: &Value) {
    for strictness in [Strictness::strict(), Strictness::lenient()] {
        assert_eq!(patched(&json!([operation]), strictness), Ok(with(changes)), "{operation}");
    }
}
