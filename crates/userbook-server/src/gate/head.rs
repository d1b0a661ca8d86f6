//! Counts the memory of heads that have not arrived completely. Each connection may have a small head; larger ones
//! share a limit, so that connections that never finish their head do not exhaust the memory of the process.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::metrics::{Metrics, Saturation};

/// The part of a head that each connection may have, in bytes.
const SMALL: usize = 8 * 1024;

/// The memory of all heads, in bytes.
#[derive(Debug)]
pub(crate) struct HeadMemory {
    limit: usize,
    used: AtomicUsize,
}

impl HeadMemory {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicUsize::new(0) })
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn reserve(&self, bytes: usize) -> bool {
        let added = self.used.fetch_add(bytes, Ordering::Relaxed);
        let fits = added.saturating_add(bytes) <= self.limit;
        if !fits {
            self.release(bytes);
        }
        fits
    }

    fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Whether a connection receives a head, and how much of it has arrived.
#[derive(Debug)]
pub(crate) struct HeadMeter {
    memory: Arc<HeadMemory>,
    /// The number of requests whose body may still arrive: at most two, if the rest of a body is discarded while the
    /// next request runs.
    in_request: AtomicUsize,
    /// The size of the head so far.
    received: AtomicUsize,
    reserved: AtomicUsize,
}

/// A request whose head is complete. What arrives until it is dropped belongs to the body.
#[derive(Debug)]
pub(crate) struct InRequest(Arc<HeadMeter>);

impl HeadMeter {
    pub(crate) fn new(memory: Arc<HeadMemory>) -> Arc<Self> {
        Arc::new(Self {
            memory,
            in_request: AtomicUsize::new(0),
            received: AtomicUsize::new(0),
            reserved: AtomicUsize::new(0),
        })
    }

    /// The head is complete.
    pub(crate) fn request_started(self: &Arc<Self>) -> InRequest {
        self.in_request.fetch_add(1, Ordering::Relaxed);
        self.received.store(0, Ordering::Relaxed);
        self.memory.release(self.reserved.swap(0, Ordering::Relaxed));
        InRequest(Arc::clone(self))
    }

    /// Counts bytes; false if they do not fit.
    fn received(&self, bytes: usize) -> bool {
        if self.in_request.load(Ordering::Relaxed) > 0 {
            return true;
        }
        let before = self.received.load(Ordering::Relaxed);
        let size = before.saturating_add(bytes);
        let more = size.saturating_sub(SMALL.max(before));
        if more > 0 && !self.memory.reserve(more) {
            return false;
        }
        self.received.store(size, Ordering::Relaxed);
        self.reserved.fetch_add(more, Ordering::Relaxed);
        true
    }
}

impl Drop for InRequest {
    fn drop(&mut self) {
        self.0.in_request.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for HeadMeter {
    fn drop(&mut self) {
        self.memory.release(*self.reserved.get_mut());
    }
}

/// A connection whose heads are counted.
#[derive(Debug)]
pub(crate) struct MeteredStream<S> {
    stream: S,
    meter: Arc<HeadMeter>,
    metrics: Metrics,
}

/// The heads of other connections use all memory.
#[derive(Debug, thiserror::Error)]
#[error("no memory available for the head of a request")]
struct OutOfMemory;

impl<S> MeteredStream<S> {
    pub(crate) fn new(stream: S, meter: Arc<HeadMeter>, metrics: Metrics) -> Self {
        Self { stream, meter, metrics }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MeteredStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.meter.received(buffer.filled().len().saturating_sub(before)) {
            return Poll::Ready(Ok(()));
        }
        buffer.set_filled(before);
        self.metrics.rejected(Saturation::HeadMemory);
        Poll::Ready(Err(io::Error::other(OutOfMemory)))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MeteredStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[test]
    fn small_heads_cost_nothing_and_large_ones_share_the_limit() {
        let memory = HeadMemory::new(1000);
        let [first, second] = [0, 1].map(|_| HeadMeter::new(Arc::clone(&memory)));
        assert!(first.received(SMALL) && second.received(SMALL - 1));
        assert_eq!(memory.used(), 0);
        assert!(first.received(600) && !second.received(402) && second.received(401));
        assert_eq!(memory.used(), 1000);
        drop(second);
        assert_eq!(memory.used(), 600);
        let request = first.request_started();
        assert_eq!(memory.used(), 0);
        assert!(first.received(1 << 20));
        let next = first.request_started();
        drop(request);
        assert!(first.received(1 << 20), "a body that is discarded belongs to no head");
        drop(next);
        assert!(!first.received(1 << 20));
        assert_eq!(memory.used(), 0);
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_fail() {
        let memory = HeadMemory::new(10);
        let meter = HeadMeter::new(Arc::clone(&memory));
        let bytes = vec![b'x'; SMALL + 11];
        let mut stream = MeteredStream::new(&*bytes, meter, Metrics::new());
        let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert!(error.to_string().contains("no memory"), "{error}");
    }
}
