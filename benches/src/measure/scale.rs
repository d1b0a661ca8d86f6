//! One update among 1,000 and among 10,000,000 users: the cost must depend on the change, not on the size.

use std::{path::Path, process::Command, sync::Arc, time::Instant};

use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use userbook::{Actor, Outcome, UserId, UserService, UserStore, UserUpdate};

use super::{Found, Picture, Setting, seeds};
use crate::{
    Failure,
    figure::{Bound, Figure},
    plot::Series,
    stats::{Paired, median, round},
    traffic::permissions,
};

const SIZES: [i64; 4] = [1000, 100_000, 1_000_000, LARGEST];
const LARGEST: i64 = 10_000_000;
/// The disk space of the largest directory on SQLite and PostgreSQL together, in bytes, including temporary files.
const ROOM: u64 = 16 << 30;
const WARM_UP: usize = 50;

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let fits = room(&setting.folder)? > ROOM;
    if !fits && !setting.quick {
        eprintln!("SKIPPED: {LARGEST} users need {ROOM} bytes of disk");
    }
    let sizes = SIZES.get(..setting.pick(if fits { 4 } else { 3 }, 2)).unwrap_or_default();
    let rounds = setting.pick(400, 100);
    runtime.block_on(async {
        let mut lines = Vec::new();
        let mut stores = Vec::new();
        for size in sizes {
            stores.push((*size, seeds::sqlite(&setting.folder, *size).await?));
        }
        lines.push(("SQLite", costs(&stores, rounds).await?));
        let (mut stores, mut kept) = (Vec::new(), Vec::new());
        for size in sizes {
            let database = seeds::postgres(*size).await?;
            stores.push((*size, Arc::clone(&database.store)));
            kept.push(database);
        }
        lines.push(("PostgreSQL", costs(&stores, rounds).await?));
        Ok(found(&lines))
    })
}

/// Returns the free bytes of the disk.
fn room(folder: &Path) -> Result<u64, Failure> {
    let output = Command::new("df").args(["--output=avail", "--block-size=1"]).arg(folder).output()?;
    let output_text = String::from_utf8(output.stdout)?;
    Ok(output_text.lines().last().unwrap_or_default().trim().parse()?)
}

/// Returns the times of single updates of users in all parts of the directory, in microseconds, alternating between
/// the sizes.
async fn costs<S: UserStore + Clone>(
    stores: &[(i64, S)],
    rounds: usize,
) -> Result<Vec<(i64, Vec<f64>)>, Failure> {
    let mut chance = fastrand::Rng::with_seed(7);
    let mut costs: Vec<_> = stores
        .iter()
        .map(|(size, store)| (*size, UserService::new(store.clone(), permissions()), Vec::new()))
        .collect();
    for round in 0..WARM_UP + rounds {
        for (size, service, times) in &mut costs {
            let user = UserId(chance.i64(1..=*size));
            let name = format!("Number {round} {}", chance.u64(..));
            let start = Instant::now();
            let updated = service.update_user(&Actor::system(), user, UserUpdate::patch().name(name)).await?;
            let time = start.elapsed().as_secs_f64() * 1e6;
            assert!(matches!(updated.outcome, Outcome::Applied(_)));
            if round >= WARM_UP {
                times.push(time);
            }
        }
    }
    Ok(costs.into_iter().map(|(size, _, times)| (size, times)).collect())
}

/// The cost of updates by the number of users.
type Costs = Vec<(i64, Vec<f64>)>;

fn found(lines: &[(&'static str, Costs)]) -> Found {
    let mut detail = Map::new();
    let mut worst = 0.0_f64;
    let mut series = Vec::new();
    for (name, costs) in lines {
        if let (Some((_, few)), Some((most, many))) = (costs.first(), costs.last()) {
            let paired = Paired { ours: many.clone(), baseline: few.clone() };
            // Single updates vary more than their medians.
            let ratio = median(many) / median(few);
            worst = worst.max(ratio);
            let by_size: Map<String, Value> =
                costs.iter().map(|(size, times)| (size.to_string(), json!(round(median(times))))).collect();
            detail.insert(
                (*name).to_owned(),
                json!({"largest": most, "ratio_of_medians": round(ratio), "ratio_of_pairs": round(paired.ratio()),
                       "us_by_users": by_size}),
            );
        }
        let points = costs.iter().map(|(size, times)| [*size as f64, round(median(times))]).collect();
        series.push(Series { name, points });
    }
    let is_largest = lines.iter().all(|(_, costs)| costs.last().is_some_and(|(size, _)| *size == LARGEST));
    let figure = Figure {
        name: "scale_1e7_vs_1e3",
        value: worst,
        // Smaller directories prove nothing.
        bound: if is_largest { Bound::AtMost(1.2) } else { Bound::Unbounded },
        baseline: "the same update among 1,000 users; the worse of SQLite and PostgreSQL",
        detail: Value::Object(detail),
    };
    let picture =
        Picture { title: "One update among so many users", axes: ["users", "microseconds"], series };
    Found { figures: vec![figure], plots: vec![("scale.svg", picture)] }
}
