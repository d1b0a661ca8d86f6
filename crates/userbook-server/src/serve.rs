//! Puts everything together and serves until told to stop.

use std::{error::Error, io::Write, sync::Arc};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use userbook::UserService;
use userbook_http::{BearerAuthenticator, Representation, TokenStore, UserApi};

use crate::{
    Jitter, Seed, Settings, authorizer,
    bootstrap::{self, Administrator},
    cli::EventTarget,
    database::Database,
    events,
};

/// Serves until SIGTERM or SIGINT, and finishes what is under way then.
///
/// # Errors
/// Whatever keeps the server from starting; it does not listen before its database is filled.
pub async fn run(settings: Settings) -> Result<(), Box<dyn Error + Send + Sync>> {
    let seed = settings.seed.as_deref().map(Seed::read).transpose()?;
    let policies = authorizer::policies(&settings)?;
    let database = Database::open(&settings.database).await?;
    let ready = bootstrap::prepare(&database, seed).await?;

    let authorizer = policies.unwrap_or_else(|| authorizer::permissions(&database.auth));
    let service = UserService::new(database.directory.clone(), authorizer)
        .with_policy(settings.policy.into())
        .with_backoff(Jitter);
    let tokens: Arc<dyn TokenStore> = database.auth.clone();
    let representation = Representation::new(ready.install_id).with_avatars(settings.avatars);
    let api = UserApi::new(service, BearerAuthenticator::new(tokens), representation);

    let listener = TcpListener::bind(settings.listen).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    announce(&origin, ready.administrator.as_ref(), settings.events.is_some())?;

    let (stop, stopped) = watch::channel(false);
    let handing_on = match settings.events {
        Some(EventTarget::Stdout) => {
            Some(tokio::spawn(events::run(database.outbox.clone(), events::StdoutSink, stopped)))
        }
        None => None,
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    axum::serve(listener, userbook_axum::router(api))
        .with_graceful_shutdown(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
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

/// Says where the server listens, and the first administrator's token, this once: on standard output, unless that
/// belongs to events.
fn announce(origin: &str, administrator: Option<&Administrator>, quiet: bool) -> std::io::Result<()> {
    let mut out: Box<dyn Write> =
        if quiet { Box::new(std::io::stderr()) } else { Box::new(std::io::stdout()) };
    if let Some(administrator) = administrator {
        let name = &administrator.user.username;
        writeln!(
            out,
            "The database was empty. The superuser \"{name}\" has this token, shown only this once:"
        )?;
        writeln!(out, "\n    {}\n\nTry it:\n\n    {}\n", administrator.token, administrator.curl(origin))?;
    }
    writeln!(out, "listening on {origin}")?;
    out.flush()
}
