//! MariaDB: a server for this test process, and a database on it for each test.

use std::{
    io::Read,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{
    AssertSqlSafe, Connection, MySqlConnection, MySqlPool, SqlSafeStr,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};
use userbook_sqlx::mysql::{connect_options, pool_options};

use super::{
    package::install,
    supervisor::{Account, Supervised},
};

/// The environment variable that names a server to be used instead, as a user who may make databases.
pub const GIVEN: &str = "USERBOOK_TEST_MYSQL_URL";

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

struct Server {
    options: MySqlConnectOptions,
    /// Keeps a server of our own running.
    own: Option<Supervised>,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var(GIVEN) {
        Ok(url) => Server {
            options: connect_options(&url).unwrap_or_else(|error| panic!("{GIVEN}: {error}")),
            own: None,
        },
        Err(_) => start(),
    })
}

/// A new server with defaults that the store must not depend on: another character set, another time zone, and
/// the isolation level that comes with MariaDB.
fn start() -> Server {
    let daemon = need("mariadbd");
    let install = need("mariadb-install-db");
    let account = Account::unprivileged(&["mysql", "nobody"]);
    let folder = account.folder("userbook-mariadb-");
    let made = account
        .command(install)
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .current_dir(&folder)
        .output()
        .expect("mariadb-install-db can be started");
    assert!(made.status.success(), "mariadb-install-db: {made:?}");

    let port = free_port();
    let settings = [
        daemon.display().to_string(),
        "--no-defaults".to_owned(),
        format!("--datadir={}", folder.join("data").display()),
        format!("--socket={}", folder.join("socket").display()),
        format!("--pid-file={}", folder.join("pid").display()),
        format!("--port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--skip-name-resolve".to_owned(),
        "--max-connections=1000".to_owned(),
        "--character-set-server=latin1".to_owned(),
        "--default-time-zone=+05:30".to_owned(),
        // Nothing here has to outlive a loss of power.
        "--innodb-flush-log-at-trx-commit=0".to_owned(),
        "--innodb-flush-method=nosync".to_owned(),
        "--innodb-buffer-pool-size=128M".to_owned(),
        "--innodb-log-file-size=64M".to_owned(),
    ];
    let settings: Vec<_> = settings.iter().map(String::as_str).collect();
    let process = Supervised::start(account, &folder, "KILL", &settings);
    let started = Instant::now();
    while !greets(port) {
        assert!(started.elapsed() < PATIENCE, "MariaDB does not start: {}", process.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    let url = format!("mysql://root@127.0.0.1:{port}/mysql");
    Server { options: connect_options(&url).expect("the URL can be read"), own: Some(process) }
}

/// Where a program is; the package that brings it is installed if it is not there.
fn need(program: &str) -> PathBuf {
    let find = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
        folders.map(|folder| folder.join(program)).find(|file| file.is_file())
    };
    find().unwrap_or_else(|| {
        install("mariadb-server", &format!("name a server of yours in {GIVEN}"));
        find().expect("the package brings it")
    })
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

/// Whether the server says the first word, as this protocol has it.
fn greets(port: u16) -> bool {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
    stream.and_then(|mut stream| stream.read_exact(&mut [0])).is_ok()
}

/// A database for one test.
#[derive(Debug)]
pub struct Database {
    /// How to connect to it.
    pub options: MySqlConnectOptions,
}

impl Database {
    /// A new, empty database.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let server = server();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let run = uuid::Uuid::new_v4().as_fields().0;
        let name = format!("userbook_test_{}_{count}_{run:x}", std::process::id());
        administer(&server.options, format!("CREATE DATABASE {name}")).await;
        Self { options: server.options.clone().database(&name) }
    }

    /// A pool as hosts should have it.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn pool(&self, connections: u32) -> MySqlPool {
        self.pool_with(pool_options().max_connections(connections)).await
    }

    /// A pool as told.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn pool_with(&self, options: MySqlPoolOptions) -> MySqlPool {
        options
            .acquire_timeout(Duration::from_secs(60))
            .connect_with(self.options.clone())
            .await
            .expect("MariaDB answers")
    }
}

impl Drop for Database {
    /// What was made on a server of its own goes with the server.
    fn drop(&mut self) {
        if let (None, Some(name)) = (&server().own, self.options.get_database()) {
            let (options, drop) = (server().options.clone(), format!("DROP DATABASE {name}"));
            let dropping = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("there is a runtime").block_on(administer(&options, drop));
            });
            drop_quietly(dropping.join());
        }
    }
}

/// A test that has failed already shall tell of that.
fn drop_quietly<T>(_: T) {}

async fn administer(options: &MySqlConnectOptions, statement: String) {
    let mut connection = MySqlConnection::connect_with(options).await.expect("MariaDB answers");
    sqlx::raw_sql(AssertSqlSafe(statement).into_sql_str())
        .execute(&mut connection)
        .await
        .expect("databases can be made and dropped");
    connection.close().await.expect("a connection can be closed");
}
