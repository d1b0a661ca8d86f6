//! Assembles the server and serves until a signal.

mod api;
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
    response::IntoResponse,
    routing::{MethodRouter, any},
};
use tokio::{net::TcpListener, time::timeout};
use userbook_http::{ExtensionSet, unknown_operation};

use crate::{
    Administrator, EventTarget, Metrics, Seed, Settings, authorizer, bootstrap,
    database::Database,
    gate::RequestGate,
    metrics::{EventQueues, MetricsPage},
    pages,
};

/// How long the database may take to end after the last connection.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// The server stopped before all requests were finished.
#[derive(Debug, thiserror::Error)]
#[error("stopped before all requests were finished")]
struct ShutdownTimedOut;

/// The response to every path that nothing has. Errors below `/api/` have a body.
fn unknown_path(extensions: ExtensionSet) -> MethodRouter {
    any(async move |request: Request| {
        if request.uri().path().starts_with("/api/") {
            unknown_operation(&request, extensions).map(Body::from)
        } else {
            StatusCode::NOT_FOUND.into_response()
        }
    })
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
    let ambient = settings.ambient()?;
    let seed = settings.seed.as_deref().map(|path| Seed::read_with(path, &ambient)).transpose()?;
    let policies = authorizer::policies(&settings)?;
    // Before the database is filled: a port in use must not cost the first token.
    let listener = listen(settings.listen)?;
    let metrics_listener = settings.metrics.map(listen).transpose()?;
    let origin = format!("http://{}", listener.local_addr()?);
    let quiet = settings.events.contains(&EventTarget::Stdout);
    let sinks = delivery::sinks(&settings)?;
    let prepare = async {
        let database = Database::open(settings.database.as_str(), &settings.limits).await?;
        let announce =
            |administrator: &Administrator| banner::print_administrator(&origin, administrator, quiet);
        let ready = bootstrap::prepare(&database, seed, announce).await?;
        Ok::<_, Box<dyn Error + Send + Sync>>((database, ready))
    };
    let (database, ready) = tokio::select! {
        () = stop.received() => return Ok(()),
        prepared = prepare => prepared?,
    };
    let authorizer = policies.unwrap_or_else(|| authorizer::permissions(&database.auth));
    let provider = if settings.scim {
        userbook_axum::router(scim::scim(&settings, &database, Arc::clone(&authorizer)))
    } else {
        Router::new()
    };
    let api = api::api(&settings, &database, authorizer, ready.install_id, &ambient);
    let router = userbook_axum::router(api)
        .merge(pages::router(settings.release.into(), settings.policy.into()))
        .merge(provider)
        .fallback(unknown_path(settings.policy.into()));
    let limits = &settings.limits;
    let gate = RequestGate::new(router, settings.policy.into(), database.clone(), limits, metrics.clone())?;
    let gate = Arc::new(gate);
    let metrics_address = metrics_listener.as_ref().map(TcpListener::local_addr).transpose()?;
    if let Err(error) = banner::print_ready(&origin, metrics_address, quiet) {
        tracing::warn!(error = &error as &dyn Error, "cannot print the listening address");
    }

    let destinations = sinks.iter().map(|(destination, _)| destination.clone()).collect();
    let delivery = delivery::start(&settings, &database, sinks);
    let queues = EventQueues::new(database.coordination.clone(), destinations, limits.health_timeout);
    let page = MetricsPage::new(metrics, Arc::clone(&gate), database.clone(), queues);
    let serve_metrics = async {
        match metrics_listener {
            Some(listener) => metrics::serve(listener, limits, page).await,
            None => std::future::pending().await,
        }
    };
    let mut finished = tokio::select! {
        finished = connections::serve(listener, gate, limits, &mut stop) => finished?,
        () = serve_metrics => false,
    };
    delivery.finish().await;
    // Commits whose clients have left finish here.
    finished &= timeout(SHUTDOWN_GRACE, database.close()).await.is_ok();
    if finished { Ok(()) } else { Err(ShutdownTimedOut.into()) }
}
