use sqlx::{Executor, Sqlite, SqlitePool, sqlite::SqlitePoolOptions};

use super::*;

/// A pool of one connection.
async fn pool() -> SqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    pool.connect("sqlite::memory:").await.unwrap()
}

/// Times longer than any test.
const LONG: [Duration; 2] = [Duration::from_hours(1); 2];

fn cache(pool: &SqlitePool, [max_hold, max_idle]: [Duration; 2]) -> ConnectionCache<Sqlite> {
    ConnectionCache::with_times(pool.clone(), |_| (), max_hold, max_idle)
}

#[tokio::test]
async fn released_connections_are_reused() {
    let pool = pool().await;
    let cache = cache(&pool, LONG);
    let since = {
        let connection = cache.acquire().await.unwrap();
        let since = connection.since;
        connection.release();
        since
    };
    assert_eq!((pool.num_idle(), cache.idle.state().connections.len()), (0, 1));
    let again = cache.clone().acquire().await.unwrap();
    assert_eq!(again.since, since, "the same connection");
    assert!(cache.idle.state().connections.is_empty());
}

#[tokio::test]
async fn idle_connections_return_to_the_pool() {
    let pool = pool().await;
    let cache = cache(&pool, [LONG[0], MAX_IDLE]);
    cache.acquire().await.unwrap().release();
    // The pool's only connection: the waiting statement gets it.
    pool.execute("SELECT 1").await.unwrap();
    assert!(cache.idle.state().connections.is_empty());
}

#[tokio::test]
async fn waiting_tasks_get_a_connection_that_is_in_constant_use() {
    let pool = pool().await;
    let cache = cache(&pool, [MAX_HOLD, LONG[1]]);
    let busy = {
        let cache = cache.clone();
        tokio::spawn(async move {
            loop {
                let mut connection = cache.acquire().await.unwrap();
                connection.execute("SELECT 1").await.unwrap();
                connection.release();
            }
        })
    };
    for _ in 0..5 {
        pool.execute("SELECT 2").await.unwrap();
    }
    busy.abort();
}

#[tokio::test]
async fn dirty_connections_return_all_idle_ones_to_the_pool() {
    let pool = SqlitePoolOptions::new().max_connections(2).connect("sqlite::memory:").await.unwrap();
    let cache = cache(&pool, LONG);
    let (one, other) = (cache.acquire().await.unwrap(), cache.acquire().await.unwrap());
    one.release();
    drop(other);
    assert!(cache.idle.state().connections.is_empty());
    // Both can be had again.
    let _both = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
}

#[tokio::test]
async fn operations_that_wait_get_released_connections_in_their_order() {
    let pool = pool().await;
    let cache = cache(&pool, LONG);
    let held = cache.acquire().await.unwrap();
    let (waits, mut order) = (Arc::new(std::sync::Mutex::new(Vec::new())), Vec::new());
    for n in 0..3 {
        let (cache, waits) = (cache.clone(), Arc::clone(&waits));
        order.push(tokio::spawn(async move {
            let connection = cache.acquire().await.unwrap();
            waits.lock().unwrap().push(n);
            connection.release();
        }));
        tokio::task::yield_now().await;
    }
    // One that leaves is passed over.
    order[1].abort();
    tokio::task::yield_now().await;
    held.release();
    for (n, task) in order.into_iter().enumerate() {
        assert_eq!(task.await.is_ok(), n != 1);
    }
    assert_eq!(*waits.lock().unwrap(), [0, 2]);
    assert_eq!(cache.idle.state().connections.len(), 1);
}

#[test]
fn a_runtime_that_ends_returns_all_connections() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let cache = first.block_on(async {
        let cache = cache(&pool().await, LONG);
        cache.acquire().await.unwrap().release();
        cache
    });
    assert_eq!(cache.idle.state().connections.len(), 1);
    drop(first);
    let state = cache.idle.state();
    assert!(state.connections.is_empty() && !state.reaper_running);
}

#[test]
fn connections_released_to_an_ending_runtime_are_dropped() {
    struct Released(Option<StoreConnection<Sqlite>>);
    impl Drop for Released {
        fn drop(&mut self) {
            if let Some(connection) = self.0.take() {
                connection.release();
            }
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cache = runtime.block_on(async {
        let cache = cache(&pool().await, LONG);
        let held = Released(Some(cache.acquire().await.unwrap()));
        tokio::spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        cache
    });
    drop(runtime);
    let state = cache.idle.state();
    assert!(state.connections.is_empty() && !state.reaper_running);
}
