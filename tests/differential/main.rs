//! Identical behaviour of every store: random sequences of operations on memory, SQLite, PostgreSQL and MariaDB.
//! Results are compared after every operation, and the complete content after every sequence.
//!
//! One seed determines operations, times and identifiers; a failure names the seed. `USERBOOK_DIFFERENTIAL_SEED=…
//! cargo test -p userbook-tests --test differential` runs that sequence only. `USERBOOK_DIFFERENTIAL_SEQUENCES` sets
//! the number of random sequences.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod answer;
mod canonical;
mod directory;
mod final_state;
mod fixed_time;
mod json;
mod rng;
mod run_step;
mod step;
mod stores;
mod update;
mod values;

use std::time::Instant;

use answer::Answer;
use directory::Directory;
use rng::Rng;
use step::Step;
use stores::{NAMES, TestStore};

/// The first seed unless one is given. It is fixed, so that failures are reproducible everywhere.
const FIRST_SEED: u64 = 2_025_002;
const SEQUENCES: u64 = 40;
const STEPS: usize = 40;

#[test]
fn stores_have_equal_results_and_equal_final_states() {
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(run());
    };
    // Attributes nest too deeply for the default thread stack of a debug build.
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(work);
    if let Err(failure) = thread.expect("a thread can be started").join() {
        std::panic::resume_unwind(failure);
    }
}

async fn run() {
    let seeds = match number("USERBOOK_DIFFERENTIAL_SEED") {
        Some(seed) => seed..seed + 1,
        None => FIRST_SEED..FIRST_SEED + number("USERBOOK_DIFFERENTIAL_SEQUENCES").unwrap_or(SEQUENCES),
    };
    let (started, mut answered, mut accepted) = (Instant::now(), 0, 0);
    for seed in seeds.clone() {
        let done = Box::pin(sequence(seed)).await;
        answered += done.len();
        accepted += done.iter().filter(|accepted| **accepted).count();
    }
    println!(
        "{} sequences, {answered} operations, {accepted} of them accepted, on {} stores in {:.1?}",
        seeds.count(),
        NAMES.len(),
        started.elapsed()
    );
    assert!(
        accepted * 5 > answered * 2 || number("USERBOOK_DIFFERENTIAL_SEED").is_some(),
        "most operations are rejected, so the comparison covers too little"
    );
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number")))
}

/// Runs one sequence. Returns for each operation whether it was accepted.
async fn sequence(seed: u64) -> Vec<bool> {
    let mut rng = Rng::new(seed);
    let directory = Directory::any(&mut rng);
    let stores = TestStore::open_all(&directory).await;
    let mut accepted = Vec::new();
    let mut history = Vec::new();
    for n in 0..STEPS {
        let step = Step::any(&mut rng, &history);
        let moment = values::moment(&mut rng);
        history.push((fixed_time::change_id(seed, n), moment));
        for target in &stores {
            target.fixed_time.begin(seed, n, moment);
        }
        let [a, b, c, d] = &stores;
        let answers = tokio::join!(
            run_step::run_step(a, &step),
            run_step::run_step(b, &step),
            run_step::run_step(c, &step),
            run_step::run_step(d, &step)
        );
        let answers = [answers.0, answers.1, answers.2, answers.3];
        compare(&answers, || format!("seed {seed}, operation {n}: {step:?}"));
        accepted.push(answers[0].accepted);
    }
    let mut states = Vec::new();
    for target in &stores {
        states.push(final_state::of(target, &history).await);
    }
    let states: [Answer; 4] = states.try_into().expect("one state for each store");
    compare(&states, || format!("seed {seed}, at the end"));
    accepted
}

/// Fails unless all stores have the result of the first.
fn compare(answers: &[Answer; 4], label: impl Fn() -> String) {
    let [expected, others @ ..] = answers;
    for (answer, name) in others.iter().zip(&NAMES[1..]) {
        let same = answer.content == expected.content
            && (answer.counters.is_none() || answer.counters == expected.counters);
        assert!(same, "{name} differs from {}\n{}\n{}", NAMES[0], label(), expected.difference(answer));
    }
}
