//! The cost of commit and load for a user with 1, 10, 100 and 1,000 memberships and one change, and for groups
//! 1, 5 and 20 levels deep.

use std::{collections::BTreeSet, time::Instant};

use serde_json::{Map, Value, json};
use sqlx::sqlite::SqlitePoolOptions;
use tokio::runtime::Runtime;
use userbook::{
    Group, GroupId, User, UserId, UserStore,
    store::{CommitOutcome, ImportData, ImportStore, SnapshotQuery},
};
use userbook_memory::MemoryStore;
use userbook_sqlx::sqlite::{SqliteStore, connect_options};
use userbook_tests::servers::postgres::Database;

use super::{Found, Setting, updates::rename};
use crate::{
    Failure,
    directory::{group, group_id, user},
    figure::{Bound, Figure},
    stats::{median, round},
};

/// The user with `n` memberships.
const MEMBERSHIPS: [(i64, u128); 4] = [(1, 1), (2, 10), (3, 100), (4, 1000)];
/// The user in the lowest group of a chain of this length.
const DEPTHS: [(i64, u128); 3] = [(11, 1), (12, 5), (13, 20)];
/// The two groups between which the user alternates.
const TURNS: [u128; 2] = [5001, 5002];
/// Returns the number of a chain's lowest group.
const CHAIN: u128 = 10_000;

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let rounds = setting.pick(200, 40);
    runtime.block_on(async {
        let folder = tempfile::tempdir_in(&setting.folder)?;
        let options =
            connect_options(&format!("sqlite://{}", folder.path().join("memberships.db").display()))?;
        let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
        let sqlite = SqliteStore::new(pool.connect_with(options).await?);
        sqlite.migrate().await?;
        let postgres = Database::new().await;
        let found = [
            ("memory", costs(&MemoryStore::new(), rounds * 10).await?),
            ("SQLite", costs(&sqlite, rounds).await?),
            ("PostgreSQL", costs(&*postgres.store, rounds).await?),
        ];
        Ok(figures(&found))
    })
}

fn rows() -> ImportData {
    let plain = (1..=1000).chain(TURNS).map(|number| group(number, false));
    let chains = DEPTHS.iter().flat_map(|(user, depth)| {
        let number = move |level| CHAIN * u128::from(user.unsigned_abs()) + level;
        (1..=*depth).map(move |level| Group {
            parent: (level < *depth).then(|| group_id(number(level + 1))),
            ..group(number(level), false)
        })
    });
    let members = MEMBERSHIPS.iter().map(|(id, count)| {
        // One of the memberships changes.
        user(*id, true, (1..*count).map(group_id).chain([group_id(TURNS[0])]))
    });
    let deep =
        DEPTHS.iter().map(|(id, _)| user(*id, true, [group_id(CHAIN * u128::from(id.unsigned_abs()) + 1)]));
    ImportData {
        install_id: "bench".to_owned(),
        groups: plain.chain(chains).collect(),
        users: members.chain(deep).collect(),
    }
}

/// Returns the medians of one store in microseconds.
struct Costs {
    commits: Vec<(u128, f64)>,
    loads: Vec<(u128, f64)>,
    depths: Vec<(u128, f64)>,
}

async fn costs<S: UserStore + ImportStore>(store: &S, rounds: usize) -> Result<Costs, Failure> {
    store.import(&rows()).await?;
    let mut commits = MEMBERSHIPS.map(|(_, count)| (count, Vec::new()));
    let mut loads = MEMBERSHIPS.map(|(_, count)| (count, Vec::new()));
    let mut depths = DEPTHS.map(|(_, depth)| (depth, Vec::new()));
    for n in 0..rounds {
        for (at, (user, _)) in MEMBERSHIPS.iter().enumerate() {
            let (found, time) = load(store, *user).await?;
            let mut change = rename(&found, i64::try_from(n)?)?;
            change.fields.username = None;
            let turn = |group| BTreeSet::<GroupId>::from([group_id(group)]);
            let [first, second] = if n % 2 == 0 { TURNS } else { [TURNS[1], TURNS[0]] };
            (change.groups_removed, change.groups_added) = (turn(first), turn(second));
            let start = Instant::now();
            let outcome = store.commit(&change).await?;
            commits[at].1.push(start.elapsed().as_secs_f64() * 1e6);
            loads[at].1.push(time);
            assert_eq!(outcome, CommitOutcome::Applied);
        }
        for (at, (user, _)) in DEPTHS.iter().enumerate() {
            depths[at].1.push(load(store, *user).await?.1);
        }
    }
    let medians = |times: &[(u128, Vec<f64>)]| {
        times.iter().map(|(n, times)| (*n, round(median(times)))).collect::<Vec<_>>()
    };
    Ok(Costs { commits: medians(&commits), loads: medians(&loads), depths: medians(&depths) })
}

async fn load<S: UserStore>(store: &S, user: i64) -> Result<(User, f64), Failure> {
    let start = Instant::now();
    let found = store.load(&SnapshotQuery::user(UserId(user))).await?;
    let time = start.elapsed().as_secs_f64() * 1e6;
    Ok((found.user.ok_or("the user is missing")?, time))
}

fn figures(found: &[(&str, Costs)]) -> Found {
    let ratio = |costs: &[(u128, f64)]| match (costs.first(), costs.last()) {
        (Some((_, few)), Some((_, many))) => many / few,
        _ => f64::NAN,
    };
    let by_store = |part: fn(&Costs) -> Value| -> Value {
        found.iter().map(|(name, costs)| ((*name).to_owned(), part(costs))).collect::<Map<_, _>>().into()
    };
    let worst = |part: fn(&Costs) -> &Vec<(u128, f64)>| {
        found.iter().map(|(_, costs)| ratio(part(costs))).fold(0.0, f64::max)
    };
    let figures = vec![
        Figure {
            name: "memberships_1000_vs_1",
            value: worst(|costs| &costs.commits),
            bound: Bound::AtMost(1.5),
            baseline: "the same commit for a user with 1 membership; the worst of memory, SQLite and PostgreSQL",
            detail: by_store(|costs| json!({"commit_us": costs.commits, "load_us": costs.loads})),
        },
        Figure {
            name: "depth_20_vs_1",
            value: worst(|costs| &costs.depths),
            bound: Bound::Unbounded,
            baseline: "the same load for a group without parent, which returns one group instead of twenty",
            detail: by_store(|costs| json!({"load_us": costs.depths})),
        },
    ];
    Found { figures, plots: Vec::new() }
}
