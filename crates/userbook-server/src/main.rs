//! The reference host of Userbook; see this package's library.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use tracing_subscriber::EnvFilter;
use userbook_server::{Settings, run};

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    let filter = EnvFilter::try_from_env("USERBOOK_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // Standard output is reserved for the first token and for events.
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Formats the error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
