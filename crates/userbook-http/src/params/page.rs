//! The requested page of a list, and authentik's pagination envelope.

use serde::Serialize;

use userbook::field::is_space;

use super::Params;
use crate::Release;
use crate::error::PAGE_SIZE;
use crate::error::{ApiError, Kind};

/// The default number of rows of a page.
const PAGE_ROWS: u32 = 100;

/// A requested page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageQuery {
    /// The page number, starting with 1.
    number: u64,
    size: u32,
    offset: u64,
}

/// authentik's envelope; 0 means "none".
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Pagination {
    next: u64,
    previous: u64,
    count: u64,
    current: u64,
    total_pages: u64,
    start_index: u64,
    end_index: u64,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    pagination: Pagination,
    results: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    autocomplete: Option<Autocomplete>,
}

/// Suggestions for a search: Userbook has none. 2025.2 has no such member.
#[derive(Debug, Serialize)]
struct Autocomplete {}

impl<T> Page<T> {
    pub(crate) fn new(release: Release, pagination: Pagination, results: Vec<T>) -> Self {
        Self { pagination, results, autocomplete: release.is_2026_8().then_some(Autocomplete {}) }
    }
}

impl PageQuery {
    /// Reads `page` and `page_size`. An invalid size is ignored, as recorded; a size above `max_rows` counts as
    /// `max_rows`.
    ///
    /// # Errors
    /// 404 for an invalid page number.
    pub(crate) fn read(params: &Params<'_>, max_rows: u32) -> Result<Self, ApiError> {
        let size = params.last(PAGE_SIZE).and_then(row_count);
        let size = size.filter(|size| *size > 0);
        let size =
            size.map_or(PAGE_ROWS, |size| u32::try_from(size).unwrap_or(u32::MAX)).min(max_rows.max(1));
        let number = match params.last("page") {
            None => 1,
            Some(number) => whole(number).filter(|number| *number > 0).ok_or_else(invalid_page)?,
        };
        // Databases count with signed 64-bit integers.
        let offset = (number - 1).checked_mul(size.into()).filter(|offset| i64::try_from(*offset).is_ok());
        Ok(Self { number, size, offset: offset.ok_or_else(invalid_page)? })
    }

    /// Returns the number of rows before the page.
    pub(crate) fn offset(self) -> u64 {
        self.offset
    }

    /// Returns the maximum number of rows on the page.
    pub(crate) fn limit(self) -> u32 {
        self.size
    }

    /// Returns the envelope of this page for a list with `count` rows.
    ///
    /// # Errors
    /// 404 if the page does not exist. The first page always exists.
    pub(crate) fn envelope(self, count: u64) -> Result<Pagination, ApiError> {
        let current = self.number;
        let total_pages = count.div_ceil(self.size.into()).max(1);
        if current > total_pages {
            return Err(invalid_page());
        }
        Ok(Pagination {
            next: if current < total_pages { current + 1 } else { 0 },
            previous: current - 1,
            count,
            current,
            total_pages,
            start_index: if count == 0 { 0 } else { self.offset + 1 },
            end_index: if current == total_pages { count } else { self.offset + u64::from(self.size) },
        })
    }
}

/// Reads a number of rows as the recorded release does; a number above 64 bits counts as the largest.
fn row_count(text: &str) -> Option<u64> {
    let text = text.trim_matches(is_space);
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.split('_').any(str::is_empty) { None } else { whole(&digits.replace('_', "")) }
}

/// Reads decimal digits; a number above 64 bits counts as the largest.
fn whole(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

fn invalid_page() -> ApiError {
    ApiError::new(Kind::NotFound, "Invalid page.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(query: &str, count: u64) -> Option<[u64; 7]> {
        let page = PageQuery::read(&Params::parse(Some(query)), 1_000).ok()?;
        let it = page.envelope(count).ok()?;
        Some([it.next, it.previous, it.count, it.current, it.total_pages, it.start_index, it.end_index])
    }

    #[test]
    fn envelope_equals_that_of_authentik() {
        for (query, count, expected) in [
            ("", 0, Some([0, 0, 0, 1, 1, 0, 0])),
            ("", 1, Some([0, 0, 1, 1, 1, 1, 1])),
            ("", 100, Some([0, 0, 100, 1, 1, 1, 100])),
            ("", 101, Some([2, 0, 101, 1, 2, 1, 100])),
            ("page=2", 101, Some([0, 1, 101, 2, 2, 101, 101])),
            ("page=2&page_size=3", 10, Some([3, 1, 10, 2, 4, 4, 6])),
            ("page=4&page_size=3", 10, Some([0, 3, 10, 4, 4, 10, 10])),
            ("page=5&page_size=3", 10, None),
            ("page=2", 100, None),
            ("page=2", 0, None),
            ("page=1&page=2&page_size=1", 2, Some([0, 1, 2, 2, 2, 2, 2])),
        ] {
            assert_eq!(envelope(query, count), expected, "{query} of {count}");
        }
    }

    #[test]
    fn numbers_and_sizes() {
        for (query, offset, limit) in [
            ("page=003&page_size=5", 10, 5),
            ("page_size=+3", 0, 3),
            ("page_size=%2B3", 0, 3),
            ("page_size=1_0", 0, 10),
            ("page_size=1__0", 0, 100),
            ("page_size=%2B9_9999999999999999999", 0, 1_000),
            ("page_size=999", 0, 999),
            ("page_size=1001", 0, 1_000),
            ("page_size=99999999999999999999999", 0, 1_000),
            ("page_size=0", 0, 100),
            ("page_size=-1", 0, 100),
            ("page_size=x", 0, 100),
            ("page_size=", 0, 100),
        ] {
            let page = PageQuery::read(&Params::parse(Some(query)), 1_000).unwrap();
            assert_eq!((page.offset(), page.limit()), (offset, limit), "{query}");
        }
        for query in [
            "page=",
            "page=0",
            "page=-1",
            "page=1.0",
            "page=x",
            "page=last",
            "page=9999999999999999999999",
            "page=+1",
        ] {
            let refused = PageQuery::read(&Params::parse(Some(query)), 1_000).map(|_| ());
            assert!(refused.is_err(), "{query}");
        }
    }
}
