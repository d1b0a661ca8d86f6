//! PgBouncer in front of a PostgreSQL server: <https://www.pgbouncer.org/config.html>.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions, Connection, postgres::PgConnectOptions};

use super::instance::{ACCOUNTS, Instance};
use crate::servers::{
    free_port,
    package::found,
    supervisor::{Account, Supervised},
};

/// The environment variable with the path of the program.
const PROGRAM: &str = "USERBOOK_TEST_PGBOUNCER";

/// The first release that tracks prepared statements.
const TRACKS_STATEMENTS: (u32, u32) = (1, 21);

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The guide, whose settings are under test.
const GUIDE: &str = include_str!("../../../../crates/userbook-server/docs/operations.md");

/// A running PgBouncer with a server of its own. Both end with this process.
#[derive(Debug)]
pub struct PgBouncer {
    server: Instance,
    port: u16,
    process: Supervised,
}

impl PgBouncer {
    /// The connections to the server for each database.
    pub const SERVER_CONNECTIONS: u8 = 3;

    /// Starts PgBouncer in transaction mode with the settings of the guide, and gives the role those of the guide.
    pub async fn in_transaction_mode() -> Self {
        let server = Instance::new(&["--fsync=off", "--full_page_writes=off"]).await;
        server.run(&guide("sql")).await;
        let account = Account::unprivileged(&ACCOUNTS);
        let folder = account.folder("userbook-pgbouncer-");
        let port = free_port();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=userbook password={}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             max_client_conn = 1000\ndefault_pool_size = {}\n{}",
            server.port(),
            server.password(),
            Self::SERVER_CONNECTIONS,
            guide("ini"),
        );
        let file = folder.join("pgbouncer.ini").display().to_string();
        std::fs::write(&file, settings).expect("the folder can be written");
        let program = program().display().to_string();
        let process = Supervised::start(account, &folder, "INT", &[&program, &file]);
        let bouncer = Self { server, port, process };
        let started = Instant::now();
        while let Err(error) = bouncer.answers().await {
            assert!(
                started.elapsed() < PATIENCE,
                "PgBouncer does not start: {error}\n{}",
                bouncer.process.log()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bouncer
    }

    async fn answers(&self) -> sqlx::Result<()> {
        self.options().connect().await?.close().await
    }

    /// Returns the server behind it.
    pub fn server(&self) -> &Instance {
        &self.server
    }

    /// Returns connection options through PgBouncer.
    pub fn options(&self) -> PgConnectOptions {
        self.server.options().port(self.port)
    }
}

/// Returns the block of the guide's chapter that is marked with this language.
fn guide(language: &str) -> String {
    let (_, chapter) = GUIDE.split_once("\n## PgBouncer\n").expect("the guide has a chapter");
    let (_, block) = chapter.split_once(&format!("\n```{language}\n")).expect("the chapter has the block");
    block.split_once("```").expect("blocks end").0.to_owned()
}

/// Returns a program that tracks prepared statements.
fn program() -> PathBuf {
    let program = std::env::var_os(PROGRAM).map(PathBuf::from);
    let program =
        program.unwrap_or_else(|| found("pgbouncer", &format!("name a program of yours in {PROGRAM}"), find));
    let output = Command::new(&program).arg("--version").output();
    let output = output.unwrap_or_else(|error| panic!("{} cannot be run: {error}", program.display()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = || -> Option<(u32, u32)> {
        let mut numbers = text.split_whitespace().nth(1)?.split('.').map(|number| number.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    let version = version().unwrap_or_else(|| panic!("PgBouncer names no version: {text:?}"));
    assert!(
        version >= TRACKS_STATEMENTS,
        "{} is version {version:?} and does not track prepared statements: name version 1.21 or later in {PROGRAM}",
        program.display(),
    );
    program
}

/// Returns the program of the distribution.
fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    folders.into_iter().map(|folder| folder.join("pgbouncer")).find(|program| program.is_file())
}
