//! The work that one request may cause.

use userbook::service::{Backoff, YieldOnce};

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
        pause().await;
    }
}

/// Lets other tasks run.
pub(crate) async fn pause() {
    YieldOnce.pause(0).await;
}

/// Collects converted items, and lets other tasks run between them: each may be a large document. `convert` also
/// returns the bytes that it visits.
pub(crate) async fn convert_each<T, U>(
    items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator + Send>,
    convert: impl Fn(T) -> (U, usize) + Send,
) -> Vec<U>
where
    T: Send,
    U: Send,
{
    let items = items.into_iter();
    let (mut converted, mut visited) = (Vec::with_capacity(items.len()), 0_usize);
    for item in items {
        let (item, bytes) = convert(item);
        converted.push(item);
        visited = visited.saturating_add(bytes);
        if visited > SLICE {
            visited = 0;
            pause().await;
        }
    }
    converted
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    #[test]
    fn conversions_pause_by_bytes() {
        for (sizes, pauses) in [
            (vec![1; 1000], 0),
            (vec![SLICE, 1, 1], 1),
            (vec![SLICE + 1; 3], 3),
            (vec![SLICE / 2; 6], 2),
            (vec![usize::MAX, usize::MAX], 2),
        ] {
            let mut conversion = pin!(convert_each(sizes.clone(), |size| (size, size)));
            let mut context = Context::from_waker(Waker::noop());
            let mut pending = 0;
            let converted = loop {
                match conversion.as_mut().poll(&mut context) {
                    Poll::Ready(converted) => break converted,
                    Poll::Pending => pending += 1,
                }
            };
            assert_eq!((pending, &converted), (pauses, &sizes));
        }
    }
}
