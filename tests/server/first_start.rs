//! The first start: one administrator whose printed token works, or nothing at all.

use std::{
    fs::File,
    net::TcpListener,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use userbook_tests::{
    binary::{Server, command},
    serving::{printed_token, two_starts_at_once_by, two_starts_at_once_print_one_working_token},
};

use crate::support::{Folder, on_one_processor, opens_api};

/// Runs the server until it ends; returns its standard error.
fn failure(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn port_in_use_leaves_no_database_behind() {
    let folder = Folder::new();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let error = failure(command().args(["--listen", &address, "--database", &folder.database()]));
    assert!(error.contains(&format!("cannot listen on {address}")), "{error}");
    assert!(!folder.path("users.db").exists());
    let server = Server::start(&["--database", &folder.database()]);
    assert!(opens_api(&server, &printed_token(&server).unwrap()));
}

#[test]
fn token_that_cannot_be_printed_is_not_created() {
    let folder = Folder::new();
    let mut unwritable = command();
    unwritable.args(["--listen", "127.0.0.1:0", "--database", &folder.database()]);
    let error = failure(unwritable.stdout(File::create("/dev/full").unwrap()));
    assert!(error.contains("No space left on device"), "{error}");
    let server = Server::start(&["--database", &folder.database()]);
    assert!(opens_api(&server, &printed_token(&server).unwrap()));
}

#[test]
fn two_starts_at_once() {
    for _ in 0..25 {
        two_starts_at_once_print_one_working_token(&Folder::new().database());
    }
}

#[test]
fn two_starts_at_once_on_one_processor() {
    for _ in 0..5 {
        two_starts_at_once_by(on_one_processor, &Folder::new().database());
    }
}

#[test]
fn redirected_log_has_no_colours() {
    let folder = Folder::new();
    let error = failure(command().args(["--database", "oracle:x"]));
    assert!(error.contains("unknown database") && !error.contains('\u{1b}'), "{error:?}");
    drop(folder);
}

#[test]
fn database_that_is_down_is_named_at_once_and_at_the_end() {
    for scheme in ["postgres", "mysql"] {
        let start = Instant::now();
        let error = failure(command().args([
            "--listen",
            "127.0.0.1:0",
            "--database",
            &format!("{scheme}://u@127.0.0.1:1/x"),
            "--start-timeout",
            "5",
        ]));
        assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
        let lines: Vec<&str> = error.lines().collect();
        assert!(lines.len() >= 3, "{error}");
        assert!(lines[0].contains("trying again") && lines[0].contains("Connection refused"), "{error}");
        let last = lines.last().unwrap();
        assert!(last.contains("cannot open the database"), "{error}");
        assert_eq!(last.matches("Connection refused").count(), 1, "{error}");
    }
}

#[test]
fn signal_ends_the_wait_for_a_database() {
    let mut child = command()
        .args(["--listen", "127.0.0.1:0", "--database", "postgres://u@127.0.0.1:1/x"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first line shows that the wait has begun.
    let mut log = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut log, &mut String::new()).unwrap();
    let start = Instant::now();
    let sent = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success() && child.wait().unwrap().success());
    assert!(start.elapsed() < Duration::from_secs(10));
}
