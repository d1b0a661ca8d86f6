//! The reference host of Userbook; see this package's library.

use std::{
    error::Error,
    io::{IsTerminal, Write},
    process::ExitCode,
};

use rustix::{fs::Mode, process::umask};
use tracing_subscriber::EnvFilter;
use userbook_server::{Cli, run};

#[tokio::main]
async fn main() -> ExitCode {
    // Databases and their journals contain personal data: only the owner may read the files of this process.
    umask(Mode::RWXG | Mode::RWXO);
    let cli = Cli::from_env();
    let serves = cli.serves();
    let filter = EnvFilter::try_from_env("USERBOOK_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
    // Standard output is reserved for the first token and for events.
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = chain(&*error);
            // A person reads the error of a command; the server has a log.
            if serves {
                tracing::error!("{error}");
            } else {
                _ = writeln!(std::io::stderr(), "error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Formats the error and its causes in one line. Some libraries repeat a cause in their own text.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}
