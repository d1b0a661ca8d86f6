//! The recorded corpus passes in two tenants at once: each runs the cases in its own order, over users with the same
//! ids.

use std::{collections::BTreeMap, fs, path::Path};

use sqlx::Executor;
use userbook::{Policy, store::ImportStore};
use userbook_sqlx::{SqlStore, host::Backend};
use userbook_tenants::{PostgresTenants, SqliteTenants, Tenants};
use userbook_tests::{
    corpus::{self, Case},
    replay::{Report, replay},
    servers::postgres::Database,
};

use crate::fixture::{limits, name, postgres, sqlite};

const EMPTY: &str = "TRUNCATE userbook_user, userbook_group, userbook_event, userbook_install CASCADE";
const FIRST: &str = "UPDATE userbook_epoch SET value = CASE name WHEN 'next_user' THEN 1 ELSE 0 END";

/// Runs on a thread with a large stack: some responses nest too deeply for the default stack of a debug build.
fn run<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) {
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work());
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap();
}

/// The cases of the second tenant come in the opposite order.
fn both_orders() -> [Vec<Case>; 2] {
    let cases: Vec<Case> = corpus::cases();
    let reversed = cases.iter().rev().cloned().collect();
    [cases, reversed]
}

fn check(reports: [Report; 2]) {
    for report in reports {
        println!("{report}");
        assert!(report.mismatches.is_empty(), "{report}");
    }
}

async fn note<B: Backend>(case: &Case, store: &SqlStore<B>, report: &mut Report) {
    report.note(case, replay(case, store.clone(), Policy::authentik_2025_2()).await.0);
}

async fn in_schema(tenants: &Tenants<PostgresTenants>, tenant: &str, cases: &[Case]) -> Report {
    let mut report = Report::default();
    for case in cases {
        let store = tenants.get(&name(tenant)).await.unwrap();
        for clear in [EMPTY, FIRST] {
            store.pool().execute(clear).await.unwrap();
        }
        store.import(&case.given.import()).await.unwrap();
        note(case, &store, &mut report).await;
    }
    report
}

#[test]
fn both_tenants_on_postgres() {
    run(|| async {
        let database = Database::blank().await;
        let tenants = postgres(database.options(), limits(2));
        for tenant in ["acme", "globex"] {
            tenants.create(&name(tenant)).await.unwrap();
        }
        let [forward, backward] = both_orders();
        let (first, second) =
            tokio::join!(in_schema(&tenants, "acme", &forward), in_schema(&tenants, "globex", &backward));
        check([first, second]);
        tenants.close().await;
    });
}

/// Each case has a tenant of its own, whose file is a copy of the state that the case needs.
async fn in_files(tenants: &Tenants<SqliteTenants>, folder: &Path, prefix: &str, cases: &[Case]) -> Report {
    let (mut report, mut seeded) = (Report::default(), BTreeMap::new());
    for (n, case) in cases.iter().enumerate() {
        if !seeded.contains_key(&case.state) {
            let state = name(&format!("{prefix}-state-{}", seeded.len()));
            tenants.create(&state).await.unwrap();
            let store = tenants.get(&state).await.unwrap();
            store.import(&case.given.import()).await.unwrap();
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(store.pool()).await.unwrap();
            seeded.insert(case.state.clone(), folder.join(format!("{state}.db")));
        }
        let tenant = name(&format!("{prefix}-{n}"));
        let file = folder.join(format!("{tenant}.db"));
        fs::copy(&seeded[&case.state], &file).unwrap();
        let store = tenants.get(&tenant).await.unwrap();
        note(case, &store, &mut report).await;
    }
    report
}

#[test]
fn both_tenants_on_sqlite() {
    run(|| async {
        let folder = tempfile::tempdir().unwrap();
        let tenants = sqlite(folder.path(), limits(4));
        let [forward, backward] = both_orders();
        let (first, second) = tokio::join!(
            in_files(&tenants, folder.path(), "acme", &forward),
            in_files(&tenants, folder.path(), "globex", &backward)
        );
        check([first, second]);
        assert!(tenants.counts().open <= 4);
        tenants.close().await;
    });
}
