//! Writes bytes on a thread of its own, because a pipe or a disk may block.

use std::{
    io,
    sync::mpsc::{SyncSender, sync_channel},
    thread,
};

use tokio::sync::oneshot;

/// A piece to write, and where the outcome goes.
type Job = (Vec<u8>, oneshot::Sender<io::Result<()>>);

/// A thread that writes one piece after another.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    jobs: SyncSender<Job>,
}

/// The writing thread has ended.
#[derive(Debug, thiserror::Error)]
#[error("the writer has ended")]
struct Ended;

/// The piece before is not written yet.
#[derive(Debug, thiserror::Error)]
#[error("the reader does not read")]
struct Stalled;

impl Writer {
    /// Starts the thread. `write` returns once the piece is safe.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub(crate) fn start(
        name: &str,
        mut write: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(1);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Ok((piece, outcome)) = queue.recv() {
                // The caller may have left.
                _ = outcome.send(write(&piece));
            }
        })?;
        Ok(Self { jobs })
    }

    /// Writes a piece and waits without blocking the thread of the caller.
    pub(crate) async fn write(&self, piece: Vec<u8>) -> io::Result<()> {
        let (outcome, written) = oneshot::channel();
        self.jobs.try_send((piece, outcome)).map_err(|_| io::Error::other(Stalled))?;
        written.await.unwrap_or_else(|_| Err(io::Error::other(Ended)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc};

    use super::*;

    #[tokio::test]
    async fn pieces_are_written_in_order_and_errors_reach_the_caller() {
        let written = Arc::new(Mutex::new(Vec::<u8>::new()));
        let into = Arc::clone(&written);
        let writer = Writer::start("test", move |piece| {
            into.lock().unwrap().extend(piece);
            if piece == b"!" { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        })
        .unwrap();
        writer.write(b"a".to_vec()).await.unwrap();
        writer.write(b"b".to_vec()).await.unwrap();
        assert_eq!(writer.write(b"!".to_vec()).await.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(*written.lock().unwrap(), b"ab!");
    }

    #[tokio::test]
    async fn stalled_writer_blocks_no_task() {
        let (release, released) = mpsc::channel::<()>();
        let writer = Writer::start("test", move |_| {
            released.recv().unwrap();
            Ok(())
        })
        .unwrap();
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let writer = writer.clone();
                tokio::spawn(async move { writer.write(Vec::new()).await })
            })
            .collect();
        tokio::task::yield_now().await;
        for _ in 0..3 {
            release.send(()).unwrap();
        }
        let mut written = 0;
        for wait in waiting {
            written += usize::from(wait.await.unwrap().is_ok());
        }
        // One piece was with the thread, one or two fitted into the queue or were turned down.
        assert!((1..=3).contains(&written));
    }
}
