//! Serves the page of metrics at an address of its own, without authentication.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

use super::connections::{http, next};
use crate::{Limits, metrics::MetricsPage};

/// The maximum number of connections.
const CONNECTIONS: usize = 16;

/// The maximum time of a connection. Each serves one request.
const TIME: Duration = Duration::from_secs(10);

/// Serves until the future is dropped.
pub(super) async fn serve(listener: TcpListener, limits: &Limits, page: MetricsPage) {
    let mut http = http(limits);
    http.keep_alive(false);
    let (page, slots) = (Arc::new(page), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let (stream, slot) = next(&listener, &slots).await;
        let (page, http) = (Arc::clone(&page), http.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let page = Arc::clone(&page);
                async move { Ok::<_, Infallible>(page.respond(request).await) }
            });
            // A reader that is too slow or disconnects is not an error of the server.
            _ = timeout(TIME, http.serve_connection(TokioIo::new(stream), service)).await;
            drop(slot);
        });
    }
}
