//! A server process of this test run, which can be killed and restarted.

use std::{
    io::Read,
    net::{Ipv4Addr, TcpStream},
    path::PathBuf,
    time::{Duration, Instant},
};

use sqlx::mysql::MySqlConnectOptions;
use userbook_sqlx::mysql::connect_options;

use super::server::GIVEN;
use crate::servers::{
    certificates::Certificates,
    free_port,
    package::found,
    supervisor::{Account, Supervised},
};

/// The accounts for a server that root starts.
const ACCOUNTS: [&str; 2] = ["mysql", "nobody"];

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A server on a free loopback port, with a superuser without password; other machines cannot reach the loopback
/// interface. The server ends with this process.
#[derive(Debug)]
pub struct Instance {
    account: Account,
    folder: PathBuf,
    port: u16,
    /// Additional command-line settings.
    more: Vec<String>,
    /// `None` after a kill.
    process: Option<Supervised>,
}

impl Instance {
    /// Creates certificates for a server.
    pub fn certificates() -> Certificates {
        // The account comes with the package.
        need("mariadbd");
        Certificates::new(&ACCOUNTS)
    }

    /// Starts a new server with these settings (`--name=value`).
    pub fn new(more: &[&str]) -> Self {
        let mut instance = Self::prepared();
        instance.start(more.iter().map(|&setting| setting.to_owned()).collect());
        instance
    }

    /// Prepares the data of a server without starting it.
    pub(super) fn prepared() -> Self {
        let account = Account::unprivileged(&ACCOUNTS);
        let folder = account.folder("userbook-mariadb-");
        let made = account
            .command(need("mariadb-install-db"))
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(format!("--datadir={}", folder.join("data").display()))
            // A server deletes all temporary tables in its folder when it starts, those of other servers too.
            .env("TMPDIR", &folder)
            .current_dir(&folder)
            .output()
            .expect("mariadb-install-db can be started");
        assert!(made.status.success(), "mariadb-install-db: {made:?}");
        Self { account, folder, port: free_port(), more: vec![], process: None }
    }

    /// Returns the data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Returns connection options of the superuser.
    pub fn options(&self) -> MySqlConnectOptions {
        connect_options(&self.url(self.port, "mysql")).expect("the URL can be read")
    }

    /// Returns the URL of a database through this port.
    pub fn url(&self, port: u16, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{port}/{database}")
    }

    /// Returns the server's own port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts the server with these settings and waits for its protocol greeting.
    pub fn start(&mut self, more: Vec<String>) {
        self.more = more;
        self.start_again();
    }

    /// Restarts the server with the same settings and waits for its greeting.
    pub fn start_again(&mut self) {
        let settings = self.settings();
        let settings: Vec<_> = settings.iter().map(String::as_str).collect();
        self.process = Some(Supervised::start(self.account, &self.folder, "KILL", &settings));
        let started = Instant::now();
        let greets = || {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
            stream.and_then(|mut stream| stream.read_exact(&mut [0])).is_ok()
        };
        while !greets() {
            assert!(started.elapsed() < PATIENCE, "MariaDB does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Runs the server's program for a one-time task and returns its standard error.
    pub(super) fn run_once(&self, task: &str) -> String {
        let settings = self.settings();
        let (program, settings) = settings.split_first().expect("there is a program");
        let output = self.account.command(program).args(settings).arg(task).output();
        String::from_utf8_lossy(&output.expect("mariadbd can be started").stderr).into_owned()
    }

    /// Returns the command line. Its defaults differ from the store's expectations: another character set, another
    /// time zone, and MariaDB's default isolation level.
    fn settings(&self) -> Vec<String> {
        let mut settings = vec![
            need("mariadbd").display().to_string(),
            "--no-defaults".to_owned(),
            format!("--datadir={}", self.data().display()),
            format!("--tmpdir={}", self.folder.display()),
            format!("--socket={}", self.folder.join("socket").display()),
            format!("--pid-file={}", self.folder.join("pid").display()),
            format!("--port={}", self.port),
            "--bind-address=127.0.0.1".to_owned(),
            "--skip-name-resolve".to_owned(),
            "--max-connections=1000".to_owned(),
            "--character-set-server=latin1".to_owned(),
            "--default-time-zone=+05:30".to_owned(),
            "--innodb-buffer-pool-size=128M".to_owned(),
            "--innodb-log-file-size=64M".to_owned(),
        ];
        settings.extend(self.more.iter().cloned());
        settings
    }

    /// Kills all processes of the server (SIGKILL).
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// Freezes the server (SIGSTOP).
    pub fn freeze(&mut self) {
        self.process.as_mut().expect("it runs").freeze();
    }

    /// Resumes a frozen server.
    pub fn thaw(&mut self) {
        self.process.as_mut().expect("it runs").thaw();
    }

    /// Returns the log so far.
    pub(super) fn log(&self) -> String {
        self.process.as_ref().map(Supervised::log).unwrap_or_default()
    }
}

/// Returns the path of a program; installs its package if the program is missing.
fn need(program: &str) -> PathBuf {
    let find = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
        folders.map(|folder| folder.join(program)).find(|file| file.is_file())
    };
    found("mariadb-server", &format!("name a server of yours in {GIVEN}"), find)
}
