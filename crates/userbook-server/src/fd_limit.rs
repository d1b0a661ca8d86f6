//! How many files the process may have open: a connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are not connections of clients: standard streams, the listener, timers, files of SQLite.
const OTHERS: usize = 64;

/// Asks for as many files as `connections` of clients, and `database` others, need; tells how many connections
/// there may be.
pub(crate) fn room(connections: usize, database: u32) -> usize {
    // A SQLite connection has three files.
    let others = OTHERS + 3 * usize::try_from(database).unwrap_or(usize::MAX / 4);
    let wanted = u64::try_from(connections.saturating_add(others)).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        let most = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
        if let Err(error) =
            setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum })
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "more files could not be asked for");
        }
    }
    let files = getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let room = connections.min(files.saturating_sub(others)).max(1);
    if room < connections {
        tracing::warn!(room, wanted = connections, "fewer connections than asked for: too few files");
    }
    room
}
