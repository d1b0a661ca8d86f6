//! Running one case on one store, whatever becomes of it.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Once, mpsc},
    thread,
    time::Duration,
};

/// A case that was not begun yet: its future is made where it runs.
pub(crate) type Case = fn() -> Pin<Box<dyn Future<Output = ()>>>;

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The store keeps the law.
    Passed,
    /// The case says what is wrong.
    Failed(String),
    /// It says nothing, which is no answer.
    Hung,
}

const NAME: &str = "case of a mutant";
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a case on a thread and a runtime of its own. One thread for all tasks, so that they take turns where
/// they wait and nowhere else: a race is lost each time or never.
pub(crate) fn run(case: Case) -> Verdict {
    quieten();
    let (done, verdict) = mpsc::channel();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(case())));
        // Nobody listens any more to a case that came too late.
        done.send(ended.map_err(|panic| message(&*panic))).ok();
    };
    thread::Builder::new().name(NAME.to_owned()).spawn(work).expect("a thread");
    match verdict.recv_timeout(PATIENCE) {
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(message)) => Verdict::Failed(message),
        Err(_) => Verdict::Hung,
    }
}

/// Panics of cases are expected: the table shows them, not the log.
fn quieten() {
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
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a word").to_owned()
}
