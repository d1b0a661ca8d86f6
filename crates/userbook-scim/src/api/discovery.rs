//! `ServiceProviderConfig`, `ResourceTypes` and `Schemas` (RFC 7644 §4).

use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Exchange, reply::Reply, route::Route};
use crate::{error::ScimError, resource::ResourceKind, schema::Schema};

/// The schema of lists.
pub(super) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// Returns the description at a route.
pub(super) fn answer<S, A>(exchange: &Exchange<'_, S, A>, route: &Route<'_>) -> Answer {
    match route {
        Route::ServiceProviderConfig => Ok(service_provider_config(exchange)),
        Route::ResourceTypes(id) => resource_types(exchange, id.as_deref()),
        Route::Schemas(id) => schemas(exchange, id.as_deref()),
        _ => Err(ScimError::not_found()),
    }
}

fn service_provider_config<S, A>(exchange: &Exchange<'_, S, A>) -> Reply {
    let (limits, base) = (&exchange.provider.limits, &exchange.provider.base);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": "https://docs.rs/userbook-scim",
        "patch": {"supported": true},
        "bulk": {
            "supported": true,
            "maxOperations": limits.bulk_operations,
            "maxPayloadSize": limits.body_bytes,
        },
        "filter": {"supported": true, "maxResults": exchange.most_rows()},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A bearer token in the header Authorization",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    });
    Reply::json(StatusCode::OK, body)
}

/// A filter on these resources is refused (RFC 7644 §4).
fn refuse_filter<S, A>(exchange: &Exchange<'_, S, A>) -> Result<(), ScimError> {
    match exchange.params.filter {
        Some(_) => Err(ScimError::new(StatusCode::FORBIDDEN, "this endpoint has no filter")),
        None => Ok(()),
    }
}

fn list(resources: &[Value]) -> Reply {
    let body = json!({
        "schemas": [LIST],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    Reply::json(StatusCode::OK, body)
}

/// Returns all resources, or the one with this id.
fn all_or_one(mut resources: Vec<Value>, id: Option<&str>) -> Answer {
    let Some(id) = id else { return Ok(list(&resources)) };
    let matches = |resource: &Value| resource["id"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(id));
    match resources.iter().position(matches) {
        Some(position) => Ok(Reply::json(StatusCode::OK, resources.swap_remove(position))),
        None => Err(ScimError::not_found()),
    }
}

fn resource_types<S, A>(exchange: &Exchange<'_, S, A>, id: Option<&str>) -> Answer {
    refuse_filter(exchange)?;
    let base = &exchange.provider.base;
    let resource_type = |kind: ResourceKind| {
        let (schema, name) = (exchange.schema(kind), kind.name());
        let extension = |it: &Schema| json!({"schema": it.urn, "required": false});
        let extensions: Vec<Value> = schema.extensions.iter().map(extension).collect();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": format!("/{}", kind.endpoint()),
            "description": schema.core.description,
            "schema": schema.core.urn,
            "schemaExtensions": extensions,
            "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{name}")},
        })
    };
    all_or_one([ResourceKind::User, ResourceKind::Group].map(resource_type).into(), id)
}

fn schemas<S, A>(exchange: &Exchange<'_, S, A>, id: Option<&str>) -> Answer {
    refuse_filter(exchange)?;
    let base = &exchange.provider.base;
    let kinds = [ResourceKind::User, ResourceKind::Group];
    let schemas = kinds.iter().flat_map(|kind| exchange.schema(*kind).all());
    all_or_one(schemas.map(|schema| schema.to_json(base)).collect(), id)
}
