//! A few rounds of every fault that needs no cluster: no acknowledged change is lost, and no rejected change is
//! applied. `cargo run --release -p userbook-tests --bin faults -- --rounds full` runs the full size.

use userbook_tests::faults::{Rounds, run};

const ROUNDS: Rounds =
    Rounds { kills: 4, cuts: 10, failovers: 0, node_losses: 0, others: 1, idle_connections: 500 };

fn holds(name: &str) {
    let outcome = run(name, &ROUNDS);
    assert!(outcome.tally.is_clean(), "{name}: {:#?}", outcome.findings);
    assert!(outcome.faults > 0 && outcome.tally.acknowledged > 0, "{name}: nothing happened: {outcome:?}");
}

#[test]
fn nothing_is_lost_on_sqlite() {
    holds("sqlite");
}

#[test]
fn nothing_is_lost_on_postgres() {
    holds("postgres");
}

#[test]
fn nothing_is_lost_on_mariadb() {
    holds("mariadb");
}

#[test]
fn nothing_is_lost_when_the_host_fails() {
    holds("host");
}
