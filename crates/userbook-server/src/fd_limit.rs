//! The limit of open files; every connection is an open file.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files other than client connections: standard streams, the listener, timers, SQLite files.
const OTHERS: usize = 64;

/// Raises the limit of open files to the number that `connections` clients and `database` connections need. Returns
/// the possible number of client connections.
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
            tracing::warn!(error = &error as &dyn std::error::Error, "could not raise the open-file limit");
        }
    }
    let files = getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let room = connections.min(files.saturating_sub(others)).max(1);
    if room < connections {
        tracing::warn!(
            room,
            wanted = connections,
            "fewer connections than configured: the open-file limit is too low"
        );
    }
    room
}
