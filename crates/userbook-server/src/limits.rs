//! Limits of connections, requests, bytes and time.

use std::time::Duration;

use clap::Args;
use userbook_tenants::TenantLimits;

/// Limits of the server. Each is an option and an environment variable. Times are in seconds and may have fractions.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Maximum number of open connections; further connections wait. The open-file limit may reduce it
    #[arg(long, value_name = "N", env = "USERBOOK_MAX_CONNECTIONS", default_value = "16384")]
    pub max_connections: usize,

    /// Maximum number of running requests
    #[arg(long, value_name = "N", env = "USERBOOK_MAX_REQUESTS", default_value = "64")]
    pub max_requests: usize,

    /// Maximum number of waiting requests; excess requests get 503
    #[arg(long, value_name = "N", env = "USERBOOK_MAX_WAITING", default_value = "512")]
    pub max_waiting: usize,

    /// Maximum time that a request waits; afterwards it gets 503
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_WAIT_TIMEOUT", default_value = "1", value_parser = seconds)]
    pub wait_timeout: Duration,

    /// Maximum time to receive the head of a request, and maximum idle time between requests
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_HEADER_TIMEOUT", default_value = "30", value_parser = seconds)]
    pub header_timeout: Duration,

    /// Maximum time to receive a body; afterwards the request gets 408
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_BODY_TIMEOUT", default_value = "20", value_parser = seconds)]
    pub body_timeout: Duration,

    /// Minimum rate at which a body arrives after 5 seconds, in bytes per second; a slower request gets 408
    #[arg(long, value_name = "BYTES", env = "USERBOOK_BODY_RATE", default_value = "1024", value_parser = clap::value_parser!(u32).range(1..))]
    pub body_rate: u32,

    /// Maximum time in which a client reads nothing of a response; afterwards the connection is closed
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_WRITE_TIMEOUT", default_value = "30", value_parser = seconds)]
    pub write_timeout: Duration,

    /// Maximum size of a body; larger bodies get 413
    #[arg(long, value_name = "BYTES", env = "USERBOOK_MAX_BODY", default_value = "4194304")]
    pub max_body: usize,

    /// Maximum memory for request bodies; excess requests get 503. One caller gets a quarter; an eighth is kept for
    /// small bodies
    #[arg(long, value_name = "BYTES", env = "USERBOOK_BODY_MEMORY", default_value = "67108864")]
    pub body_memory: usize,

    /// Maximum memory for responses that clients have not read; excess requests get 503. One caller gets a quarter; an
    /// eighth is kept for small responses
    #[arg(long, value_name = "BYTES", env = "USERBOOK_RESPONSE_MEMORY", default_value = "268435456")]
    pub response_memory: usize,

    /// Maximum memory for heads of requests beyond the first 8 KiB of each connection; excess connections are closed
    #[arg(long, value_name = "BYTES", env = "USERBOOK_HEAD_MEMORY", default_value = "33554432")]
    pub head_memory: usize,

    /// Maximum time for the attempts of an update; no attempt starts afterwards
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_UPDATE_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub update_timeout: Duration,

    /// Maximum time of one step (a token lookup, a load, an authorization, a commit), in case the database or the
    /// network does not respond
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_STEP_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub step_timeout: Duration,

    /// Maximum time at the start to wait for a database that does not take connections
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_START_TIMEOUT", default_value = "30", value_parser = seconds)]
    pub start_timeout: Duration,

    /// Number of database connections
    #[arg(long, value_name = "N", env = "USERBOOK_DATABASE_CONNECTIONS", default_value = "8", value_parser = clap::value_parser!(u32).range(1..))]
    pub database_connections: u32,

    /// Number of database connections of one tenant
    #[arg(long, value_name = "N", env = "USERBOOK_TENANT_CONNECTIONS", default_value = "2", value_parser = clap::value_parser!(u32).range(1..))]
    pub tenant_connections: u32,

    /// Idle time after which the database of a tenant is closed
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_TENANT_IDLE", default_value = "60", value_parser = seconds)]
    pub tenant_idle: Duration,

    /// Maximum wait for a database connection
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_ACQUIRE_TIMEOUT", default_value = "3", value_parser = seconds)]
    pub acquire_timeout: Duration,

    /// Maximum run time of a statement (PostgreSQL, MariaDB)
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_STATEMENT_TIMEOUT", default_value = "5", value_parser = seconds)]
    pub statement_timeout: Duration,

    /// Maximum wait for a lock of another writer; whole seconds on MariaDB
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_LOCK_TIMEOUT", default_value = "3", value_parser = seconds)]
    pub lock_timeout: Duration,

    /// Maximum response time of the database before the server reports that it is not ready
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_HEALTH_TIMEOUT", default_value = "2", value_parser = seconds)]
    pub health_timeout: Duration,

    /// Maximum time to finish running requests at shutdown; afterwards they are cut
    #[arg(long, value_name = "SECONDS", env = "USERBOOK_SHUTDOWN_TIMEOUT", default_value = "30", value_parser = seconds)]
    pub shutdown_timeout: Duration,
}

impl Limits {
    /// The limits of open tenants. The wait for a tenant is that for a connection.
    pub(crate) fn tenants(&self) -> TenantLimits {
        let all = TenantLimits::for_connections(self.database_connections, self.tenant_connections);
        TenantLimits { idle: self.tenant_idle, wait: self.acquire_timeout, ..all }
    }
}

/// A reason why a text is not a valid number of seconds.
#[derive(Debug, thiserror::Error)]
enum NoSeconds {
    #[error("not a number of seconds: {0}")]
    NotANumber(#[from] std::num::ParseFloatError),
    #[error("seconds are out of range: {0}")]
    OutOfRange(#[from] std::time::TryFromFloatSecsError),
    #[error("seconds must be greater than 0")]
    Zero,
}

/// Rejects longer times, which are mistakes and overflow some timers.
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
