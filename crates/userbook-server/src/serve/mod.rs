//! Assembles the server and serves until a signal.

mod api;
mod banner;
mod connections;
mod delivery;
mod signals;

use std::{error::Error, net::SocketAddr, time::Duration};

use tokio::time::timeout;

use crate::{
    Administrator, EventTarget, Seed, Settings, authorizer, bootstrap, database::Database, gate::RequestGate,
    pages,
};

/// How long the database may take to end after the last connection.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// The server stopped before all requests were finished.
#[derive(Debug, thiserror::Error)]
#[error("stopped before all requests were finished")]
struct ShutdownTimedOut;

/// The address cannot be used, for example because another process listens there.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
struct CannotListen {
    address: SocketAddr,
    source: std::io::Error,
}

/// Serves until SIGTERM or SIGINT, then finishes running requests: for at most
/// [`Limits::shutdown_timeout`](crate::Limits), and at most until the second signal.
///
/// # Errors
/// Any failure before the server listens, which includes filling the database; and requests that were cut at the end.
pub async fn serve(settings: Settings) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut stop = signals::Stop::catch()?;
    let seed = settings.seed.as_deref().map(Seed::read).transpose()?;
    let policies = authorizer::policies(&settings)?;
    // Before the database is filled: a port in use must not cost the first token.
    let listener = connections::listen(settings.listen)
        .map_err(|source| CannotListen { address: settings.listen, source })?;
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
    let api = api::api(&settings, &database, authorizer, ready.install_id);
    let router = userbook_axum::router(api).merge(pages::router(settings.policy.into()));
    let gate = RequestGate::new(router, settings.policy.into(), database.clone(), &settings.limits);
    if let Err(error) = banner::print_ready(&origin, quiet) {
        tracing::warn!(error = &error as &dyn Error, "cannot print the listening address");
    }

    let delivery = delivery::start(&settings, &database, sinks);
    let mut finished = connections::serve(listener, gate, &settings.limits, &mut stop).await?;
    delivery.finish().await;
    // Commits whose clients have left finish here.
    finished &= timeout(SHUTDOWN_GRACE, database.close()).await.is_ok();
    if finished { Ok(()) } else { Err(ShutdownTimedOut.into()) }
}
