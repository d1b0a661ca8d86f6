//! The measurements of the benchmarks, their baselines, and the report.
//!
//! | module | contains |
//! | --- | --- |
//! | [`baseline`] | code that users would write instead, or the minimum cost of the storage |
//! | [`measure`] | one file for each figure of the report |
//! | [`directory`], [`traffic`] | the users, groups and requests of all measurements |
//! | [`stats`], [`figure`], [`plot`] | medians and ratios, lines of the report, and plots |
//!
//! What it must not know: internals that a host does not know. It uses the crates as hosts do, and reads the SQL files
//! of the stores, so that baselines run the same statements.
//!
//! ```
//! use userbook_benches::stats::paired;
//!
//! let work = |rounds: u32| move || f64::from((0..rounds).map(std::hint::black_box).sum::<u32>());
//! assert_eq!(paired(3, work(5), work(3)).ratio(), 10.0 / 3.0);
//! ```
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::missing_errors_doc,
    reason = "programs that print numbers which doubles hold well enough"
)]

pub mod baseline;
pub mod directory;
pub mod figure;
pub mod measure;
pub mod plot;
pub mod stats;
pub mod traffic;

/// The reason for a missing figure.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

pub use directory::{group, group_id, user};
