//! Waits for a database that does not answer yet.

use std::{error::Error, future::Future, io, time::Duration};

use tokio::time::{Instant, sleep, timeout};

/// The pause after the first failure; each further pause is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The maximum time of one attempt: a host may drop packets.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Codes of databases that cannot take a connection now: PostgreSQL starts, stops or has too many connections; MariaDB
/// has too many connections or stops.
const NOT_NOW: [&str; 7] = ["57P01", "57P02", "57P03", "53300", "1040", "1053", "08004"];

/// Repeats `connect` for `patience` while the database does not take connections. Every failure is logged at once.
///
/// # Errors
/// The last failure. Failures that time does not cure, such as a wrong password, come at once.
pub(super) async fn wait_for<T, F>(
    patience: Duration,
    mut connect: impl FnMut() -> F,
) -> Result<T, sqlx::Error>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let rest = patience.saturating_sub(start.elapsed());
        let answer = timeout(ATTEMPT.min(rest.max(FIRST_PAUSE)), connect()).await;
        let error = match answer.unwrap_or_else(|_| Err(no_answer())) {
            Ok(connected) => return Ok(connected),
            Err(error) => error,
        };
        let rest = patience.saturating_sub(start.elapsed());
        if !is_temporary(&error) || rest.is_zero() {
            return Err(error);
        }
        let wait = pause.min(rest);
        let cause = &error as &dyn Error;
        tracing::warn!(error = cause, "cannot connect to the database, trying again in {wait:.1?}");
        sleep(wait).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

fn no_answer() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer from the database"))
}

fn is_temporary(error: &sqlx::Error) -> bool {
    match error {
        // Invalid data: the certificate of the server is not the expected one.
        sqlx::Error::Io(error) => error.kind() != io::ErrorKind::InvalidData,
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| NOT_NOW.contains(&code.as_ref())),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn refused() -> sqlx::Error {
        sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into())
    }

    #[tokio::test(start_paused = true)]
    async fn refused_connections_are_repeated_until_the_database_answers() {
        let attempts = Cell::new(0);
        let connect = async || {
            attempts.set(attempts.get() + 1);
            if attempts.get() < 4 { Err(refused()) } else { Ok(()) }
        };
        wait_for(Duration::from_secs(30), connect).await.unwrap();
        assert_eq!(attempts.get(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_with_the_cause() {
        let start = Instant::now();
        let error = wait_for::<(), _>(Duration::from_secs(3), async || Err(refused())).await.unwrap_err();
        assert!(error.to_string().contains("refused"), "{error}");
        assert_eq!(start.elapsed().as_secs(), 3);
        let error = wait_for::<(), _>(Duration::from_secs(3), std::future::pending).await.unwrap_err();
        assert!(error.to_string().contains("no answer"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn lasting_failures_come_at_once() {
        let attempts = Cell::new(0);
        let connect = async || {
            attempts.set(attempts.get() + 1);
            Err::<(), _>(sqlx::Error::Configuration("no such option".into()))
        };
        wait_for(Duration::from_secs(30), connect).await.unwrap_err();
        assert_eq!(attempts.get(), 1);
        let certificate = async || Err::<(), _>(sqlx::Error::Io(io::ErrorKind::InvalidData.into()));
        let start = Instant::now();
        wait_for(Duration::from_secs(30), certificate).await.unwrap_err();
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
