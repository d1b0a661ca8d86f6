//! Faults without a kill: slowness, a full disk, clients that take and do not give, an ordered end.

use std::{
    io::Write,
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use super::{
    Outcome,
    client::Kind,
    scenarios::Rounds,
    stage::{Stage, runtime, some_time},
};
use crate::servers::relay::{Relay, Wire};

/// What any store goes through.
pub(super) fn all(stage: &mut Stage, rounds: &Rounds) {
    never_ending_bodies(stage, rounds);
    idle_connections(stage, rounds);
    many_at_once(stage, rounds);
    shut_down(stage, rounds);
}

/// Each message between server and database takes its time.
pub(super) fn slow<W: Wire>(stage: &mut Stage, relay: &Relay<W>, rounds: &Rounds) {
    for _ in 0..rounds.others {
        stage.round(|stage| {
            relay.delay(Duration::from_millis(20));
            some_time(500, 1000);
            relay.delay(Duration::ZERO);
            stage.outcome.fault("slow database");
        });
    }
}

/// The database hangs for some seconds: every connection of the pool waits, and everybody else for one of them.
pub(super) fn frozen(stage: &mut Stage, rounds: &Rounds, mut freeze: impl FnMut(bool)) {
    for _ in 0..rounds.others {
        stage.round_of(40, |stage| {
            some_time(30, 60);
            freeze(true);
            some_time(2000, 3000);
            freeze(false);
            stage.outcome.fault("hanging database, pool exhausted");
            stage.wait_until_serving(0);
        });
    }
}

/// Many more clients than connections of the pool.
fn many_at_once(stage: &mut Stage, rounds: &Rounds) {
    for _ in 0..rounds.others {
        stage.round_of(64, |stage| {
            some_time(300, 500);
            stage.outcome.fault("pool exhausted");
        });
    }
}

/// Requests whose bodies are promised and do not come.
fn never_ending_bodies(stage: &mut Stage, rounds: &Rounds) {
    let mut open = Vec::new();
    for _ in 0..20 * rounds.others {
        let mut stream = TcpStream::connect(stage.address()).expect("the server listens");
        let head = "PATCH /api/v3/core/users/101/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a-key-of-1\r\n\
                    content-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"name\": \"";
        stream.write_all(head.as_bytes()).expect("the server listens");
        open.push(stream);
        stage.outcome.fault("never-ending body");
    }
    stage.round(|_| some_time(100, 200));
    stage.wait_until_serving(0);
}

/// Connections that are opened and say nothing.
fn idle_connections(stage: &mut Stage, rounds: &Rounds) {
    let connect = |_| TcpStream::connect(stage.address());
    let open: Vec<TcpStream> = (0..rounds.idle_connections).map_while(|n| connect(n).ok()).collect();
    if open.len() < rounds.idle_connections {
        let told = format!("only {} of {} idle connections", open.len(), rounds.idle_connections);
        stage.outcome.left_out.push(told);
    }
    stage.outcome.fault("idle connections");
    stage.round(|stage| stage.wait_until_serving(0));
}

/// SIGTERM under load: whoever was heard is answered.
fn shut_down(stage: &mut Stage, rounds: &Rounds) {
    for _ in 0..rounds.others {
        stage.round(|stage| {
            some_time(20, 60);
            let started = Instant::now();
            let (status, _) = stage.take_server(0).stop("TERM");
            assert!(status.success(), "the server ends well: {status}");
            assert!(started.elapsed() < Duration::from_mins(1), "the server ends in time");
            stage.start_server(0);
            stage.outcome.fault("shut down under load");
            stage.wait_until_serving(0);
        });
    }
}

/// SQLite on a small file system that somebody else fills.
pub(super) fn full_disk(rounds: &Rounds) -> Outcome {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).expect("the folder can be written");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        let left_out = vec!["full disk: file systems can't be mounted here".to_owned()];
        return Outcome { left_out, ..Outcome::default() };
    }
    let url = format!("sqlite:{}", disk.join("users.db").display());
    let mut stage = Stage::in_folder(runtime(), folder, vec![url.clone()], &url, true);
    let filler = disk.join("filler");
    for _ in 0..5 * rounds.others {
        stage.round(|stage| {
            some_time(10, 40);
            // Ends when there is no more room.
            let filled = std::fs::write(&filler, vec![0; 8 << 20]);
            assert!(filled.is_err(), "the disk is full");
            stage.outcome.fault("full disk");
            some_time(30, 60);
            stage.ask(Kind::Overwrite, 0);
            if fastrand::bool() {
                stage.kill_server(0);
                std::fs::remove_file(&filler).expect("it is there");
                stage.start_server(0);
            } else {
                std::fs::remove_file(&filler).expect("it is there");
            }
            stage.wait_until_serving(0);
        });
    }
    stage.kill_server(0);
    let outcome = stage.outcome;
    drop(stage.runtime);
    let unmounted = Command::new("umount").args(["-l".as_ref(), disk.as_os_str()]).status();
    assert!(unmounted.is_ok_and(|status| status.success()), "{} stays mounted", disk.display());
    outcome
}
