//! Limits of the system for the process (`prlimit`): open files, the size of files, threads. The server serves within
//! them, or names the limit and leaves nothing behind that hinders the next start.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::ExitStatusExt,
    },
    path::PathBuf,
    process::{Command, Output, Stdio},
    thread::scope,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use userbook_tests::{
    binary::{Server, command, send},
    receiver::wait_for,
    serving::{administer, printed_token},
};

use crate::support::{Folder, behind, opens_api, request, seed};

const LIVE: &str = "GET /-/health/live/ HTTP/1.1\r\nhost: x\r\n\r\n";

/// Runs a command that must end by itself, not by a signal.
fn ended(mut command: Command, arguments: &[&str]) -> (Output, String) {
    let start = Instant::now();
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.signal(), None, "{error}");
    assert!(!error.contains("panicked"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    (output, error)
}

/// Starts a server that cannot start; returns its standard error.
fn refused(command: Command, database: &str) -> String {
    let (output, error) = ended(command, &["--listen", "127.0.0.1:0", "--database", database]);
    assert_eq!(output.status.code(), Some(1), "{error}");
    error
}

/// Starts the server without limits as for the first time.
fn starts_anew(folder: &Folder) {
    let server = Server::start(&["--database", &folder.database()]);
    let token = printed_token(&server).expect("the first start prints a token");
    assert!(opens_api(&server, &token));
    assert_eq!(problems(&folder.database()), json!([]));
}

fn problems(database: &str) -> Value {
    let output = administer(database, &["check", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["problems"].clone()
}

fn is_live(server: &Server) -> bool {
    send(server.address, "GET", "/-/health/live/", &[], None).is_ok_and(|answer| answer.status == 200)
}

#[test]
fn too_few_open_files_are_named() {
    for files in [16, 40, 88] {
        let folder = Folder::new();
        let limited = || behind("prlimit", &[&format!("--nofile={files}:{files}")]);
        let error = refused(limited(), &folder.database());
        assert!(error.contains(&format!("{files} open files are allowed and 89 needed")), "{error}");
        let (output, error) = ended(limited(), &["user", "list", "--database", &folder.database()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(error.contains("open files are allowed"), "{error}");
        assert!(!folder.path("users.db").exists());
        starts_anew(&folder);
    }
}

#[test]
fn few_open_files_serve_few_connections_at_a_time() {
    let folder = Folder::new();
    let path = folder.seed(&seed(8));
    let limited = behind("prlimit", &["--nofile=100:100"]);
    let server = Server::try_start_by(limited, &["--database", &folder.database(), "--seed", &path]).unwrap();
    // More than have room: the kernel keeps the rest.
    let idle: Vec<_> = (0..60).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|n| {
                let server = &server;
                scope.spawn(move || {
                    for round in 0..10 {
                        let body = json!({"name": format!("{round}")});
                        let answer = request(server, "PATCH", &format!("{}/", 101 + n), &body);
                        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
                    }
                })
            })
            .collect();
        drop(idle);
        for client in clients {
            client.join().unwrap();
        }
    });
    let (_, log) = server.log();
    assert!(log.contains("the open-file limit is too low") && !log.contains("cannot accept"), "{log}");
}

#[test]
fn low_soft_limit_of_open_files_is_raised() {
    let folder = Folder::new();
    let limited = behind("prlimit", &["--nofile=32:2048"]);
    let server = Server::try_start_by(limited, &["--database", &folder.database()]).unwrap();
    let mut crowd: Vec<_> = (0..200).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    for stream in &mut crowd {
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream.write_all(LIVE.as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
    }
    assert!(opens_api(&server, &printed_token(&server).unwrap()));
}

/// As on a full disk, but the kernel also sends a signal that ends processes by default.
#[test]
fn first_start_that_cannot_write_is_repeated() {
    for bytes in [0, 1000, 5000, 70_000, 160_000] {
        let folder = Folder::new();
        let error = refused(behind("prlimit", &[&format!("--fsize={bytes}")]), &folder.database());
        assert!(error.contains("database") || error.contains("users.db"), "{bytes}: {error}");
        starts_anew(&folder);
    }
}

#[test]
fn full_database_refuses_updates_and_loses_none() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let limited = behind("prlimit", &["--fsize=1000000"]);
    let server = Server::try_start_by(limited, &["--database", &folder.database(), "--seed", &path]).unwrap();
    let update = |server: &Server, n: u64| {
        let body = json!({"attributes": {"n": n, "pad": format!("{n:04}").repeat(10_000)}});
        request(server, "PATCH", "101/", &body).status
    };
    let shown = |server: &Server| {
        let answer = request(server, "GET", "101/", &Value::Null);
        assert_eq!(answer.status, 200);
        let row: Value = serde_json::from_slice(&answer.body).unwrap();
        row["attributes"]["n"].as_u64()
    };
    let (mut acknowledged, mut refused) = (None, 0);
    for n in 0..60 {
        match update(&server, n) {
            200 => acknowledged = Some(n),
            500 | 503 => refused += 1,
            status => panic!("{status}"),
        }
    }
    assert!(acknowledged.is_some() && refused > 0, "{acknowledged:?}, {refused} refused");
    assert_eq!(shown(&server), acknowledged);
    assert!(is_live(&server));
    assert_eq!(server.stop("TERM").0.code(), Some(0));

    let server = Server::start(&["--database", &folder.database()]);
    assert_eq!(shown(&server), acknowledged);
    assert_eq!(update(&server, 1000), 200);
    assert_eq!(problems(&folder.database()), json!([]));
    let events = administer(&folder.database(), &["events", "list", "--json"]);
    let events: Value = serde_json::from_slice(&events.stdout).unwrap();
    assert_eq!(events.as_array().unwrap().len(), 60 - refused + 1);
}

#[test]
fn full_event_file_keeps_events_pending_and_no_part_of_a_line() {
    let folder = Folder::new();
    let (path, events) = (folder.seed(&seed(1)), folder.path("events.jsonl"));
    let filler = format!("{}\n", json!({"filler": "x".repeat(997)}));
    let before = 2000;
    // Larger than the database, so that only this file reaches the limit.
    fs::write(&events, filler.repeat(before)).unwrap();
    let limited = behind("prlimit", &[&format!("--fsize={}", filler.len() * before + 1000)]);
    let (target, database) = (format!("file:{}", events.display()), folder.database());
    let arguments = ["--database", &database, "--events", &target];
    let server = Server::try_start_by(limited, &[&arguments[..], &["--seed", &path]].concat()).unwrap();
    for n in 0..10 {
        assert_eq!(request(&server, "PATCH", "101/", &json!({"name": format!("{n}")})).status, 200);
    }
    let pending = || {
        let output = administer(&database, &["events", "list", "--pending", "--json"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap().as_array().unwrap().len()
    };
    assert!(pending() > 0);
    assert_eq!(server.stop("TERM").0.code(), Some(0));
    let _server = Server::start(&arguments);
    wait_for("the events do not arrive", || pending() == 0);
    let text = fs::read_to_string(&events).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = lines.iter().skip(before).map(|event| event["diff"]["name"]["new"].clone()).collect();
    assert_eq!(names, (0..10).map(|n| json!(format!("{n}"))).collect::<Vec<_>>());
}

#[test]
fn copies_that_cannot_be_written_are_removed() {
    let folder = Folder::new();
    let database = folder.database();
    assert!(administer(&database, &["demo"]).status.success());
    for (name, bytes) in [("copy.db", 100_000), ("all.json", 1000), ("all.csv", 100)] {
        let copy = folder.path(name);
        let verb = if name == "copy.db" { "backup" } else { "export" };
        let limited = behind("prlimit", &[&format!("--fsize={bytes}")]);
        let path = copy.display().to_string();
        let (output, error) = ended(limited, &[verb, &path, "--database", &database]);
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        let left: Vec<_> =
            fs::read_dir(folder.path("")).unwrap().flatten().map(|file| file.file_name()).collect();
        assert!(left.iter().all(|file| file.to_string_lossy().starts_with("users.db")), "{left:?}");
        assert!(administer(&database, &[verb, &path]).status.success(), "{name}");
        fs::remove_file(copy).unwrap();
    }
    assert_eq!(problems(&database), json!([]));
}

/// The server as a user without processes, because the limit does not count for root, and counts all processes of
/// others.
struct Unprivileged {
    program: PathBuf,
    /// `None` if this is not root.
    user: Option<u32>,
}

impl Unprivileged {
    fn new(folder: &Folder) -> Self {
        let program = folder.path("userbook-server");
        fs::copy(command().get_program(), &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let id = Command::new("id").arg("-u").output().unwrap();
        let user = (id.stdout == b"0\n").then_some(64_321);
        if user.is_some() {
            chown(folder.path(""), user, user).unwrap();
        }
        Self { program, user }
    }

    fn limited(&self, processes: u32) -> Command {
        let limit = format!("--nproc={processes}");
        let mut command = if let Some(user) = self.user {
            let mut command = Command::new("setpriv");
            command.args([
                &format!("--reuid={user}"),
                &format!("--regid={user}"),
                "--clear-groups",
                "prlimit",
            ]);
            command
        } else {
            Command::new("prlimit")
        };
        command.env_clear().arg(limit).arg(&self.program);
        command
    }
}

#[test]
fn too_few_threads_are_named() {
    let folder = Folder::new();
    let server = Unprivileged::new(&folder);
    for processes in [1, 2, 3, 5, 8] {
        let error = refused(server.limited(processes), &folder.database());
        assert!(error.contains("the limit of processes (ulimit -u"), "{processes}: {error}");
        let (output, error) =
            ended(server.limited(processes), &["user", "list", "--database", &folder.database()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(error.contains("the limit of processes (ulimit -u"), "{processes}: {error}");
        assert!(!folder.path("users.db").exists());
    }
    if server.user.is_some() {
        let database = folder.database();
        // The limit also counts the user's processes in other containers.
        let enough = server.limited(1024);
        let server = Server::try_start_by(enough, &["--database", &database]).unwrap();
        assert!(opens_api(&server, &printed_token(&server).unwrap()) && is_live(&server));
        assert_eq!(server.stop("TERM").0.code(), Some(0));
    }
}
