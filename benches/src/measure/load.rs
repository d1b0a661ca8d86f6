//! Concurrent load: each task updates its own users.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use userbook::{Actor, Outcome, UserId, UserService, UserStore, UserUpdate};

use crate::{Failure, stats::percentile, traffic::permissions};

/// The result of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Updates per second.
    pub(super) rate: f64,
    /// The 99th percentile of their times, in milliseconds.
    pub(super) p99: f64,
}

/// Runs `step` with the number of the task and the round, in this many tasks, for this time.
pub(super) async fn run<C, F>(
    states: Vec<C>,
    time: Duration,
    step: impl Fn(C, i64, i64) -> F + Clone + Send + 'static,
) -> Result<Run, Failure>
where
    C: Send + 'static,
    F: Future<Output = Result<C, Failure>> + Send,
{
    let stop = Arc::new(AtomicBool::new(false));
    let mut running = JoinSet::new();
    let start = Instant::now();
    for (task, mut state) in states.into_iter().enumerate() {
        let (stop, step) = (Arc::clone(&stop), step.clone());
        let task = i64::try_from(task)?;
        running.spawn(async move {
            let mut times = Vec::new();
            for n in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let begun = Instant::now();
                state = step(state, task, n).await?;
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            Ok::<_, Failure>(times)
        });
    }
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    while let Some(done) = running.join_next().await {
        times.extend(done??);
    }
    Ok(Run { rate: times.len() as f64 / start.elapsed().as_secs_f64(), p99: percentile(&times, 0.99) })
}

/// Runs updates through the service, in this many tasks with this many users each.
pub(super) async fn updates<S: UserStore>(
    store: S,
    tasks: u32,
    users_each: i64,
    time: Duration,
) -> Result<Run, Failure> {
    let service = Arc::new(UserService::new(store, permissions()));
    let states = (0..tasks).map(|_| Arc::clone(&service)).collect();
    run(states, time, move |service, task, n| async move {
        let user = UserId(task * users_each + n % users_each + 1);
        let update = UserUpdate::patch().name(format!("Number {n} {:?}", Instant::now()));
        let updated = service.update_user(&Actor::system(), user, update).await?;
        assert!(matches!(updated.outcome, Outcome::Applied(_)));
        Ok(service)
    })
    .await
}
