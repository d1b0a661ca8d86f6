//! Faults without a kill: slow databases, a full disk, slow clients, an orderly shutdown.

use std::{
    io::Write,
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use super::{
    Outcome,
    client::Kind,
    cluster_fixture::{ClusterFixture, runtime, some_time},
    scenarios::Rounds,
};
use crate::servers::relay::{Relay, Wire};

/// Faults for every store.
pub(super) fn all(fixture: &mut ClusterFixture, rounds: &Rounds) {
    never_ending_bodies(fixture, rounds);
    idle_connections(fixture, rounds);
    many_at_once(fixture, rounds);
    shut_down(fixture, rounds);
}

/// Delays each message between server and database.
pub(super) fn slow<W: Wire>(fixture: &mut ClusterFixture, relay: &Relay<W>, rounds: &Rounds) {
    for _ in 0..rounds.others {
        fixture.round(|fixture| {
            relay.delay(Duration::from_millis(20));
            some_time(500, 1000);
            relay.delay(Duration::ZERO);
            fixture.outcome.fault("slow database");
        });
    }
}

/// Freezes the database for some seconds: every pooled connection blocks, and other requests wait for a connection.
pub(super) fn frozen(fixture: &mut ClusterFixture, rounds: &Rounds, mut freeze: impl FnMut(bool)) {
    for _ in 0..rounds.others {
        fixture.round_of(40, |fixture| {
            some_time(30, 60);
            freeze(true);
            some_time(2000, 3000);
            freeze(false);
            fixture.outcome.fault("hanging database, pool exhausted");
            fixture.wait_until_serving(0);
        });
    }
}

/// Many more clients than connections of the pool.
fn many_at_once(fixture: &mut ClusterFixture, rounds: &Rounds) {
    for _ in 0..rounds.others {
        fixture.round_of(64, |fixture| {
            some_time(300, 500);
            fixture.outcome.fault("pool exhausted");
        });
    }
}

/// Requests with a declared body that never arrives.
fn never_ending_bodies(fixture: &mut ClusterFixture, rounds: &Rounds) {
    let mut open = Vec::new();
    for _ in 0..20 * rounds.others {
        let mut stream = TcpStream::connect(fixture.address()).expect("the server listens");
        let head = "PATCH /api/v3/core/users/101/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a-key-of-1\r\n\
                    content-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"name\": \"";
        stream.write_all(head.as_bytes()).expect("the server listens");
        open.push(stream);
        fixture.outcome.fault("never-ending body");
    }
    fixture.round(|_| some_time(100, 200));
    fixture.wait_until_serving(0);
}

/// Connections that send nothing.
fn idle_connections(fixture: &mut ClusterFixture, rounds: &Rounds) {
    let connect = |_| TcpStream::connect(fixture.address());
    let open: Vec<TcpStream> = (0..rounds.idle_connections).map_while(|n| connect(n).ok()).collect();
    if open.len() < rounds.idle_connections {
        let message = format!("only {} of {} idle connections", open.len(), rounds.idle_connections);
        fixture.outcome.left_out.push(message);
    }
    fixture.outcome.fault("idle connections");
    fixture.round(|fixture| fixture.wait_until_serving(0));
}

/// SIGTERM under load: every accepted request gets a response.
fn shut_down(fixture: &mut ClusterFixture, rounds: &Rounds) {
    for _ in 0..rounds.others {
        fixture.round(|fixture| {
            some_time(20, 60);
            let started = Instant::now();
            let (status, _) = fixture.take_server(0).stop("TERM");
            assert!(status.success(), "the server ends well: {status}");
            assert!(started.elapsed() < Duration::from_mins(1), "the server ends in time");
            fixture.start_server(0);
            fixture.outcome.fault("shut down under load");
            fixture.wait_until_serving(0);
        });
    }
}

/// SQLite on a small file system that another process fills.
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
    let mut fixture = ClusterFixture::in_folder(runtime(), folder, vec![url.clone()], &url, true);
    let filler = disk.join("filler");
    for _ in 0..5 * rounds.others {
        fixture.round(|fixture| {
            some_time(10, 40);
            // Ends when the disk is full.
            let filled = std::fs::write(&filler, vec![0; 8 << 20]);
            assert!(filled.is_err(), "the disk is full");
            fixture.outcome.fault("full disk");
            some_time(30, 60);
            fixture.send(Kind::Overwrite, 0);
            if fastrand::bool() {
                fixture.kill_server(0);
                std::fs::remove_file(&filler).expect("it is there");
                fixture.start_server(0);
            } else {
                std::fs::remove_file(&filler).expect("it is there");
            }
            fixture.wait_until_serving(0);
        });
    }
    fixture.kill_server(0);
    let outcome = fixture.outcome;
    drop(fixture.runtime);
    let unmounted = Command::new("umount").args(["-l".as_ref(), disk.as_os_str()]).status();
    assert!(unmounted.is_ok_and(|status| status.success()), "{} stays mounted", disk.display());
    outcome
}
