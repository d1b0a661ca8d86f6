//! One server process of our own, which may be killed and started again.

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
    free_port,
    package::install,
    supervisor::{Account, Supervised},
};

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A server on a free port of the loopback, with a superuser who needs no password: nobody else reaches the
/// loopback interface. It ends with this process.
#[derive(Debug)]
pub struct Instance {
    account: Account,
    folder: PathBuf,
    port: u16,
    /// What it was told on its command line beyond where it is.
    more: Vec<String>,
    /// `None`: it was killed.
    process: Option<Supervised>,
}

impl Instance {
    /// A new server, with these settings (`--name=value`).
    pub fn new(more: &[&str]) -> Self {
        let mut instance = Self::unborn();
        instance.start(more.iter().map(|&setting| setting.to_owned()).collect());
        instance
    }

    /// One with data that has not started yet.
    pub(super) fn unborn() -> Self {
        let account = Account::unprivileged(&["mysql", "nobody"]);
        let folder = account.folder("userbook-mariadb-");
        let made = account
            .command(need("mariadb-install-db"))
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(format!("--datadir={}", folder.join("data").display()))
            .current_dir(&folder)
            .output()
            .expect("mariadb-install-db can be started");
        assert!(made.status.success(), "mariadb-install-db: {made:?}");
        Self { account, folder, port: free_port(), more: vec![], process: None }
    }

    /// Where its data is.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// How its superuser connects.
    pub fn options(&self) -> MySqlConnectOptions {
        connect_options(&self.url(self.port, "mysql")).expect("the URL can be read")
    }

    /// The URL of one of its databases, seen through this port.
    pub fn url(&self, port: u16, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{port}/{database}")
    }

    /// Its own port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it with these settings, and waits until it says the first word, as this protocol has it.
    pub fn start(&mut self, more: Vec<String>) {
        self.more = more;
        self.start_again();
    }

    /// Starts it as before, and waits for its first word.
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

    /// What a run of the server's program that ends by itself writes to its standard error.
    pub(super) fn ask(&self, question: &str) -> String {
        let settings = self.settings();
        let (program, settings) = settings.split_first().expect("there is a program");
        let asked = self.account.command(program).args(settings).arg(question).output();
        String::from_utf8_lossy(&asked.expect("mariadbd can be started").stderr).into_owned()
    }

    /// Its command line, with defaults that the store must not depend on: another character set, another time
    /// zone, and the isolation level that comes with MariaDB.
    fn settings(&self) -> Vec<String> {
        let mut settings = vec![
            need("mariadbd").display().to_string(),
            "--no-defaults".to_owned(),
            format!("--datadir={}", self.data().display()),
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

    /// Kills all of its processes (SIGKILL).
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// Stops it where it is (SIGSTOP).
    pub fn freeze(&mut self) {
        self.process.as_mut().expect("it runs").freeze();
    }

    /// Lets it go on.
    pub fn thaw(&mut self) {
        self.process.as_mut().expect("it runs").thaw();
    }

    /// What it has told so far.
    pub(super) fn log(&self) -> String {
        self.process.as_ref().map(Supervised::log).unwrap_or_default()
    }
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
