//! Processes many rows outside of the lock, and yields to other tasks regularly.

use std::{cmp::Ordering, future::poll_fn, task::Poll};

/// The number of rows between two yields.
const CHUNK: usize = 64;

/// The minimum number of rows to sort at once.
const SORTED_AT_ONCE: usize = 1024;

/// Yields to other tasks of the runtime.
pub(crate) async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The part of the matching rows that forms the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) offset: u64,
    pub(crate) limit: u32,
}

impl Window {
    fn offset(self) -> usize {
        usize::try_from(self.offset).unwrap_or(usize::MAX)
    }

    fn limit(self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// Returns the page of sorted rows.
    pub(crate) fn cut<I: Iterator>(self, rows: I) -> impl Iterator<Item = I::Item> {
        rows.skip(self.offset()).take(self.limit())
    }
}

/// Returns the page of matching rows, and the number of matches. Sorts rows that are not `sorted`.
pub(crate) async fn select<T>(
    rows: Vec<T>,
    sorted: bool,
    matches: impl Fn(&T) -> bool,
    compare: impl Fn(&T, &T) -> Ordering,
    window: Window,
) -> (Vec<T>, u64) {
    let keep = window.offset().saturating_add(window.limit());
    let (mut best, mut count, mut seen) = (Vec::new(), 0, 0_usize);
    for row in rows {
        if matches(&row) {
            count += 1;
            if !sorted || best.len() < keep {
                best.push(row);
            }
        }
        seen += 1;
        if seen.is_multiple_of(CHUNK) {
            // Twice the rows of the page: the surplus is dropped before more rows follow.
            if !sorted && best.len() >= keep.max(SORTED_AT_ONCE).saturating_mul(2) {
                best.sort_unstable_by(&compare);
                best.truncate(keep);
            }
            yield_now().await;
        }
    }
    if !sorted {
        best.sort_unstable_by(&compare);
    }
    (window.cut(best.into_iter()).collect(), count)
}

/// Calls `check` for each row.
pub(crate) async fn for_each<T>(rows: Vec<T>, mut check: impl FnMut(T)) {
    for (n, row) in rows.into_iter().enumerate() {
        check(row);
        if n % CHUNK == CHUNK - 1 {
            yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    /// Runs a future to completion; returns the result and the number of yields.
    fn run<T>(future: impl Future<Output = T>) -> (T, usize) {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        let mut yields = 0;
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(result) => return (result, yields),
                Poll::Pending => yields += 1,
            }
        }
    }

    #[test]
    fn every_window_equals_a_part_of_the_sorted_matches() {
        let rows: Vec<u64> = (0..10_000).map(|n| (n * 7919) % 10_007).collect();
        let mut even: Vec<u64> = rows.iter().copied().filter(|n| n % 2 == 0).collect();
        even.sort_unstable();
        for (offset, limit) in [(0, 3), (5, 10), (4000, 100), (0, u32::MAX), (u64::MAX, 5), (0, 0)] {
            let window = Window { offset, limit };
            let (page, count) = run(select(rows.clone(), false, |n| n % 2 == 0, Ord::cmp, window)).0;
            assert_eq!(page, window.cut(even.iter().copied()).collect::<Vec<_>>(), "{window:?}");
            assert_eq!(count, even.len() as u64);
            let sorted = run(select(even.clone(), true, |_| true, Ord::cmp, window)).0;
            assert_eq!(sorted, (page, count));
        }
    }

    #[test]
    fn scan_yields_after_each_chunk() {
        let rows: Vec<u64> = (0..10 * CHUNK as u64).collect();
        let (_, yields) =
            run(select(rows.clone(), true, |_| false, Ord::cmp, Window { offset: 0, limit: 1 }));
        assert_eq!(yields, 10);
        let mut seen = 0;
        let ((), yields) = run(for_each(rows, |_| seen += 1));
        assert_eq!((seen, yields), (10 * CHUNK, 10));
    }
}
