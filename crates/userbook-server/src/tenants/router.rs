//! Hands each request to its tenant.

use std::{error::Error, sync::Arc};

use axum::{Router, body::Body, extract::Request, response::Response, routing::any};
use hyper::{Method, StatusCode};
use tower_service::Service;
use tracing::Instrument;
use userbook_http::{ExtensionSet, busy};
use userbook_tenants::{TenantError, Tenants};

use super::{Site, TenantDelivery};
use crate::serve::not_found;

/// A router whose every path belongs to the tenant of the request.
pub(crate) fn router(
    tenants: Tenants<Site>,
    delivery: Arc<TenantDelivery>,
    extensions: ExtensionSet,
) -> Router {
    Router::new()
        .fallback(any(async move |request: Request| respond(&tenants, &delivery, request, extensions).await))
}

async fn respond(
    tenants: &Tenants<Site>,
    delivery: &TenantDelivery,
    request: Request,
    extensions: ExtensionSet,
) -> Response {
    // What the response needs if the request is not passed on.
    let rejected = head_of(&request);
    let Some((name, request)) = tenants.source().routing().resolve(request) else {
        return not_found(&rejected, extensions);
    };
    let tenant = match tenants.get(&name).await {
        Ok(tenant) => tenant,
        Err(TenantError::Unknown(_)) => return not_found(&rejected, extensions),
        Err(error) => {
            let cause = &error as &dyn Error;
            if error.is_transient() {
                tracing::warn!(tenant = %name, error = cause, "a tenant is not available");
            } else {
                tracing::error!(tenant = %name, error = cause, "a tenant is not available");
            }
            return busy(&rejected, extensions).map(Body::from);
        }
    };
    if !tenant.database.is_in_place() {
        tracing::error!(tenant = %name, "the database file was deleted or replaced");
        return busy(&rejected, extensions).map(Body::from);
    }
    let may_write = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let span = tracing::info_span!("tenant", name = %name);
    let mut response = match tenant.router.clone().call(request).instrument(span).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if may_write && !matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        delivery.wake(&name);
    }
    // For the log of failures.
    response.extensions_mut().insert(name);
    response
}

/// The request without its body.
fn head_of(request: &Request) -> Request {
    let mut head = Request::new(Body::empty());
    *head.method_mut() = request.method().clone();
    *head.uri_mut() = request.uri().clone();
    *head.headers_mut() = request.headers().clone();
    head
}
