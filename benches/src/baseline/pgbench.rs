//! `pgbench` with statements as one writes them by hand for exactly one kind of request: the minimum that PostgreSQL
//! needs. The scripts are frozen: they do not change with the statements of the store.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use crate::{Failure, measure::program, stats::percentile};

/// The update of the store measurements, another name: a load and a commit.
pub const UPDATE: &str = include_str!("sql/update_postgres.pgbench");

/// A PUT to the reference server: token, grants, a load and a commit.
pub const PUT: &str = include_str!("sql/put_postgres.pgbench");

/// The users of each client of [`UPDATE`]: client 0 updates 1 to 1000.
pub const USERS_EACH: i64 = 1000;

/// The time for the start and the end of a run.
const MARGIN: Duration = Duration::from_secs(30);

/// The result of a run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Transactions per second.
    pub rate: f64,
    /// The 99th percentile of their times, in milliseconds.
    pub p99: f64,
    /// The number of transactions.
    pub transactions: usize,
}

/// `pgbench` with one script against one database.
#[derive(Debug)]
pub struct Pgbench {
    script: PathBuf,
    folder: PathBuf,
    target: PgConnectOptions,
}

impl Pgbench {
    /// Writes the script into this folder.
    pub fn new(folder: &Path, target: PgConnectOptions, script: &str) -> Result<Self, Failure> {
        let folder = folder.join("pgbench");
        fs::create_dir_all(&folder)?;
        let file = folder.join("script");
        fs::write(&file, script)?;
        Ok(Self { script: file, folder, target })
    }

    /// Runs this many clients for this many seconds.
    pub fn run(&self, clients: u32, seconds: u64) -> Result<Run, Failure> {
        let url = self.target.to_url_lossy();
        let mut pgbench = Command::new(pgbench());
        pgbench
            .args(["--no-vacuum", "--protocol=prepared", "--log"])
            .arg(format!("--log-prefix={}", self.folder.join("log").display()))
            .arg(format!("--file={}", self.script.display()))
            .args([
                format!("--client={clients}"),
                format!("--jobs={}", clients.min(2)),
                format!("--time={seconds}"),
            ])
            .args(["-h", self.target.get_host(), "-p", &self.target.get_port().to_string()])
            .args(["-U", self.target.get_username(), self.target.get_database().unwrap_or_default()])
            .env("PGPASSWORD", url.password().unwrap_or_default());
        let output = program::output(&mut pgbench, Duration::from_secs(seconds) + MARGIN)
            .map_err(|error| format!("{error} (part of package postgresql)"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let times = self.times()?;
        let failed = text.lines().any(|line| {
            line.strip_prefix("number of failed transactions: ").is_some_and(|count| !count.starts_with("0 "))
        });
        let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        match rate {
            Some(rate) if output.status.success() && !failed => {
                Ok(Run { rate, p99: percentile(&times, 0.99) / 1000.0, transactions: times.len() })
            }
            _ => Err(format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }

    /// Returns the microseconds of each transaction, and removes the logs.
    fn times(&self) -> Result<Vec<f64>, Failure> {
        let mut times = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let file = entry?.path();
            if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log.")) {
                let microseconds = |line: &str| line.split(' ').nth(2)?.parse::<f64>().ok();
                times.extend(fs::read_to_string(&file)?.lines().filter_map(microseconds));
                fs::remove_file(file)?;
            }
        }
        Ok(times)
    }
}

/// Returns the path of Debian's packages, or the shell's search path.
fn pgbench() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin/pgbench")).collect();
    found.sort();
    found.into_iter().rev().find(|file| file.is_file()).unwrap_or_else(|| "pgbench".into())
}
