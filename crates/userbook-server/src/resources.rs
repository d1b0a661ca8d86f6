//! The limits of the system for this process: threads, open files, the size of files. If one is too low, the server
//! names the limit and does not start.

use std::{
    io,
    num::NonZero,
    sync::{Arc, PoisonError, RwLock},
    thread::{self, available_parallelism},
};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::signal::unix::{self, SignalKind};

/// Files other than client connections: standard streams, the listener, timers, SQLite files.
const OTHER_FILES: usize = 64;

/// Threads other than those of the two runtimes, whose number is that of processors: the log, events, SQLite's writer,
/// and one for each of the usual number of SQLite connections.
const OTHER_THREADS: usize = 16;

/// A limit of the system is too low.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceError {
    /// The limit of processes and threads.
    #[error(
        "cannot start {0} threads: the limit of processes (ulimit -u, TasksMax of systemd, pids of a container) or of \
         address space (ulimit -v) is too low"
    )]
    Threads(usize, #[source] io::Error),
    /// The limit of open files.
    #[error(
        "{limit} open files are allowed and {needed} needed: raise the limit (ulimit -n, LimitNOFILE of systemd)"
    )]
    Files {
        /// The limit.
        limit: usize,
        /// How many are needed without any client.
        needed: usize,
    },
    /// The signal cannot be caught.
    #[error("cannot catch the signal of the limit of file sizes")]
    Signal(#[source] io::Error),
}

/// Checks that the threads of a server can be started, by starting them for a moment. Runtimes and logs panic if they
/// cannot start a thread.
///
/// # Errors
/// [`ResourceError::Threads`].
pub fn check_threads() -> Result<(), ResourceError> {
    let threads = 2 * available_parallelism().map_or(1, NonZero::get) + OTHER_THREADS;
    let gate = Arc::new(RwLock::new(()));
    let closed = gate.write().unwrap_or_else(PoisonError::into_inner);
    let start = |_| {
        let gate = Arc::clone(&gate);
        thread::Builder::new().spawn(move || drop(gate.read()))
    };
    let started: Result<Vec<_>, io::Error> = (0..threads).map(start).collect();
    drop(closed);
    let started = started.map_err(|error| ResourceError::Threads(threads, error))?;
    for thread in started {
        // The threads do nothing that panics.
        _ = thread.join();
    }
    Ok(())
}

/// Makes writes beyond the limit of file sizes (`ulimit -f`) fail like those on a full disk. By default the signal
/// SIGXFSZ would end the process.
///
/// # Errors
/// [`ResourceError::Signal`].
pub(crate) fn survive_large_files() -> Result<(), ResourceError> {
    let signal = SignalKind::from_raw(Signal::XFSZ.as_raw());
    // The handler stays when the listener is dropped.
    unix::signal(signal).map(drop).map_err(ResourceError::Signal)
}

/// Raises the limit of open files to the number that `connections` clients and `database` connections need. Returns
/// the possible number of client connections.
///
/// # Errors
/// [`ResourceError::Files`] if there is no room for any client.
pub(crate) fn room(connections: usize, database: u32) -> Result<usize, ResourceError> {
    // A SQLite connection has three files.
    let others = OTHER_FILES + 3 * usize::try_from(database).unwrap_or(usize::MAX / 4);
    let wanted = u64::try_from(connections.saturating_add(others)).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        let most = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
        if let Err(error) =
            setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum })
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "could not raise the open-file limit");
        }
    }
    let files = getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let room = connections.min(files.saturating_sub(others));
    if room == 0 {
        return Err(ResourceError::Files { limit: files, needed: others + 1 });
    }
    if room < connections {
        tracing::warn!(
            room,
            wanted = connections,
            "fewer connections than configured: the open-file limit is too low"
        );
    }
    Ok(room)
}
