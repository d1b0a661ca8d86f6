//! A server process of this test run, which can be killed and restarted.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    path::{Path, PathBuf},
    process::Output,
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};

use super::server::GIVEN;
use crate::servers::{
    certificates::Certificates,
    free_port,
    package::found,
    supervisor::{Account, Supervised},
};

/// The accounts for a server that root starts.
pub(super) const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A server on a free loopback port with a random password. The server ends with this process.
#[derive(Debug)]
pub struct Instance {
    account: Account,
    folder: PathBuf,
    port: u16,
    password: String,
    /// Additional command-line settings.
    more: Vec<String>,
    /// `None` after a kill.
    process: Option<Supervised>,
}

impl Instance {
    /// Creates certificates for a server.
    pub fn certificates() -> Certificates {
        // The account comes with the package.
        programs();
        Certificates::new(&ACCOUNTS)
    }

    /// Starts a new server with these settings (`--name=value`).
    pub async fn new(more: &[&str]) -> Self {
        let password = format!("{:016x}", RandomState::new().build_hasher().finish());
        let mut instance = Self::prepared(password, more.iter().map(|&setting| setting.to_owned()).collect());
        let secret = instance.folder.join("password");
        std::fs::write(&secret, &instance.password).expect("the folder can be written");
        instance.make(
            "initdb",
            &[
                "--username=userbook".to_owned(),
                "--auth=password".to_owned(),
                "--encoding=UTF8".to_owned(),
                "--locale=C".to_owned(),
                "--no-sync".to_owned(),
                format!("--pwfile={}", secret.display()),
            ],
        );
        instance.start().await;
        instance
    }

    /// Starts a new standby of this server with the same settings.
    pub async fn standby(&self) -> Self {
        let mut standby = Self::prepared(self.password.clone(), self.more.clone());
        standby.make(
            "pg_basebackup",
            &[
                "--write-recovery-conf".to_owned(),
                "--checkpoint=fast".to_owned(),
                "--no-sync".to_owned(),
                format!(
                    "--dbname=host=127.0.0.1 port={} user=userbook password={}",
                    self.port, self.password
                ),
            ],
        );
        standby.start().await;
        standby
    }

    fn prepared(password: String, more: Vec<String>) -> Self {
        let account = Account::unprivileged(&ACCOUNTS);
        let folder = account.folder("userbook-postgres-");
        Self { account, folder, port: free_port(), password, more, process: None }
    }

    /// Runs a program that creates the data folder.
    fn make(&self, program: &str, arguments: &[String]) {
        let made: Output = self
            .account
            .command(programs().join(program))
            .arg(format!("--pgdata={}", self.data().display()))
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap_or_else(|error| panic!("{program} can't be started: {error}"));
        assert!(made.status.success(), "{program}: {made:?}");
    }

    /// Returns the data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Returns connection options of the superuser.
    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username("userbook")
            .password(&self.password)
            .database("postgres")
            .disable_statement_logging()
    }

    /// Returns the URL of a database through this port, without TLS: a proxy reads plain messages.
    pub fn url(&self, port: u16, database: &str) -> String {
        format!("postgres://userbook:{}@127.0.0.1:{port}/{database}?sslmode=disable", self.password)
    }

    /// Returns the password of the superuser `userbook`.
    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// Returns the server's own port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts or restarts the server and waits until it answers.
    pub async fn start(&mut self) {
        self.launch();
        // The refused starts of earlier runs.
        let mut failed_starts = self.failed_starts();
        let started = Instant::now();
        while let Err(error) = try_connect(&self.options()).await {
            assert!(started.elapsed() < PATIENCE, "PostgreSQL does not start: {error}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
            if self.failed_starts() > failed_starts {
                failed_starts = self.failed_starts();
                self.kill();
                self.launch();
            }
        }
    }

    /// Counts the starts that failed because a child process of the killed server still held shared memory.
    fn failed_starts(&self) -> usize {
        self.log().matches("pre-existing shared memory block").count()
    }

    /// Starts the server without waiting.
    pub fn launch(&mut self) {
        let settings = [
            programs().join("postgres").display().to_string(),
            format!("-D{}", self.data().display()),
            format!("--unix_socket_directories={}", self.folder.display()),
            "--listen_addresses=127.0.0.1".to_owned(),
            format!("--port={}", self.port),
            "--max_connections=200".to_owned(),
        ];
        let settings: Vec<_> = settings.iter().chain(&self.more).map(String::as_str).collect();
        self.process = Some(Supervised::start(self.account, &self.folder, "QUIT", &settings));
    }

    /// Kills all processes of the server (SIGKILL).
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// Kills a running server and removes its data.
    pub fn destroy(mut self) {
        if self.process.is_some() {
            self.kill();
        }
        std::fs::remove_dir_all(&self.folder).expect("the folder is ours");
    }

    /// Freezes the server (SIGSTOP).
    pub fn freeze(&mut self) {
        self.process.as_mut().expect("it runs").freeze();
    }

    /// Resumes a frozen server.
    pub fn thaw(&mut self) {
        self.process.as_mut().expect("it runs").thaw();
    }

    /// Promotes this standby and waits until it is a primary.
    pub async fn promote(&self) {
        self.run("SELECT pg_promote()").await;
    }

    /// Runs a statement as administrator.
    pub async fn run(&self, sql: &str) {
        let mut admin = self.options().connect().await.expect("the server answers");
        admin.execute(AssertSqlSafe(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        admin.close().await.expect("a connection can be closed");
    }

    fn log(&self) -> String {
        self.process.as_ref().map(Supervised::log).unwrap_or_default()
    }
}

async fn try_connect(options: &PgConnectOptions) -> sqlx::Result<()> {
    PgConnection::connect_with(options).await?.close().await
}

/// Returns the folder of the server's programs; installs the package if they are missing.
fn programs() -> PathBuf {
    found("postgresql", &format!("name a server of yours in {GIVEN}"), find)
}

/// Returns the newest version in Debian's folders, or the shell's search path.
fn find() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let has = |folder: &Path, program| folder.join(program).is_file();
    folders.into_iter().find(|folder| has(folder, "initdb") && has(folder, "postgres"))
}
