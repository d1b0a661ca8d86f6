//! The laws of stores.

use userbook_conformance::{
    run_batch_cases, run_import_cases, run_list_cases, run_provisioning_cases, run_session_cases,
    run_store_cases,
};
use userbook_tests::servers::postgres::Pooled;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs PgBouncer 1.21"]
async fn users() {
    assert!(!run_store_cases::<Pooled>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs PgBouncer 1.21"]
async fn provisioning() {
    assert!(!run_provisioning_cases::<Pooled>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs PgBouncer 1.21"]
async fn sessions() {
    assert!(!run_session_cases::<Pooled>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs PgBouncer 1.21"]
async fn batches() {
    assert!(!run_batch_cases::<Pooled>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs PgBouncer 1.21"]
async fn imports() {
    assert!(!run_import_cases::<Pooled>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs PgBouncer 1.21"]
async fn lists() {
    assert!(!run_list_cases::<Pooled>().await.is_empty());
}
