//! Whether an open tenant still has the content that was opened. A schema or database that was dropped and created
//! again has the same name.

use std::time::Duration;

use tokio::{sync::Mutex, time::Instant};

/// The maximum age of a check. For this long after a replacement, a request may be answered with the old content's id.
const CHECK: Duration = Duration::from_millis(50);

/// The result of the last check.
#[derive(Debug)]
pub(super) struct ContentCheck(Mutex<Content>);

#[derive(Debug)]
enum Content {
    /// That which was opened, by a check that began at this time.
    Current(Instant),
    Replaced,
}

impl ContentCheck {
    /// The content was read by a check that began at this time.
    pub(super) fn new(began: Instant) -> Self {
        Self(Mutex::new(Content::Current(began)))
    }

    /// Returns the result of a check that began less than 50 ms before this call, or after it. One caller checks, and
    /// the result serves all who came before the check began.
    pub(super) async fn is_current(&self, check: impl Future<Output = bool>) -> bool {
        let arrival = Instant::now();
        let mut content = self.0.lock().await;
        match *content {
            Content::Replaced => return false,
            Content::Current(began) if began + CHECK > arrival => return true,
            Content::Current(_) => {}
        }
        let began = Instant::now();
        let is_current = check.await;
        *content = if is_current { Content::Current(began) } else { Content::Replaced };
        is_current
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use tokio::{
        task::JoinSet,
        time::{advance, sleep},
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn slow_check_serves_all_who_wait() {
        let (content, checks) = (Arc::new(ContentCheck::new(Instant::now())), Arc::new(AtomicUsize::new(0)));
        let mut callers = JoinSet::new();
        advance(CHECK).await;
        for n in 0..20 {
            let (content, checks) = (Arc::clone(&content), Arc::clone(&checks));
            callers.spawn(async move {
                sleep(Duration::from_millis(100 * n)).await;
                let check = async {
                    checks.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_secs(5)).await;
                    true
                };
                content.is_current(check).await
            });
        }
        assert_eq!(callers.join_all().await, [true; 20]);
        assert_eq!(checks.load(Ordering::Relaxed), 2, "one for the first caller, one for all others");
    }

    #[tokio::test(start_paused = true)]
    async fn replaced_content_never_comes_back() {
        let content = ContentCheck::new(Instant::now());
        assert!(content.is_current(async { false }).await, "checked a moment ago");
        advance(CHECK).await;
        assert!(content.is_current(async { true }).await);
        advance(CHECK).await;
        assert!(!content.is_current(async { false }).await);
        assert!(!content.is_current(async { true }).await);
    }
}
