//! The server.

use std::{
    io::Read,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::OnceLock,
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, SqlSafeStr, mysql::MySqlConnectOptions};
use userbook_sqlx::mysql::connect_options;

use crate::servers::{
    package::install,
    supervisor::{Account, Supervised},
};

/// The environment variable that names a server to be used instead, as a user who may make databases.
const GIVEN: &str = "USERBOOK_TEST_MYSQL_URL";

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running server.
#[derive(Debug)]
pub struct Server {
    options: MySqlConnectOptions,
    /// Keeps a server of our own running.
    own: Option<Supervised>,
}

/// The server of this process.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var(GIVEN) {
        Ok(url) => Server {
            options: connect_options(&url).unwrap_or_else(|error| panic!("{GIVEN}: {error}")),
            own: None,
        },
        Err(_) => start(),
    })
}

impl Server {
    /// How to connect to a database.
    pub fn options(&self, database: &str) -> MySqlConnectOptions {
        self.options.clone().database(database)
    }

    /// Whether databases stay when this process ends, unless they are dropped.
    pub(super) fn outlives_us(&self) -> bool {
        self.own.is_none()
    }

    /// Runs a statement of an administrator's.
    pub async fn run(&self, sql: String) {
        Self::administer(&self.options, sql).await;
    }

    pub(super) async fn administer(options: &MySqlConnectOptions, sql: String) {
        let mut admin = MySqlConnection::connect_with(options).await.expect("the server is there");
        let done = sqlx::raw_sql(AssertSqlSafe(sql.clone()).into_sql_str()).execute(&mut admin).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        admin.close().await.expect("a connection can be closed");
    }
}

/// A new server.
fn start() -> Server {
    let account = account();
    let folder = account.folder("userbook-mariadb-");
    make_data(account, &folder);
    let port = free_port();
    let process = start_node(account, &folder, port, &[]);
    wait_for(port, &process);
    Server { options: at(port), own: Some(process) }
}

/// Who runs servers.
pub(super) fn account() -> Account {
    Account::unprivileged(&["mysql", "nobody"])
}

/// Makes the system tables, with a superuser who needs no password: nobody else reaches the loopback interface.
pub(super) fn make_data(account: Account, folder: &Path) {
    let made = account
        .command(need("mariadb-install-db"))
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .current_dir(folder)
        .output()
        .expect("mariadb-install-db can be started");
    assert!(made.status.success(), "mariadb-install-db: {made:?}");
}

/// Starts a server with defaults that the store must not depend on: another character set, another time zone, and
/// the isolation level that comes with MariaDB.
pub(super) fn start_node(account: Account, folder: &Path, port: u16, more: &[String]) -> Supervised {
    let settings = [
        need("mariadbd").display().to_string(),
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
    let settings: Vec<_> = settings.iter().chain(more).map(String::as_str).collect();
    Supervised::start(account, folder, "KILL", &settings)
}

/// Until the server says the first word, as this protocol has it.
pub(super) fn wait_for(port: u16, process: &Supervised) {
    let started = Instant::now();
    let greets = || {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
        stream.and_then(|mut stream| stream.read_exact(&mut [0])).is_ok()
    };
    while !greets() {
        assert!(started.elapsed() < PATIENCE, "MariaDB does not start: {}", process.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How its superuser connects to a server of our own.
pub(super) fn at(port: u16) -> MySqlConnectOptions {
    connect_options(&format!("mysql://root@127.0.0.1:{port}/mysql")).expect("the URL can be read")
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
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}
