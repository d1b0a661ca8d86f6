//! One update after another, while 40 clients search without pause in a directory of 100,000 users, compared with
//! updates of a quiet store. A search reads every document.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{runtime::Runtime, task::JoinSet};
use userbook::{
    Actor, UserId, UserService, UserStore, UserUpdate,
    store::{ListStore, Order, Scope, UserColumn, UserFilter, UserListQuery},
};

use super::{Found, Setting, seeds};
use crate::{
    Failure,
    figure::{Bound, Figure},
    stats::{Paired, median, round},
    traffic::permissions,
};

const READERS: usize = 40;
/// The connections of the store, as many as the reference server has.
const CONNECTIONS: u32 = 8;
/// The time in which all readers start.
const START: Duration = Duration::from_millis(300);

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let users = setting.pick(100_000, 10_000);
    runtime.block_on(async {
        let sqlite = seeds::sqlite_with(&setting.folder, users, CONNECTIONS).await?;
        let sqlite = harm(setting, sqlite, users).await?;
        let postgres = seeds::postgres(users).await?;
        let postgres = harm(setting, Arc::clone(&postgres.store), users).await?;
        let detail = |harm: &Paired| harm.detail("us per update");
        let details = [("sqlite", detail(&sqlite)), ("postgres", detail(&postgres))];
        Ok(Figure {
            name: "reader_harm",
            value: sqlite.ratio().max(postgres.ratio()),
            bound: Bound::AtMost(1.5),
            baseline: "updates of the same quiet store; the worse of SQLite and PostgreSQL",
            detail: Value::Object(
                details.map(|(name, detail)| (name.to_owned(), detail)).into_iter().collect(),
            ),
        }
        .into())
    })
}

/// Measures the median update alternately with and without readers.
async fn harm<S: UserStore + ListStore + Clone>(
    setting: &Setting,
    store: S,
    users: i64,
) -> Result<Paired, Failure> {
    let service = UserService::new(store.clone(), permissions());
    let count = setting.pick(300, 50);
    let mut chance = fastrand::Rng::with_seed(7);
    let mut paired = Paired::default();
    for _ in 0..setting.pick(5, 2) {
        let readers = Readers::start(&store);
        tokio::time::sleep(START).await;
        let disturbed = update_time(&service, users, count, &mut chance).await?;
        readers.stop().await?;
        paired.push(disturbed, update_time(&service, users, count, &mut chance).await?);
    }
    Ok(paired)
}

/// Returns the median time of updates in microseconds.
async fn update_time<S: UserStore>(
    service: &UserService<S, impl userbook::Authorizer>,
    users: i64,
    count: u32,
    chance: &mut fastrand::Rng,
) -> Result<f64, Failure> {
    let mut times = Vec::new();
    for _ in 0..count {
        let update = UserUpdate::patch().name(format!("Number {}", chance.u64(..)));
        let user = UserId(chance.i64(1..=users));
        let start = Instant::now();
        service.update_user(&Actor::system(), user, update).await?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(round(median(&times)))
}

/// Tasks that search.
struct Readers {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Result<(), Failure>>,
}

impl Readers {
    fn start<S: ListStore + Clone>(store: &S) -> Self {
        let (stop, mut tasks) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for reader in 0..READERS {
            let (stop, store) = (Arc::clone(&stop), store.clone());
            tasks.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let page = store.list_users(&search(reader)).await?;
                    assert_eq!(page.count, 1, "each reader finds one user");
                }
                Ok(())
            });
        }
        Self { stop, tasks }
    }

    async fn stop(mut self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(reader) = self.tasks.join_next().await {
            reader??;
        }
        Ok(())
    }
}

fn search(reader: usize) -> UserListQuery {
    UserListQuery {
        scope: Scope::Everything,
        filter: UserFilter { search: vec![format!("USER{:010}", reader + 1)], ..UserFilter::default() },
        order: vec![Order { column: UserColumn::Username, descending: false }],
        offset: 0,
        limit: 20,
        max_bytes: 1 << 24,
    }
}
