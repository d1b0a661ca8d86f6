use sqlx::{Executor, Sqlite, SqlitePool, sqlite::SqlitePoolOptions};

use super::*;

/// A pool of one: whoever holds its connection holds all.
async fn pool() -> SqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    pool.connect("sqlite::memory:").await.unwrap()
}

/// Times that no test lives to see the end of.
const LONG: [Duration; 2] = [Duration::from_hours(1); 2];

fn leases(pool: &SqlitePool, [turn, rest]: [Duration; 2]) -> Leases<Sqlite> {
    Leases::with_times(pool.clone(), |_| (), turn, rest)
}

#[tokio::test]
async fn what_is_given_back_waits_and_is_taken_again() {
    let pool = pool().await;
    let leases = leases(&pool, LONG);
    let since = {
        let lease = leases.take().await.unwrap();
        let since = lease.since;
        lease.give_back();
        since
    };
    assert_eq!((pool.num_idle(), leases.waiting.state().connections.len()), (0, 1));
    let again = leases.clone().take().await.unwrap();
    assert_eq!(again.since, since, "the same, and its turn goes on");
    assert!(leases.waiting.state().connections.is_empty());
}

#[tokio::test]
async fn it_goes_back_when_nobody_takes_it() {
    let pool = pool().await;
    let leases = leases(&pool, [LONG[0], REST]);
    leases.take().await.unwrap().give_back();
    // The pool's only connection: whoever waits for it gets it.
    pool.execute("SELECT 1").await.unwrap();
    assert!(leases.waiting.state().connections.is_empty());
}

#[tokio::test]
async fn nobody_who_stands_in_line_is_passed_over() {
    let pool = pool().await;
    let leases = leases(&pool, [TURN, LONG[1]]);
    let busy = {
        let leases = leases.clone();
        tokio::spawn(async move {
            loop {
                let mut lease = leases.take().await.unwrap();
                lease.execute("SELECT 1").await.unwrap();
                lease.give_back();
            }
        })
    };
    for _ in 0..5 {
        pool.execute("SELECT 2").await.unwrap();
    }
    busy.abort();
}

#[tokio::test]
async fn what_was_interrupted_does_not_wait_and_the_others_are_asked_too() {
    let pool = SqlitePoolOptions::new().max_connections(2).connect("sqlite::memory:").await.unwrap();
    let leases = leases(&pool, LONG);
    let (one, other) = (leases.take().await.unwrap(), leases.take().await.unwrap());
    one.give_back();
    drop(other);
    assert!(leases.waiting.state().connections.is_empty());
    // Both can be had again.
    let _both = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
}

#[test]
fn none_is_left_behind_by_a_runtime_that_ends() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let leases = first.block_on(async {
        let leases = leases(&pool().await, LONG);
        leases.take().await.unwrap().give_back();
        leases
    });
    assert_eq!(leases.waiting.state().connections.len(), 1);
    drop(first);
    let state = leases.waiting.state();
    assert!(state.connections.is_empty() && !state.is_watched);
}

#[test]
fn what_is_given_back_to_a_runtime_that_ends_is_let_go() {
    struct GivenBack(Option<Lease<Sqlite>>);
    impl Drop for GivenBack {
        fn drop(&mut self) {
            if let Some(lease) = self.0.take() {
                lease.give_back();
            }
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let leases = runtime.block_on(async {
        let leases = leases(&pool().await, LONG);
        let held = GivenBack(Some(leases.take().await.unwrap()));
        tokio::spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        leases
    });
    drop(runtime);
    let state = leases.waiting.state();
    assert!(state.connections.is_empty() && !state.is_watched);
}
