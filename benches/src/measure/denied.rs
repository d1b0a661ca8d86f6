//! A caller without permission, who must cost little: PUT of 1 KiB on kept connections compared with an axum handler
//! that parses and returns the same body, and the processor time of a server for a denied PUT of 1 MiB compared with
//! one of 1 KiB.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use serde_json::json;
use userbook_http::USERS_PATH;

use super::{
    Found, Setting,
    http::{USERS, fresh},
    server_put::{OTHER_TOKEN, Seeded},
    wrk::Script,
};
use crate::{
    Failure,
    figure::{Bound, Figure},
    stats::{Paired, round},
    traffic::{put_of, put_of_1_kib},
};

const MIB: usize = 1 << 20;

/// The maximum time of one request.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    super::program::build("serve")?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let script = Script::put(folder.path(), 3..=USERS, None, put_of_1_kib)?;
    let denied = script.denied();
    let mut rate = Paired::default();
    for _ in 0..setting.pick(7, 2) {
        let ours = fresh("denied", &denied, setting.pick(2, 1))?;
        rate.push(ours.rate, fresh("echo", &script, setting.pick(2, 1))?.rate);
    }
    let (large, small) = processor_times(setting)?;
    let figures = vec![
        Figure {
            name: "denied_vs_echo",
            value: rate.ratio(),
            bound: Bound::AtLeast(0.7),
            baseline: "an axum handler that parses the same 1 KiB and returns it; wrk, 16 connections",
            detail: rate.detail("requests/s"),
        },
        Figure {
            name: "denied_1mib_vs_1kib",
            value: large / small,
            bound: Bound::AtMost(2.0),
            baseline: "the reference server's processor time for a denied PUT of 1 KiB on a kept connection",
            detail: json!({"us_1_mib": round(large * 1e6), "us_1_kib": round(small * 1e6)}),
        },
    ];
    Ok(Found { figures, plots: Vec::new() })
}

/// Returns the reference server's processor time for a denied PUT of 1 MiB and of 1 KiB, in seconds.
fn processor_times(setting: &Setting) -> Result<(f64, f64), Failure> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let server = Seeded::start(folder.path(), "memory:")?;
    let script = Script::put(folder.path(), 3..=USERS, Some(OTHER_TOKEN), put_of_1_kib)?.denied();
    script.run(server.address(), 1, 1)?;

    let before = server.processor_time()?;
    let run = script.run(server.address(), 1, setting.pick(3, 1))?;
    let small = (server.processor_time()? - before) / run.requests;

    let body = put_of(7, true, MIB);
    let requests = setting.pick(500, 50);
    let before = server.processor_time()?;
    for _ in 0..requests {
        send_denied(server.address(), &body)?;
    }
    Ok(((server.processor_time()? - before) / f64::from(requests), small))
}

/// Sends a request on a new connection, which the server may close before the body has arrived.
fn send_denied(address: &str, body: &[u8]) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = stream.try_clone()?;
    let answer = thread::spawn(move || {
        let mut answer = [0; 12];
        reader.read_exact(&mut answer).map(|()| answer)
    });
    write!(
        stream,
        "PUT {USERS_PATH}7/ HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {OTHER_TOKEN}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    // The server reads a part of the body at most.
    _ = stream.write_all(body);
    let answer = answer.join().map_err(|_| "the reader panicked")??;
    match &answer {
        b"HTTP/1.1 403" | b"HTTP/1.1 404" => Ok(()),
        other => Err(format!("expected a denial, got {:?}", String::from_utf8_lossy(other)).into()),
    }
}
