//! Puts everything together and serves until told to stop.

mod announce;
mod api;
mod connections;
mod signals;

use std::{error::Error, time::Duration};

use tokio::{sync::watch, time::timeout};

use crate::{
    Seed, Settings, authorizer, bootstrap, cli::EventTarget, database::Database, events, front::Front, pages,
};

/// How long the database may take to let go once everything else has ended.
const FAREWELL: Duration = Duration::from_secs(5);

/// Not everything that was under way could be finished in time.
#[derive(Debug, thiserror::Error)]
#[error("stopped before everything was finished")]
struct Cut;

/// Serves until SIGTERM or SIGINT, and finishes what is under way then: as long as
/// [`Limits::shutdown_timeout`](crate::Limits) allows, and no longer than until the second signal.
///
/// # Errors
/// Whatever keeps the server from starting; it does not listen before its database is filled. Also if something
/// had to be cut at the end.
pub async fn run(settings: Settings) -> Result<(), Box<dyn Error + Send + Sync>> {
    let seed = settings.seed.as_deref().map(Seed::read).transpose()?;
    let policies = authorizer::policies(&settings)?;
    let database = Database::open(settings.database.as_str(), &settings.limits).await?;
    let ready = bootstrap::prepare(&database, seed).await?;
    let authorizer = policies.unwrap_or_else(|| authorizer::permissions(&database.auth));
    let api = api::api(&settings, &database, authorizer, ready.install_id);
    let router = userbook_axum::router(api).merge(pages::router(&settings.policy.into()));
    let front = Front::new(router, settings.policy.into(), database.clone(), &settings.limits);

    let listener = connections::listen(settings.listen)?;
    let mut stop = signals::Stop::catch()?;
    let origin = format!("http://{}", listener.local_addr()?);
    announce::announce(&origin, ready.administrator.as_ref(), settings.events.is_some())?;

    let (ended, has_ended) = watch::channel(false);
    let handing_on = settings.events.map(|EventTarget::Stdout| {
        tokio::spawn(events::run(database.outbox.clone(), events::StdoutSink, has_ended))
    });
    let mut finished = connections::serve(listener, front, &settings.limits, &mut stop).await?;
    if let Some(handing_on) = handing_on {
        ended.send_replace(true);
        finished &= timeout(FAREWELL, handing_on).await.is_ok();
    }
    // Commits that nobody waits for any more are finished here.
    finished &= timeout(FAREWELL, database.close()).await.is_ok();
    if finished { Ok(()) } else { Err(Cut.into()) }
}
