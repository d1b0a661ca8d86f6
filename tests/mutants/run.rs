//! Runs one case on one store and catches its failure.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Once, mpsc},
    thread,
    time::Duration,
};

/// A case that has not started: its future is created on the thread that runs it.
pub(crate) type Case = fn() -> Pin<Box<dyn Future<Output = ()>>>;

/// The result of a case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The case passed.
    Passed,
    /// The case failed with this message.
    Failed(String),
    /// The case did not end in time.
    Hung,
}

const NAME: &str = "case of a mutant";
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a case on a new thread and runtime. A single thread for all tasks makes them switch only where they wait, so
/// that races are reproducible.
pub(crate) fn run(case: Case) -> Verdict {
    silence_panics();
    let (done, verdict) = mpsc::channel();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(case())));
        // The receiver may have given up after the timeout.
        done.send(ended.map_err(|panic| message(&*panic))).ok();
    };
    thread::Builder::new().name(NAME.to_owned()).spawn(work).expect("a thread");
    match verdict.recv_timeout(PATIENCE) {
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(message)) => Verdict::Failed(message),
        Err(_) => Verdict::Hung,
    }
}

/// Failing cases are expected: the table shows their messages instead of the log.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(NAME) {
                loud(panic);
            }
        }));
    });
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_owned()
}
