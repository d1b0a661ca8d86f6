//! Ends the statement of a dropped future.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Held while a statement runs that may take long. If it is dropped, the statement ends; [`done`](Self::done) means
/// that it has ended.
#[derive(Debug, Default)]
pub struct Interrupt {
    is_wanted: Arc<AtomicBool>,
    is_done: bool,
}

impl Interrupt {
    /// Whether the statement should end, for the database to ask.
    pub(crate) fn is_wanted(&self) -> impl Fn() -> bool + Send + 'static {
        let is_wanted = Arc::clone(&self.is_wanted);
        move || is_wanted.load(Ordering::Relaxed)
    }

    pub(crate) fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        if !self.is_done {
            self.is_wanted.store(true, Ordering::Relaxed);
        }
    }
}
