//! Properties of every request, checked with many generated requests.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod directory;
mod generate;

mod updates;
mod wire;

use userbook_tests::fixture::{AnyStore, Kind, store};

/// Runs a test on a fresh directory.
fn on_a_directory<T>(test: impl AsyncFnOnce(AnyStore) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { test(store(Kind::Memory).await).await })
}
