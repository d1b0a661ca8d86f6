//! What the benchmarks measure, what they compare it with, and how a report is made of it.
//!
//! | module | is |
//! | --- | --- |
//! | [`baseline`] | what users would otherwise write, or the least that the storage must cost |
//! | [`measure`] | one file for each figure of the report |
//! | [`directory`], [`traffic`] | the users, groups and requests that all of them work on |
//! | [`stats`], [`figure`], [`plot`] | medians and ratios, a line of the report, and a picture |
//!
//! What it must not know: anything that a host could not know too. It uses the crates as hosts do, and the SQL files
//! of the stores as text, so that baselines run the very same statements.
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

/// Why there is no figure.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

pub use directory::{group, group_id, user};
