//! The server.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqlSafeStr, postgres::PgConnectOptions,
};
use userbook_sqlx::{PostgresStore, postgres::pool_options};

use crate::servers::{
    package::install,
    supervisor::{Account, Supervised},
};

/// The environment variable that names a server to be used instead, as a user who may make databases.
const GIVEN: &str = "USERBOOK_TEST_POSTGRES_URL";

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running server.
#[derive(Debug)]
pub struct Server {
    admin: PgConnectOptions,
    /// What the names of all databases begin with.
    prefix: String,
    databases: AtomicU64,
    /// Keeps a server of our own running.
    own: Option<Supervised>,
}

/// The server of this process.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| block_on(Server::start()))
}

/// Runs something to its end on a runtime of its own, also inside another.
pub(super) fn block_on<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(future)
        };
        scope.spawn(work).join().expect("what it waits for ends well")
    })
}

impl Server {
    async fn start() -> Self {
        let (admin, process) = if let Ok(url) = std::env::var(GIVEN) {
            (url.parse().unwrap_or_else(|error| panic!("{GIVEN}: {error}")), None)
        } else {
            let (admin, process) = start_own().await;
            (admin, Some(process))
        };
        let unique = RandomState::new().build_hasher().finish();
        let prefix = format!("userbook_test_{unique:016x}");
        let server = Self { admin, prefix, databases: AtomicU64::new(0), own: process };
        if let Some(template) = server.template() {
            server.create(template, "template0").await;
            let pool = pool_options().max_connections(1).connect_with(server.options(template)).await;
            let store = PostgresStore::new(pool.expect("the new database can be opened"));
            store.migrate().await.expect("a new database can be migrated");
            store.pool().close().await;
        }
        server
    }

    /// How to connect to a database.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        self.admin.clone().database(database).disable_statement_logging()
    }

    /// A new name for a database.
    pub(super) fn name(&self) -> String {
        format!("{}_{}", self.prefix, self.databases.fetch_add(1, Ordering::SeqCst))
    }

    /// The migrated database that others are copies of, which is faster. It goes with the server, so there is none
    /// on a server that stays.
    pub(super) fn template(&self) -> Option<&str> {
        self.own.is_some().then_some(self.prefix.as_str())
    }

    /// Makes a database.
    pub(super) async fn create(&self, name: &str, template: &str) {
        self.run(format!("CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")).await;
    }

    /// Runs a statement of an administrator's.
    pub async fn run(&self, sql: String) {
        let mut admin = self.admin.connect().await.expect("the server is there");
        let done = admin.execute(AssertSqlSafe(sql.clone()).into_sql_str()).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        admin.close().await.expect("a connection can be closed");
    }
}

/// Starts a server on a free port, with a password that nobody else knows.
async fn start_own() -> (PgConnectOptions, Supervised) {
    let programs = programs();
    let account = Account::unprivileged(&["postgres", "nobody"]);
    let folder = account.folder("userbook-postgres-");
    let data = folder.join("data");
    let password = format!("{:016x}", RandomState::new().build_hasher().finish());
    let secret = folder.join("password");
    std::fs::write(&secret, &password).expect("the folder can be written");
    let made = account
        .command(programs.join("initdb"))
        .args(["--username=userbook", "--auth=password", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .arg(format!("--pgdata={}", data.display()))
        .arg(format!("--pwfile={}", secret.display()))
        .current_dir(&folder)
        .output()
        .expect("initdb can be started");
    assert!(made.status.success(), "initdb: {made:?}");

    let port = free_port();
    let settings = [
        programs.join("postgres").display().to_string(),
        format!("-D{}", data.display()),
        format!("--unix_socket_directories={}", folder.display()),
        "--listen_addresses=127.0.0.1".to_owned(),
        format!("--port={port}"),
        "--max_connections=200".to_owned(),
        // Nothing here has to outlive a loss of power.
        "--fsync=off".to_owned(),
        "--full_page_writes=off".to_owned(),
    ];
    let settings: Vec<_> = settings.iter().map(String::as_str).collect();
    let process = Supervised::start(account, &folder, "QUIT", &settings);
    let admin = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username("userbook")
        .password(&password)
        .database("postgres")
        .disable_statement_logging();
    let started = Instant::now();
    while let Err(error) = try_connect(&admin).await {
        assert!(started.elapsed() < PATIENCE, "PostgreSQL does not start: {error}\n{}", process.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (admin, process)
}

async fn try_connect(options: &PgConnectOptions) -> sqlx::Result<()> {
    PgConnection::connect_with(options).await?.close().await
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

/// Where the server's programs are; the package that brings them is installed if there are none.
fn programs() -> PathBuf {
    find().unwrap_or_else(|| {
        install("postgresql", &format!("name a server of yours in {GIVEN}"));
        find().expect("the package brings them")
    })
}

/// The newest version that Debian keeps, or what the shell would find.
fn find() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let has = |folder: &Path, program| folder.join(program).is_file();
    folders.into_iter().find(|folder| has(folder, "initdb") && has(folder, "postgres"))
}
