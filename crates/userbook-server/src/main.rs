//! The reference host of Userbook; see this package's library.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use rustix::{fs::Mode, process::umask};
use tokio::runtime::Runtime;
use userbook_server::{Cli, Log, Metrics, check_threads, error_chain, run};

/// How long tasks of the runtime may take to end after everything is done.
const RUNTIME_END: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    // Databases and their journals contain personal data: only the owner may read the files of this process.
    umask(Mode::RWXG | Mode::RWXO);
    let cli = Cli::from_env();
    let serves = cli.serves();
    if let Err(error) = check_threads() {
        // The log needs a thread.
        _ = writeln!(io::stderr(), "error: {}", error_chain(&error));
        return ExitCode::FAILURE;
    }
    let metrics = Metrics::new();
    let log = Log::start(cli.serves_metrics().then_some(&metrics));
    let outcome = Runtime::new().map_err(Into::into).and_then(|runtime| {
        let outcome = runtime.block_on(run(cli, metrics));
        // A task that hangs must not keep the process.
        runtime.shutdown_timeout(RUNTIME_END);
        outcome
    });
    let code = match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = error_chain(&*error);
            // A person reads the error of a command; the server has a log.
            if serves {
                tracing::error!("{error}");
            } else {
                _ = writeln!(io::stderr(), "error: {error}");
            }
            ExitCode::FAILURE
        }
    };
    log.report_dropped();
    code
}
