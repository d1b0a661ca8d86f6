//! Limits of requests beyond those of the core.

use std::time::Duration;

use crate::error::ScimError;

/// Limits of one request. The [`Limits`](userbook::Limits) of the service's policy apply as well: stored attributes,
/// members of a group write, rows and bytes of a page, the time of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimLimits {
    /// A body in bytes: 1 MiB.
    pub body_bytes: usize,
    /// JSON values in one body: 65,536.
    pub body_nodes: usize,
    /// A filter or path in bytes: 16 KiB.
    pub filter_bytes: usize,
    /// Comparisons in one filter: 256.
    pub filter_terms: usize,
    /// Operations and paths in one PATCH, and unknown attributes and paths in one POST or PUT: 1,000. Each key of the
    /// value of an operation without a path is a path.
    pub patch_operations: usize,
    /// Bytes of JSON that the operations of one PATCH write and compare: 4 MiB.
    pub patch_bytes: usize,
    /// Bytes that the filter of one search compares: 256 MiB.
    pub search_bytes: usize,
    /// Names in `attributes` or `excludedAttributes`: 256.
    pub attribute_names: usize,
    /// Operations in one bulk request: 100.
    pub bulk_operations: usize,
    /// Time in which the operations of one bulk request begin: 20 seconds. Later ones get 503.
    pub bulk_time: Duration,
    /// Rows of one page: 200. A larger `count` gets this many.
    pub page_rows: u32,
    /// Rows that are sorted by an attribute without an order in the store: 10,000.
    pub sorted_rows: usize,
    /// Bytes of the texts and ids that these rows are sorted by: 8 MiB.
    pub sorted_bytes: usize,
}

impl Default for ScimLimits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            body_nodes: 65_536,
            filter_bytes: 16 * 1024,
            filter_terms: 256,
            patch_operations: 1_000,
            patch_bytes: 4 * 1024 * 1024,
            search_bytes: 256 * 1024 * 1024,
            attribute_names: 256,
            bulk_operations: 100,
            bulk_time: Duration::from_secs(20),
            page_rows: 200,
            sorted_rows: 10_000,
            sorted_bytes: 8 * 1024 * 1024,
        }
    }
}

/// Nesting of a body: a resource, and what attributes contain.
pub(crate) const BODY_LEVELS: usize = 32;

/// The paths that one request may contain. Every path counts before it is parsed, also one that the schema does not
/// have.
#[derive(Debug)]
pub(crate) struct PathCount {
    limit: usize,
    left: usize,
    exceeded: fn(usize) -> String,
}

impl PathCount {
    /// The operations and paths of a PATCH.
    pub(crate) fn of_patch(limits: &ScimLimits) -> Self {
        Self::new(limits, |limit| format!("PATCH exceeds {limit} operations"))
    }

    /// The paths in the keys of a POST or PUT.
    pub(crate) fn of_resource(limits: &ScimLimits) -> Self {
        Self::new(limits, |limit| format!("resource exceeds {limit} unknown attributes and paths"))
    }

    fn new(limits: &ScimLimits, exceeded: fn(usize) -> String) -> Self {
        Self { limit: limits.patch_operations, left: limits.patch_operations, exceeded }
    }

    /// Counts one path.
    pub(crate) fn add(&mut self) -> Result<(), ScimError> {
        let left = self.left.checked_sub(1);
        self.left = left.ok_or_else(|| ScimError::too_large((self.exceeded)(self.limit)))?;
        Ok(())
    }
}
