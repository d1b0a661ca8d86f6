//! Load and commit of the memory store on 1, 2 and 8 threads, compared with a map behind a lock.

use std::{sync::Barrier, thread, time::Instant};

use serde_json::{Map, Value};
use userbook::{
    User, UserId, UserStore,
    store::{CommitOutcome, ImportStore, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::{
    Found, Setting,
    updates::{new_name, rename},
};
use crate::{
    Failure,
    baseline::locked_map::LockedMap,
    directory::rows,
    figure::{Bound, Figure},
    stats::try_paired,
    traffic::{drain, now},
};

const USERS: i64 = 1000;
const UPDATES: i64 = 10_000;

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let store = MemoryStore::new();
    now(store.import(&rows(USERS)))??;
    let map = LockedMap::new(&rows(USERS));
    let rounds = setting.pick(41, 7);

    let ours = |user, n| load_and_commit(&store, user, n);
    let other = |user: i64, n: i64| -> Result<(), Failure> {
        let (user, groups, is_taken): (User, _, _) =
            map.load(UserId(user), &new_name(user, n)).ok_or("the user is missing")?;
        assert!(!is_taken && groups.len() == 3);
        assert!(map.commit(&rename(&user, n)?));
        Ok(())
    };

    let mut detail = Map::new();
    let mut value = 0.0;
    for threads in [1, 2, 8] {
        let [mut at_ours, mut at_other] = [0, 0];
        let paired = try_paired(
            rounds,
            || {
                let rate = throughput(threads, &mut at_ours, &ours);
                drain(&store)?;
                rate
            },
            || {
                let rate = throughput(threads, &mut at_other, &other);
                map.drain();
                rate
            },
        )?;
        if threads == 2 {
            value = paired.ratio();
        }
        detail.insert(format!("threads_{threads}"), paired.detail("updates/s"));
    }
    Ok(Figure {
        name: "memory_threads_vs_map",
        value,
        bound: Bound::AtLeast(0.95),
        baseline: "a map behind a lock: clone on read, user-name index, event pushed; 2 threads",
        detail: Value::Object(detail),
    }
    .into())
}

/// An update without a decision.
pub fn load_and_commit(store: &MemoryStore, user: i64, n: i64) -> Result<(), Failure> {
    let username = Some(new_name(user, n));
    let query = SnapshotQuery { username, ..SnapshotQuery::user(UserId(user)) };
    let facts = now(store.load(&query))??;
    let user = facts.user.ok_or("the user is missing")?;
    let outcome = now(store.commit(&rename(&user, n)?))??;
    if outcome == CommitOutcome::Applied { Ok(()) } else { Err(format!("{outcome:?}").into()) }
}

/// Returns updates per second; each thread has its own users.
fn throughput(
    threads: i64,
    done: &mut i64,
    update: &(impl Fn(i64, i64) -> Result<(), Failure> + Sync),
) -> Result<f64, Failure> {
    let base = *done;
    *done += UPDATES;
    let ready = Barrier::new(usize::try_from(threads)? + 1);
    let each = UPDATES / threads;
    let work = |thread: i64| {
        ready.wait();
        (0..each).try_for_each(|n| update(1 + thread * (USERS / threads) + n % (USERS / threads), base + n))
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
        ready.wait();
        let start = Instant::now();
        for worker in workers {
            worker.join().map_err(|_| "a thread panicked")??;
        }
        Ok((each * threads) as f64 / start.elapsed().as_secs_f64())
    })
}
