//! How much of everything: connections, requests, bytes, time.

use std::time::Duration;

use clap::Args;

/// Limits of the server. Each is an option and an environment variable; times are in seconds, `0.5` is one too.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Connections that may be open; fewer if the process may not have so many files. Others wait to be accepted
    #[arg(long, value_name = "N", env = "USERBOOK_MAX_CONNECTIONS", default_value = "16384")]
    pub max_connections: usize,

    /// Requests that may be worked on at once
    #[arg(long, value_name = "N", env = "USERBOOK_MAX_REQUESTS", default_value = "64")]
    pub max_requests: usize,

    /// Requests that may wait for that; others are answered 503 at once
    #[arg(long, value_name = "N", env = "USERBOOK_MAX_WAITING", default_value = "512")]
    pub max_waiting: usize,

    /// How long a request may wait; then it is answered 503
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_WAIT_TIMEOUT", default_value = "1", value_parser = seconds)]
    pub wait_timeout: Duration,

    /// How long the head of a request may take to arrive, and a connection may be idle between requests
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_HEADER_TIMEOUT", default_value = "30", value_parser = seconds)]
    pub header_timeout: Duration,

    /// How long a body may take to arrive; then the request is answered 408
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_BODY_TIMEOUT", default_value = "20", value_parser = seconds)]
    pub body_timeout: Duration,

    /// How long a client may take to read some of an answer
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_WRITE_TIMEOUT", default_value = "30", value_parser = seconds)]
    pub write_timeout: Duration,

    /// How large a body may be; a larger one is answered 413
    #[arg(long, value_name = "BYTES", env = "USERBOOK_MAX_BODY", default_value = "4194304")]
    pub max_body: usize,

    /// How much of bodies may be in memory at once; those that do not fit are answered 503
    #[arg(long, value_name = "BYTES", env = "USERBOOK_BODY_MEMORY", default_value = "67108864")]
    pub body_memory: usize,

    /// How long an update may be tried; no attempt begins after
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_UPDATE_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub update_timeout: Duration,

    /// How long one step may take (a token looked up, a load, an authorization, a commit): a backstop for when the
    /// database or the network gives no answer at all
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_STEP_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub step_timeout: Duration,

    /// Connections to the database
    #[arg(long, value_name = "N", env = "USERBOOK_DATABASE_CONNECTIONS", default_value = "8", value_parser = clap::value_parser!(u32).range(1..))]
    pub database_connections: u32,

    /// How long to wait for one of them
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_ACQUIRE_TIMEOUT", default_value = "3", value_parser = seconds)]
    pub acquire_timeout: Duration,

    /// How long a statement may run (PostgreSQL, MariaDB)
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_STATEMENT_TIMEOUT", default_value = "5", value_parser = seconds)]
    pub statement_timeout: Duration,

    /// How long to wait for another writer's lock; whole seconds on MariaDB
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_LOCK_TIMEOUT", default_value = "3", value_parser = seconds)]
    pub lock_timeout: Duration,

    /// How long the database may take to answer before the server says that it is not ready
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_HEALTH_TIMEOUT", default_value = "2", value_parser = seconds)]
    pub health_timeout: Duration,

    /// How long to finish what is under way when asked to stop; then it is cut
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_SHUTDOWN_TIMEOUT", default_value = "30", value_parser = seconds)]
    pub shutdown_timeout: Duration,
}

/// Why a number of seconds is none.
#[derive(Debug, thiserror::Error)]
enum NoSeconds {
    #[error("not a number of seconds: {0}")]
    NotANumber(#[from] std::num::ParseFloatError),
    #[error("out of range: {0}")]
    OutOfRange(#[from] std::time::TryFromFloatSecsError),
    #[error("must be more than 0")]
    Zero,
}

/// Longer than this is a mistake, and more than some timers can count.
const LONGEST: Duration = Duration::from_hours(24 * 365);

fn seconds(text: &str) -> Result<Duration, NoSeconds> {
    let time = Duration::try_from_secs_f64(text.parse()?)?;
    if time.is_zero() { Err(NoSeconds::Zero) } else { Ok(time.min(LONGEST)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, expected) in [
            ("1", Some(Duration::from_secs(1))),
            ("0.25", Some(Duration::from_millis(250))),
            ("1e12", Some(LONGEST)),
            ("0", None),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("1s", None),
            ("", None),
        ] {
            assert_eq!(seconds(text).ok(), expected, "{text}");
        }
    }
}
