//! Assembles the server and serves until a signal.

mod api;
mod backend;
mod banner;
mod connections;
mod delivery;
mod metrics;
mod scim;
mod signals;

use std::{error::Error, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::any,
};
use tokio::{net::TcpListener, time::timeout};
use userbook_http::{ExtensionSet, unknown_operation};

use self::backend::Backend;
pub(crate) use self::{backend::tenant_router, delivery::Sinks};
use crate::{
    EventTarget, Metrics, Settings, authorizer, gate::RequestGate, metrics::MetricsPage, pages, resources,
    tenants::TENANT_IN_URL,
};

/// How long the database may take to end after the last connection.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// The server stopped before all requests were finished.
#[derive(Debug, thiserror::Error)]
#[error("stopped before all requests were finished")]
struct ShutdownTimedOut;

/// A command belongs to one tenant, the server to all.
#[derive(Debug, thiserror::Error)]
#[error("--tenant is for commands: --tenants serves all tenants")]
struct OneTenant;

/// All tenants would have the same URL of their SCIM service.
#[derive(Debug, thiserror::Error)]
#[error(
    "--scim-url does not contain {{tenant}}, which --tenants needs: expected a URL such as https://{{tenant}}.example.com/scim/v2"
)]
struct CommonScimUrl;

/// Whether the path is below that of the API.
pub(crate) fn is_api(request: &Request) -> bool {
    request.uri().path().starts_with("/api/")
}

/// The response to a path that nothing has. Errors of the API have a body.
pub(crate) fn not_found(request: &Request, is_api: bool, extensions: ExtensionSet) -> Response {
    if is_api {
        unknown_operation(request, extensions).map(Body::from)
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// Pages and unknown paths: what needs no database.
fn rest(settings: &Settings) -> Router {
    let extensions = settings.policy.into();
    pages::router(settings.release.into(), extensions)
        .fallback(any(async move |request: Request| not_found(&request, is_api(&request), extensions)))
}

/// The address cannot be used, for example because another process listens there.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
struct CannotListen {
    address: SocketAddr,
    source: std::io::Error,
}

fn listen(address: SocketAddr) -> Result<TcpListener, CannotListen> {
    connections::listen(address).map_err(|source| CannotListen { address, source })
}

/// Serves until SIGTERM or SIGINT, then finishes running requests: for at most
/// [`Limits::shutdown_timeout`](crate::Limits), and at most until the second signal.
///
/// # Errors
/// Any failure before the server listens, which includes filling the database; and requests that were cut at the end.
pub async fn serve(settings: Settings, metrics: Metrics) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut stop = signals::Stop::catch()?;
    if settings.tenant.is_some() {
        return Err(OneTenant.into());
    }
    if settings.tenants.is_some()
        && settings.scim_url.as_ref().is_some_and(|url| !url.contains(TENANT_IN_URL))
    {
        return Err(CommonScimUrl.into());
    }
    // Before a database opens files.
    let room = resources::room(settings.limits.max_connections, settings.limits.database_connections)?;
    let policies = authorizer::policies(&settings)?;
    // Before the database is filled: a port in use must not cost the first token.
    let listener = listen(settings.listen)?;
    let metrics_listener = settings.metrics.map(listen).transpose()?;
    let origin = format!("http://{}", listener.local_addr()?);
    let quiet = settings.events.contains(&EventTarget::Stdout);
    let sinks = delivery::sinks(&settings)?;
    let (backend, router) = tokio::select! {
        () = stop.received() => return Ok(()),
        prepared = Backend::prepare(&settings, policies, rest(&settings), &origin, quiet) => prepared?,
    };
    let (limits, extensions) = (&settings.limits, settings.policy.into());
    let routing = settings.tenants.clone();
    let gate = RequestGate::new(router, extensions, backend.reachable(), routing, limits, metrics.clone())?;
    let gate = Arc::new(gate);
    let metrics_address = metrics_listener.as_ref().map(TcpListener::local_addr).transpose()?;
    if let Err(error) = banner::print_ready(&origin, metrics_address, quiet) {
        tracing::warn!(error = &error as &dyn Error, "cannot print the listening address");
    }

    let page = MetricsPage::new(metrics, Arc::clone(&gate), backend.observed(limits, &sinks));
    let serve_metrics = async {
        match metrics_listener {
            Some(listener) => metrics::serve(listener, limits, page).await,
            None => std::future::pending().await,
        }
    };
    let delivery = backend.deliver(&settings, sinks);
    let mut finished = tokio::select! {
        finished = connections::serve(listener, Arc::clone(&gate), limits, room, &mut stop) => finished?,
        () = serve_metrics => false,
    };
    delivery.finish().await;
    // Commits whose clients have left finish here.
    finished &= timeout(SHUTDOWN_GRACE, backend.close()).await.is_ok();
    // Those commits run on the threads of requests, and so do connections to the database that a request opened.
    drop(gate);
    if finished { Ok(()) } else { Err(ShutdownTimedOut.into()) }
}
