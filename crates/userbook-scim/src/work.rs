//! The work that one request may cause.

use std::{future::poll_fn, task::Poll};

use crate::error::{ScimError, ScimType};

/// The bytes that are visited between two points where other tasks run.
const SLICE: usize = 256 * 1024;

/// The remaining bytes that a request may compare and copy.
#[derive(Debug)]
pub(crate) struct Work {
    limit: usize,
    left: usize,
    /// What was left when other tasks ran.
    rested: usize,
    exceeded: fn(usize) -> ScimError,
}

impl Work {
    /// The work of one PATCH in one attempt.
    pub(crate) fn patch(limit: usize) -> Self {
        Self::new(limit, |limit| {
            ScimError::too_large(format!("operations write and compare more than {limit} bytes"))
        })
    }

    /// The work of one search.
    pub(crate) fn search(limit: usize) -> Self {
        Self::new(limit, |limit| {
            let detail = format!("the filter compares more than {limit} bytes");
            ScimError::bad_request(ScimType::TooMany, detail)
        })
    }

    fn new(limit: usize, exceeded: fn(usize) -> ScimError) -> Self {
        Self { limit, left: limit, rested: limit, exceeded }
    }

    /// Counts bytes before they are visited.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), ScimError> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| (self.exceeded)(self.limit))?;
        Ok(())
    }

    /// Returns whether other tasks should run.
    pub(crate) fn is_due(&self) -> bool {
        self.rested - self.left > SLICE
    }

    /// Lets other tasks run.
    pub(crate) async fn rest(&mut self) {
        self.rested = self.left;
        yield_once().await;
    }
}

/// Lets other tasks run.
pub(crate) async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
