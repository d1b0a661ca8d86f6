//! Threads for the work of requests. Connections, liveness and metrics have threads of their own, so that they answer
//! while requests with much computation occupy all threads of this runtime.

use std::{future::Future, io, panic};

use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

/// The runtime of requests.
#[derive(Debug)]
pub(crate) struct WorkThreads(Option<Runtime>);

/// A task that ends when its result is no longer awaited.
struct Task<T>(JoinHandle<T>);

impl WorkThreads {
    /// Starts the threads: as many as there are processors.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub(crate) fn start() -> io::Result<Self> {
        Builder::new_multi_thread()
            .thread_name("request")
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
    }

    /// Runs `work` to its end, or until the returned future is dropped. A panic continues in the caller.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let Some(runtime) = &self.0 else { return work.await };
        let mut task = Task(runtime.spawn(work));
        match (&mut task.0).await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(cause) => panic::resume_unwind(cause),
                // The runtime ends only after all connections.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

impl Drop for WorkThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // A runtime may not wait for another one.
            runtime.shutdown_background();
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, mpsc},
        thread,
        time::Duration,
    };

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn busy_threads_do_not_block_the_caller() {
        let work = Arc::new(WorkThreads::start().unwrap());
        let processors = thread::available_parallelism().unwrap().get();
        let (release, released): (Vec<_>, Vec<_>) =
            (0..2 * processors).map(|_| mpsc::channel::<()>()).unzip();
        let tasks: Vec<_> = released
            .into_iter()
            .map(|released| {
                let work = Arc::clone(&work);
                // Blocks its thread.
                tokio::spawn(async move { work.run(async move { released.recv().unwrap() }).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(release.iter().map(|sender| sender.send(())).collect::<Vec<_>>());
        for task in tasks {
            task.await.unwrap();
        }
    }

    #[tokio::test]
    async fn dropped_work_ends() {
        let work = WorkThreads::start().unwrap();
        let (sender, receiver) = oneshot::channel::<()>();
        let held = async move {
            let _sender = sender;
            std::future::pending::<()>().await;
        };
        assert!(tokio::time::timeout(Duration::from_millis(10), work.run(held)).await.is_err());
        assert!(receiver.await.is_err());
    }
}
