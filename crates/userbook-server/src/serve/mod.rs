//! Puts everything together and serves until told to stop.

mod announce;
mod api;
mod signals;

use std::error::Error;

use tokio::{net::TcpListener, sync::watch};

use crate::{Seed, Settings, bootstrap, cli::EventTarget, database::Database, events, pages};

/// Serves until SIGTERM or SIGINT, and finishes what is under way then.
///
/// # Errors
/// Whatever keeps the server from starting; it does not listen before its database is filled.
pub async fn run(settings: Settings) -> Result<(), Box<dyn Error + Send + Sync>> {
    let seed = settings.seed.as_deref().map(Seed::read).transpose()?;
    let database = Database::open(&settings.database).await?;
    let ready = bootstrap::prepare(&database, seed).await?;
    let api = api::api(&settings, &database, ready.install_id);

    let listener = TcpListener::bind(settings.listen).await?;
    let mut stop_asked = signals::Stop::catch()?;
    let origin = format!("http://{}", listener.local_addr()?);
    announce::announce(&origin, ready.administrator.as_ref(), settings.events.is_some())?;

    let (stop, stopped) = watch::channel(false);
    let handing_on = match settings.events {
        Some(EventTarget::Stdout) => {
            Some(tokio::spawn(events::run(database.outbox.clone(), events::StdoutSink, stopped)))
        }
        None => None,
    };
    let application = userbook_axum::router(api).merge(pages::router(&settings.policy.into()));
    axum::serve(listener, application)
        .with_graceful_shutdown(async move {
            stop_asked.asked().await;
            tracing::info!("stopping");
        })
        .await?;
    if let Some(handing_on) = handing_on {
        stop.send_replace(true);
        handing_on.await?;
    }
    database.close().await;
    Ok(())
}
