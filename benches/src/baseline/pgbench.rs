//! `pgbench` on the store's two statements, prepared: the least that PostgreSQL takes for an update.
//!
//! Every value that differs between two updates of this kind is a parameter. `pgbench` cannot bind null, so what is
//! null in all of them stands in the statement as such, which the planner can only profit from.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use crate::{Failure, stats::percentile};

const LOAD: &str = include_str!("../../../crates/userbook-sqlx/src/postgres/sql/load.sql");
const COMMIT: &str = include_str!("../../../crates/userbook-sqlx/src/postgres/sql/commit.sql");

/// How many users each client has to itself.
pub const USERS_EACH: i64 = 1000;

/// The revision that a user has after so many rounds, as SQL: what a client would have read is worked out instead.
const REVISION: &str = "md5(:user || '/' || :round)::uuid";
const NEXT: &str = "md5(:user || '/' || :next)::uuid";

/// The statement that gives all users the revision of round zero.
pub const RESET: &str = "UPDATE userbook_user SET revision = md5(id || '/0')::uuid";

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Updates a second.
    pub rate: f64,
    /// The 99th percentile of their times, in milliseconds.
    pub p99: f64,
    /// How many there were.
    pub updates: usize,
}

/// `pgbench` against one database.
#[derive(Debug)]
pub struct Pgbench {
    script: PathBuf,
    folder: PathBuf,
    target: PgConnectOptions,
}

impl Pgbench {
    /// Writes the script; `body` is an event as JSON.
    pub fn new(folder: &Path, target: PgConnectOptions, body: &str) -> Result<Self, Failure> {
        let load =
            filled(LOAD, &[":user", "NULL::text", "'{}'::uuid[]", "NULL::bigint", "false", "NULL::uuid"]);
        let commit = filled(
            COMMIT,
            &[
                ":user",
                REVISION,
                NEXT,
                ":version",
                "NULL::text",
                "'Number ' || :n",
                "NULL::boolean",
                "false",
                "NULL::timestamptz",
                "NULL::text",
                "NULL::text",
                "NULL::text",
                "NULL::text",
                "NULL::bigint",
                "false",
                "NULL::bigint",
                "false",
                "NULL::bigint",
                "NULL::uuid",
                "'{}'::uuid[]",
                "'{}'::uuid[]",
                NEXT,
                "'user_updated'",
                ":user",
                "NULL::uuid",
                ":version",
                "now()",
                ":body",
            ],
        );
        let script = format!(
            "\\set n :n + 1\n\\set user :client_id * {USERS_EACH} + :n % {USERS_EACH} + 1\n\
             \\set round :n / {USERS_EACH}\n\\set next :round + 1\n\\set version :round + 2\n{load};\n{commit};\n"
        );
        fs::create_dir_all(folder)?;
        let file = folder.join("update.pgbench");
        fs::write(
            &file,
            script.replace(":body", &format!("'{}'", body.replace('\'', "''").replace(':', ": "))),
        )?;
        Ok(Self { script: file, folder: folder.to_owned(), target })
    }

    /// So many clients for so many seconds.
    pub fn run(&self, clients: u32, seconds: u64) -> Result<Run, Failure> {
        let url = self.target.to_url_lossy();
        let prefix = self.folder.join("log");
        let output = Command::new(program())
            .args(["--no-vacuum", "--protocol=prepared", "--define=n=-1", "--log"])
            .arg(format!("--log-prefix={}", prefix.display()))
            .arg(format!("--file={}", self.script.display()))
            .args([
                format!("--client={clients}"),
                format!("--jobs={}", clients.min(2)),
                format!("--time={seconds}"),
            ])
            .args(["-h", self.target.get_host(), "-p", &self.target.get_port().to_string()])
            .args(["-U", self.target.get_username(), self.target.get_database().unwrap_or_default()])
            .env("PGPASSWORD", url.password().unwrap_or_default())
            .output()?;
        let told = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("pgbench: {told}{}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let rate = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        let mut times = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let file = entry?.path();
            if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log.")) {
                let microseconds = |line: &str| line.split(' ').nth(2)?.parse::<f64>().ok();
                times.extend(fs::read_to_string(&file)?.lines().filter_map(microseconds));
                fs::remove_file(file)?;
            }
        }
        let rate = rate.ok_or_else(|| format!("pgbench tells no rate: {told}"))?;
        Ok(Run { rate, p99: percentile(&times, 0.99) / 1000.0, updates: times.len() })
    }
}

/// A statement with these expressions in place of its parameters, without comments: a colon in one would be taken
/// for a variable.
fn filled(statement: &str, values: &[&str]) -> String {
    let lines = statement.lines().filter(|line| !line.trim_start().starts_with("--"));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    for (n, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", n + 1), value);
    }
    text
}

/// Where Debian keeps it, or what the shell would find.
fn program() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin/pgbench")).collect();
    found.sort();
    found.into_iter().rev().find(|file| file.is_file()).unwrap_or_else(|| "pgbench".into())
}
