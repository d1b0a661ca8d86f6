//! Applications in every framework, each with the API in both ways it can be plugged in.

use std::{
    net::{SocketAddr, TcpListener},
    sync::mpsc,
    thread::JoinHandle,
};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System};
use axum::{Router, body::Body};
use tokio::runtime::Runtime;
use tower_service::Service;
use userbook_http::Endpoint;

use crate::{
    answer::Answer,
    request::{Ending, Sent},
    switch::Switch,
};

/// A way to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// axum's router, called without a socket.
    AxumCalled,
    /// axum's router behind a socket.
    AxumRouter,
    /// axum's service as a fallback, behind a socket.
    AxumFallback,
    /// actix-web's routes, behind a socket.
    ActixRoutes,
    /// actix-web's route as the default service, behind a socket.
    ActixDefault,
}

pub(crate) const WAYS: [Way; 5] =
    [Way::AxumCalled, Way::AxumRouter, Way::AxumFallback, Way::ActixRoutes, Way::ActixDefault];

impl Way {
    /// Whether only what is below the endpoint's paths gets to it.
    pub(crate) fn routes(self) -> bool {
        [Self::AxumCalled, Self::AxumRouter, Self::ActixRoutes].contains(&self)
    }
}

/// The applications, served until it is dropped.
pub(crate) struct Hosts {
    pub(crate) runtime: Runtime,
    /// The endpoint of all of them.
    pub(crate) switch: Switch,
    axum: [SocketAddr; 2],
    actix: [Actix; 2],
}

struct Actix {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Hosts {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let (runtime, switch) = (runtime.unwrap(), Switch::default());
        let router = userbook_axum::router(switch.clone());
        let fallback = Router::new().fallback_service(userbook_axum::service(switch.clone()));
        let axum = [router, fallback].map(|app| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            let address = listener.local_addr().unwrap();
            runtime.spawn(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
            address
        });
        let actix = [true, false].map(|routes| Actix::start(&switch, routes));
        Self { runtime, switch, axum, actix }
    }

    /// Where the application listens; `None` if it is called.
    pub(crate) fn address(&self, way: Way) -> Option<SocketAddr> {
        match way {
            Way::AxumCalled => None,
            Way::AxumRouter => Some(self.axum[0]),
            Way::AxumFallback => Some(self.axum[1]),
            Way::ActixRoutes => Some(self.actix[0].address),
            Way::ActixDefault => Some(self.actix[1].address),
        }
    }

    /// Asks without any framework.
    pub(crate) fn ask_bare(&self, sent: &Sent) -> Answer {
        self.runtime.block_on(async {
            Answer::from_response(self.switch.respond(sent.request()).await.map(http_body_util::Full::new))
                .await
        })
    }

    /// Asks an application.
    pub(crate) fn ask(&self, way: Way, sent: &Sent) -> Answer {
        let Some(address) = self.address(way) else {
            let mut router: Router = userbook_axum::router(self.switch.clone());
            return self.runtime.block_on(async {
                Answer::from_response(router.call(sent.request().map(Body::new)).await.unwrap()).await
            });
        };
        let bytes = sent.exchange(address, Ending::Waits);
        Answer::from_wire(&bytes).unwrap_or_else(|| panic!("{way:?} {sent:?}: {}", bytes.escape_ascii()))
    }
}

impl Actix {
    fn start(switch: &Switch, routes: bool) -> Self {
        let (switch, (handles, handle)) = (switch.clone(), mpsc::channel());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    if routes {
                        App::new().configure(userbook_actix::routes(switch.clone()))
                    } else {
                        App::new().default_service(userbook_actix::service(switch.clone()))
                    }
                });
                let server = server.workers(1).disable_signals().listen(listener)?.run();
                handles.send(server.handle()).expect("somebody waits for it");
                server.await
            })
        });
        Self { address, handle: handle.recv().expect("the server starts"), thread: Some(thread) }
    }
}

impl Drop for Actix {
    fn drop(&mut self) {
        // Telling a server to stop needs no waiting; the thread ends when it has.
        drop(self.handle.stop(false));
        if let Some(Ok(ended)) = self.thread.take().map(JoinHandle::join) {
            ended.expect("it served up to the end");
        }
    }
}
