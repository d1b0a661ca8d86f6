//! Accepting connections, serving each, and ending them.

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
use crate::{Limits, fd_limit, gate::RequestGate};

/// How much the head of a request may have, in bytes.
const HEAD: usize = 64 * 1024;

/// How long to wait when no connection can be accepted because files or memory are short.
const SHORT: Duration = Duration::from_millis(100);

/// Connections that the kernel may hold until they are accepted, if it holds so many at all (`somaxconn`). Those
/// that come when it is full are lost.
const BACKLOG: u32 = 4096;

/// Listens on this address.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Not to wait for connections of an earlier process to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until told to stop; then finishes what is under way. Tells whether it could.
pub(super) async fn serve(
    listener: TcpListener,
    gate: RequestGate,
    limits: &Limits,
    stop: &mut Stop,
) -> io::Result<bool> {
    let server = Server {
        gate: Arc::new(gate),
        http: http(limits),
        write_timeout: limits.write_timeout,
        graceful: GracefulShutdown::new(),
    };
    let room = fd_limit::room(limits.max_connections, limits.database_connections);
    let slots = Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS)));
    while let Some((stream, slot)) = unless(stop, next(&listener, &slots)).await {
        server.spawn(stream, Some(slot));
    }
    tracing::info!("stopping");
    // Whoever is connected already is served: the kernel has accepted them, and they may have sent something.
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
    let finished = unless(stop, timeout(limits.shutdown_timeout, server.graceful.shutdown())).await;
    let finished = matches!(finished, Some(Ok(())));
    if !finished {
        tracing::warn!(open, "connections are cut");
    }
    Ok(finished)
}

/// What the future says, unless a signal comes first.
async fn unless<T>(stop: &mut Stop, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        () = stop.asked() => None,
        answer = future => Some(answer),
    }
}

/// The next connection, once there may be one more.
async fn next(listener: &TcpListener, slots: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else {
            // Nobody closes it.
            std::future::pending().await
        };
        match listener.accept().await {
            Ok((stream, _)) => return (stream, slot),
            // A client that has left before it was accepted is none of our business.
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no connection can be accepted");
                sleep(SHORT).await;
            }
        }
    }
}

fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_header_size(HEAD)
        // The buffer for reading grows to this size even while a denied body is discarded.
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
    /// Serves a connection in a task of its own.
    fn spawn(&self, stream: TcpStream, slot: Option<OwnedSemaphorePermit>) {
        let (gate, http, watcher) = (Arc::clone(&self.gate), self.http.clone(), self.graceful.watcher());
        let write_timeout = self.write_timeout;
        tokio::spawn(async move {
            if let Err(error) = serve_connection(stream, write_timeout, &http, gate, watcher).await {
                // Clients that leave, are too slow or speak something else: nothing to worry about.
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended early");
            }
            drop(slot);
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
    // Failing to set this costs some milliseconds an answer, no more.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_timeout));
    let service = service_fn(move |request| {
        let gate = Arc::clone(&gate);
        async move { Ok::<_, Infallible>(gate.respond(request).await) }
    });
    watcher.watch(http.serve_connection(TokioIo::new(Box::pin(stream)), service)).await
}
