//! One file for each figure of the report.

mod build;
mod bulk;
mod decide;
mod denied;
mod http;
mod instructions;
mod lists;
mod load;
mod mariadb;
mod memberships;
mod memory_pipeline;
mod memory_threads;
mod peer;
mod postgres;
pub(crate) mod program;
mod reader_harm;
mod scale;
mod scim_filters;
mod scim_patch;
mod seeds;
mod server;
mod server_put;
mod slow_sync;
mod sqlite;
mod updates;
mod wrk;

use std::path::PathBuf;

pub use memory_threads::load_and_commit;
pub use sqlite::updates_of;
pub use updates::{new_name, rename};

use crate::{Failure, figure::Figure, plot::Series};

/// The settings of a measurement.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Shorter and smaller measurements, to check that they work.
    pub quick: bool,
    /// A folder on a real disk.
    pub folder: PathBuf,
}

impl Setting {
    /// Returns one of two numbers, depending on `quick`.
    pub fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// The results of a measurement.
#[derive(Debug, Default)]
pub struct Found {
    /// Lines of the report.
    pub figures: Vec<Figure>,
    /// Plots, each with a file name.
    pub plots: Vec<(&'static str, Picture)>,
}

/// A plot of several series.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The title.
    pub title: &'static str,
    /// The axes: horizontal, vertical.
    pub axes: [&'static str; 2],
    /// The series.
    pub series: Vec<Series>,
}

impl From<Figure> for Found {
    fn from(figure: Figure) -> Self {
        Self { figures: vec![figure], plots: Vec::new() }
    }
}

/// A measurement.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// The names of its figures.
    pub names: &'static [&'static str],
    /// The function that measures.
    pub run: fn(&Setting) -> Result<Found, Failure>,
    /// Whether it runs only when requested by name.
    pub only_by_name: bool,
}

const fn always(names: &'static [&'static str], run: fn(&Setting) -> Result<Found, Failure>) -> Measure {
    Measure { names, run, only_by_name: false }
}

/// All measurements in the order of the report.
pub const ALL: &[Measure] = &[
    always(&["decide_ns", "decide_faulty_ns"], decide::run),
    always(&["instructions_per_update", "instructions_per_join"], instructions::run),
    always(&["memory_pipeline_vs_handwritten"], memory_pipeline::run),
    always(&["memory_threads_vs_map"], memory_threads::run),
    always(&["sqlite_vs_rusqlite", "sqlite_group_16_vs_rusqlite", "sqlite_group_16_slow_sync"], sqlite::run),
    always(&["postgres_vs_handwritten", "postgres_p99_vs_handwritten"], postgres::run),
    always(&["mariadb_vs_handwritten"], mariadb::run),
    always(&["bulk_10000_vs_single"], bulk::run),
    always(&["axum_vs_handwritten"], http::put),
    always(&["list_page_vs_handwritten"], http::list_page),
    always(&["denied_vs_echo", "denied_1mib_vs_1kib"], denied::run),
    always(&["memberships_1000_vs_1", "depth_20_vs_1"], memberships::run),
    always(&["scale_1e7_vs_1e3"], scale::run),
    always(&["lists_1e6_vs_1e3", "list_search_ms", "list_attributes_ms"], lists::run),
    always(&["scim_filters_1e6_vs_1e3"], scim_filters::run),
    always(&["scim_patch_vs_patch"], scim_patch::run),
    always(&["reader_harm"], reader_harm::run),
    always(&["peer_scim_server_memory_5000", "peer_scim_server_sqlite_1000"], peer::run),
    always(&["server_put_memory"], server_put::memory),
    always(
        &[
            "server_put_sqlite_1",
            "server_put_sqlite",
            "server_put_sqlite_growth",
            "server_put_sqlite_slow_sync",
        ],
        server_put::sqlite,
    ),
    always(&["server_put_postgres", "server_put_postgres_growth"], server_put::postgres),
    always(&["server_put_mariadb"], server_put::mariadb),
    always(&["server_ready_ms", "server_idle_mib", "server_binary_mib"], server::run),
    Measure {
        names: &["core_build_s", "core_dependencies", "server_build_s"],
        run: build::run,
        only_by_name: true,
    },
];
