//! `pgbench` with the store's two prepared statements: the minimum that PostgreSQL needs for an update.
//!
//! The statements are prepared by name and executed with the values that the store binds. `pgbench` cannot bind null,
//! so a second variant has literal nulls for parameters that are null in every update of this kind, and the planner
//! removes them. This variant does less work than the store, and shows the cost of using one statement for all
//! updates.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use userbook_sqlx::{Placeholders, resolve};

use crate::{Failure, stats::percentile};

const LOAD: &str = include_str!("../../../crates/userbook-sqlx/src/postgres/sql/load.sql");
const COMMIT: &str = include_str!("../../../crates/userbook-sqlx/src/postgres/sql/commit_fields.sql");

/// The number of users of each client.
pub const USERS_EACH: i64 = 1000;

/// The revision of a user in a round, as an SQL expression, in place of a value that a client would have read.
const REVISION: &str = "md5(:user || '/' || :round)::uuid";
const NEXT: &str = "md5(:user || '/' || :next)::uuid";

/// Sets the revision of all users to that of round zero.
pub const RESET: &str = "UPDATE userbook_user SET revision = md5(id || '/0')::uuid";

/// The result of a run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Updates per second.
    pub rate: f64,
    /// The 99th percentile of their times, in milliseconds.
    pub p99: f64,
    /// The number of updates.
    pub updates: usize,
}

/// How `pgbench` runs the statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The same text with the same parameters.
    Same,
    /// Literal nulls in place of parameters that are always null.
    Folded,
}

/// `pgbench` against one database.
#[derive(Debug)]
pub struct Pgbench {
    way: Way,
    script: PathBuf,
    folder: PathBuf,
    target: PgConnectOptions,
}

/// The types and values of a load's parameters.
const LOAD_VALUES: [(&str, &str, &str); 7] = [
    ("target_id", "bigint", ":user"),
    ("target_uuid", "uuid", "NULL::uuid"),
    ("username", "text", "NULL::text"),
    ("groups", "uuid[]", "'{}'::uuid[]"),
    ("actor", "bigint", "NULL::bigint"),
    ("other_superusers", "boolean", "false"),
    ("change", "uuid", "NULL::uuid"),
];

/// The types and values of a commit's parameters.
const COMMIT_VALUES: [(&str, &str, &str); 21] = [
    ("user", "bigint", ":user"),
    ("expected", "uuid", REVISION),
    ("revision", "uuid", NEXT),
    ("version", "bigint", ":version"),
    ("session_epoch", "uuid", "NULL::uuid"),
    ("username", "text", "NULL::text"),
    ("name", "text", "'Number ' || :n"),
    ("is_active", "boolean", "NULL::boolean"),
    ("sets_last_login", "boolean", "false"),
    ("last_login", "timestamptz", "NULL::timestamptz"),
    ("email", "text", "NULL::text"),
    ("attributes", "text", "NULL::text"),
    ("path", "text", "NULL::text"),
    ("type", "text", "NULL::text"),
    ("event_id", "uuid", NEXT),
    ("event_kind", "text", "'user_updated'"),
    ("event_user", "bigint", ":user"),
    ("event_group", "uuid", "NULL::uuid"),
    ("event_version", "bigint", ":version"),
    ("event_time", "timestamptz", "now()"),
    ("event_body", "text", ":body"),
];

impl Pgbench {
    /// Writes the script; `body` is an event as JSON.
    pub fn new(folder: &Path, target: PgConnectOptions, body: &str, way: Way) -> Result<Self, Failure> {
        let statements = match way {
            Way::Same => format!(
                "\\if :n = 0\n{};\n{};\n\\endif\n{};\n{};\n",
                prepare("load", LOAD, &LOAD_VALUES),
                prepare("save", COMMIT, &COMMIT_VALUES),
                execute("load", LOAD, &LOAD_VALUES),
                execute("save", COMMIT, &COMMIT_VALUES),
            ),
            Way::Folded => format!("{};\n{};\n", filled(LOAD, &LOAD_VALUES), filled(COMMIT, &COMMIT_VALUES)),
        };
        let script = format!(
            "\\set n :n + 1\n\\set user :client_id * {USERS_EACH} + :n % {USERS_EACH} + 1\n\
             \\set round :n / {USERS_EACH}\n\\set next :round + 1\n\\set version :round + 2\n{statements}"
        );
        fs::create_dir_all(folder)?;
        let file = folder.join(format!("{way:?}.pgbench"));
        let body = body.replace('\'', "''").replace(':', ": ");
        fs::write(&file, script.replace(":body", &format!("'{body}'")))?;
        Ok(Self { way, script: file, folder: folder.to_owned(), target })
    }

    /// Runs this many clients for this many seconds.
    pub fn run(&self, clients: u32, seconds: u64) -> Result<Run, Failure> {
        let url = self.target.to_url_lossy();
        let prefix = self.folder.join("log");
        let output = Command::new(program())
            .args(["--no-vacuum", "--define=n=-1", "--log"])
            .arg(match self.way {
                Way::Same => "--protocol=simple",
                Way::Folded => "--protocol=prepared",
            })
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
            .env("PGOPTIONS", "-c plan_cache_mode=force_generic_plan")
            .output()?;
        let output_text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("pgbench: {output_text}{}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let rate =
            output_text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        let mut times = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let file = entry?.path();
            if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log.")) {
                let microseconds = |line: &str| line.split(' ').nth(2)?.parse::<f64>().ok();
                times.extend(fs::read_to_string(&file)?.lines().filter_map(microseconds));
                fs::remove_file(file)?;
            }
        }
        let rate = rate.ok_or_else(|| format!("pgbench reports no rate: {output_text}"))?;
        Ok(Run { rate, p99: percentile(&times, 0.99) / 1000.0, updates: times.len() })
    }
}

type Values = [(&'static str, &'static str, &'static str)];

/// A statement with numbered parameters, and their types and values in order.
fn resolved(statement: &'static str, values: &Values) -> (String, Vec<(&'static str, &'static str)>) {
    let resolved = resolve(statement, Placeholders::Numbered);
    let find = |name: &&str| values.iter().find(|(parameter, ..)| parameter == name);
    let values = resolved.parameters.iter().filter_map(find).map(|(_, kind, value)| (*kind, *value));
    (resolved.text, values.collect())
}

fn prepare(name: &str, statement: &'static str, values: &Values) -> String {
    let (text, values) = resolved(statement, values);
    let types: Vec<_> = values.iter().map(|(kind, _)| *kind).collect();
    format!("PREPARE {name} ({}) AS {text}", types.join(", "))
}

fn execute(name: &str, statement: &'static str, values: &Values) -> String {
    let values: Vec<_> = resolved(statement, values).1.iter().map(|(_, value)| *value).collect();
    format!("EXECUTE {name} ({})", values.join(", "))
}

/// A statement with these expressions in place of its parameters.
fn filled(statement: &'static str, values: &Values) -> String {
    let (mut text, values) = resolved(statement, values);
    for (n, (_, value)) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", n + 1), value);
    }
    text
}

/// Returns the path of Debian's packages, or the shell's search path.
pub(crate) fn program() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin/pgbench")).collect();
    found.sort();
    found.into_iter().rev().find(|file| file.is_file()).unwrap_or_else(|| "pgbench".into())
}
