//! Hands each request to its tenant.

use std::{error::Error, sync::Arc};

use axum::{Router, body::Body, extract::Request, response::Response, routing::any};
use hyper::Method;
use tower_service::Service;
use tracing::Instrument;
use userbook_http::{ExtensionSet, busy};
use userbook_tenants::{TenantError, Tenants};

use super::{Site, TenantDelivery, site::current};
use crate::serve;

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
    mut request: Request,
    extensions: ExtensionSet,
) -> Response {
    // Also of a path below which no tenant is.
    let is_api = serve::is_api(&request);
    let Some(name) = tenants.source().routing().resolve(&mut request) else {
        return serve::not_found(&request, is_api, extensions);
    };
    let tenant = match current(tenants, &name).await {
        Ok(tenant) => tenant,
        Err(TenantError::Unknown(_)) => {
            return serve::not_found(&request, is_api || serve::is_api(&request), extensions);
        }
        Err(error) => {
            let cause = &error as &dyn Error;
            if error.is_transient() {
                tracing::warn!(tenant = %name, error = cause, "a tenant is not available");
            } else {
                tracing::error!(tenant = %name, error = cause, "a tenant is not available");
            }
            return busy(&request, extensions).map(Body::from);
        }
    };
    let may_write = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let span = tracing::info_span!("tenant", name = %name);
    let mut response = match tenant.router.clone().call(request).instrument(span).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    // A client without a token must not cause visits.
    if may_write && !response.status().is_client_error() {
        delivery.wake(&name);
    }
    // For the log of failures.
    response.extensions_mut().insert(name);
    response
}
