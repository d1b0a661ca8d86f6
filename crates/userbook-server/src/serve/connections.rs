//! Accepts connections, serves them, and ends them.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;

use super::signals::Stop;
use crate::{
    Limits,
    gate::{ExplainingStream, HeadMeter, MeteredStream, RequestGate},
};

/// The maximum size of the head of a request in bytes.
const HEAD: usize = 64 * 1024;

/// The pause when no connection can be accepted for lack of files or memory.
const SHORT: Duration = Duration::from_millis(100);

/// The maximum queue of connections in the kernel, limited by `somaxconn`. Connections beyond a full queue are lost.
const BACKLOG: u32 = 4096;

/// Listens on this address.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Allows a restart while connections of an earlier process are in TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves up to `room` connections at a time until a signal, then finishes running requests. Returns whether all
/// requests were finished.
pub(super) async fn serve(
    listener: TcpListener,
    gate: Arc<RequestGate>,
    limits: &Limits,
    room: usize,
    stop: &mut Stop,
) -> io::Result<bool> {
    let server = Server {
        gate,
        http: http(limits),
        write_timeout: limits.write_timeout,
        graceful: GracefulShutdown::new(),
    };
    let slots = Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS)));
    while let Some((stream, slot)) = until_signal(stop, next(&listener, &slots)).await {
        server.spawn(stream, Some(slot));
    }
    tracing::info!("stopping");
    // Serves the connections in the kernel's queue: their clients may have sent requests.
    let listener = listener.into_std()?;
    while let Ok((stream, _)) = listener.accept() {
        if stream.set_nonblocking(true).is_ok()
            && let Ok(stream) = TcpStream::from_std(stream)
        {
            server.spawn(stream, None);
        }
    }
    drop(listener);
    let open = server.graceful.count();
    let finished = until_signal(stop, timeout(limits.shutdown_timeout, server.graceful.shutdown())).await;
    let finished = open == 0 || matches!(finished, Some(Ok(())));
    if !finished {
        tracing::warn!(open, "cutting connections");
    }
    Ok(finished)
}

/// Awaits the future, or returns `None` at a signal.
async fn until_signal<T>(stop: &mut Stop, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        () = stop.received() => None,
        answer = future => Some(answer),
    }
}

/// Returns the next connection once the limit permits one more.
pub(super) async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else {
            // The semaphore is never closed.
            std::future::pending().await
        };
        match listener.accept().await {
            Ok((stream, _)) => return (stream, slot),
            // The client disconnected before it was accepted.
            Err(error) if is_client_error(&error) => {}
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept connections");
                sleep(SHORT).await;
            }
        }
    }
}

fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

pub(super) fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_header_size(HEAD)
        // The read buffer grows to this size even while a denied body is discarded.
        .max_buf_size(HEAD);
    http
}

struct Server {
    gate: Arc<RequestGate>,
    http: http1::Builder,
    write_timeout: Duration,
    graceful: GracefulShutdown,
}

impl Server {
    /// Serves a connection in a new task.
    fn spawn(&self, stream: TcpStream, slot: Option<OwnedSemaphorePermit>) {
        let (gate, http, watcher) = (Arc::clone(&self.gate), self.http.clone(), self.graceful.watcher());
        let write_timeout = self.write_timeout;
        tokio::spawn(async move {
            let open = gate.metrics().connected();
            if let Err(error) = serve_connection(stream, write_timeout, &http, gate, watcher).await {
                // Clients that disconnect, are too slow, or use another protocol are not errors of the server.
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended early");
            }
            drop((open, slot));
        });
    }
}

async fn serve_connection(
    stream: TcpStream,
    write_timeout: Duration,
    http: &http1::Builder,
    gate: Arc<RequestGate>,
    watcher: Watcher,
) -> hyper::Result<()> {
    // Without this option, a response takes some milliseconds longer.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_timeout));
    let meter = HeadMeter::new(Arc::clone(gate.heads()));
    let stream = MeteredStream::new(Box::pin(stream), Arc::clone(&meter), gate.metrics().clone());
    let stream = ExplainingStream::new(stream);
    let service = service_fn(move |request| {
        let (gate, in_request) = (Arc::clone(&gate), meter.request_started());
        async move { Ok::<_, Infallible>(gate.respond(request, in_request).await) }
    });
    watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await
}
