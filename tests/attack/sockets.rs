//! C1 and H4 behind the servers of axum and actix-web: denials do not wait for the body, and bombs are refused.

use std::{
    io::Write,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    thread::JoinHandle,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System};
use serde_json::json;
use tokio::runtime::Runtime;
use userbook_tests::{
    binary::{exchange, receive_one, request},
    fixture::{Kind, events},
};

use crate::{
    bombs::bombs,
    scene::*,
    setting::{Mount, Rights, Setting},
};

/// The scene behind a server of a framework.
struct Listening {
    runtime: Runtime,
    scene: Scene,
    address: SocketAddr,
    actix: Option<(ServerHandle, JoinHandle<std::io::Result<()>>)>,
}

impl Listening {
    fn start(mount: Mount) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.unwrap();
        let at = Setting::new(Kind::Memory, mount, Rights::Permissions);
        let scene = runtime.block_on(Scene::new(at));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let api = scene.api.clone();
        let actix = match mount {
            Mount::Actix => Some(serve_actix(listener, api)),
            Mount::Axum | Mount::Endpoint => {
                listener.set_nonblocking(true).unwrap();
                runtime.spawn(async move {
                    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                    axum::serve(listener, userbook_axum::router(api)).await.unwrap();
                });
                None
            }
        };
        Self { runtime, scene, address, actix }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some((handle, thread)) = self.actix.take() {
            drop(handle.stop(false));
            drop(thread.join());
        }
    }
}

fn serve_actix(listener: TcpListener, api: Api) -> (ServerHandle, JoinHandle<std::io::Result<()>>) {
    let (handles, handle) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(move || App::new().configure(userbook_actix::routes(api.clone())));
            let server = server.workers(1).disable_signals().listen(listener)?.run();
            handles.send(server.handle()).unwrap();
            server.await
        })
    });
    (handle.recv().unwrap(), thread)
}

/// Callers without access to [`HIDDEN`], and the answer.
const DENIED: [(Option<i64>, u16); 4] =
    [(None, 403), (Some(NOBODY), 403), (Some(VIEWER), 403), (Some(SELF_ONLY), 404)];

/// The client sends no byte of the body that it announces.
fn denies_before_the_body(mount: Mount) {
    let listening = Listening::start(mount);
    for (by, expected) in DENIED {
        for media_type in [JSON, MERGE_PATCH, JSON_PATCH] {
            let bearer = by.map_or_else(String::new, |by| format!("authorization: Bearer {by}\r\n"));
            let head = format!(
                "PATCH /api/v3/core/users/{HIDDEN}/ HTTP/1.1\r\nhost: x\r\n{bearer}content-type: {media_type}\r\n\
                 content-length: 4000000\r\n\r\n"
            );
            let mut stream = TcpStream::connect(listening.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            let answer = receive_one(&mut stream).unwrap();
            assert_eq!(answer.status, expected, "{mount:?} {by:?} {media_type}");
        }
    }
}

fn refuses_bombs(mount: Mount) {
    let listening = Listening::start(mount);
    let path = format!("/api/v3/core/users/{ALICE}/");
    for bomb in bombs() {
        for (by, expected) in [(NOBODY, 403), (SELF_ONLY, 404), (DESK, 400)] {
            let bearer = format!("Bearer {by}");
            let headers = [("content-type", bomb.media_type), ("authorization", bearer.as_str())];
            let bytes = request(listening.address, "PATCH", &path, &headers, Some(&bomb.body));
            let answer = exchange(listening.address, &bytes)
                .unwrap_or_else(|error| panic!("{mount:?} {by} {}: {error}", bomb.name));
            assert_eq!(answer.status, expected, "{mount:?} {by} {}", bomb.name);
        }
    }
    let Listening { runtime, scene, .. } = &listening;
    assert!(runtime.block_on(events(&scene.store)).is_empty(), "{mount:?}");
    let answer = runtime.block_on(scene.patch(DESK, ALICE, &json!({"name": "after"})));
    assert_eq!(answer.status, 200, "{mount:?}");
}

#[test]
fn c1_h4_axum_denies_before_the_body_arrives() {
    denies_before_the_body(Mount::Axum);
}

#[test]
fn c1_h4_actix_denies_before_the_body_arrives() {
    denies_before_the_body(Mount::Actix);
}

#[test]
fn c1_bombs_are_refused_behind_axum() {
    refuses_bombs(Mount::Axum);
}

#[test]
fn c1_bombs_are_refused_behind_actix() {
    refuses_bombs(Mount::Actix);
}
