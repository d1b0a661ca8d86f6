//! Applications in every framework, with the API plugged in in both ways.

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

/// A way to send a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// axum's router, called as a function.
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
    /// Returns whether the application routes only the endpoint's paths to the endpoint.
    pub(crate) fn routes(self) -> bool {
        [Self::AxumCalled, Self::AxumRouter, Self::ActixRoutes].contains(&self)
    }
}

/// The running applications, stopped on drop.
pub(crate) struct Hosts {
    pub(crate) runtime: Runtime,
    /// The shared endpoint.
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

    /// Returns the listening address; `None` for a called application.
    pub(crate) fn address(&self, way: Way) -> Option<SocketAddr> {
        match way {
            Way::AxumCalled => None,
            Way::AxumRouter => Some(self.axum[0]),
            Way::AxumFallback => Some(self.axum[1]),
            Way::ActixRoutes => Some(self.actix[0].address),
            Way::ActixDefault => Some(self.actix[1].address),
        }
    }

    /// Sends a request to the endpoint without a framework.
    pub(crate) fn ask_bare(&self, sent: &Sent) -> Answer {
        self.runtime.block_on(async {
            Answer::from_response(self.switch.respond(sent.request()).await.map(http_body_util::Full::new))
                .await
        })
    }

    /// Sends a request to an application.
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
                handles.send(server.handle()).expect("the receiver waits");
                server.await
            })
        });
        Self { address, handle: handle.recv().expect("the server starts"), thread: Some(thread) }
    }
}

impl Drop for Actix {
    fn drop(&mut self) {
        // `stop` needs no wait; the thread ends when the server has stopped.
        drop(self.handle.stop(false));
        if let Some(Ok(ended)) = self.thread.take().map(JoinHandle::join) {
            ended.expect("it served up to the end");
        }
    }
}
