//! Limits on what a request stores, reads or causes.

use std::time::Duration;

/// Limits on what one request stores, reads or causes. They apply only to values that *change*: a stored value above a
/// limit is shown, and kept by updates that do not change it. The response to a GET can always be sent back.
///
/// ```
/// use userbook::{Limits, Policy};
///
/// let policy = Policy::hardened().with_limits(Limits { attribute_bytes: 16 * 1024, ..Limits::default() });
/// assert_eq!(policy.limits().attribute_bytes, 16_384);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Stored attributes of a user or group, in bytes of compact JSON: 64 KiB.
    pub attribute_bytes: usize,
    /// Stored attributes of a user or group, in JSON values at any depth, the object itself included: 4,096.
    pub attribute_nodes: usize,
    /// A display name or group name, in code points: 1,024.
    pub name_chars: usize,
    /// A path, in code points: 1,024.
    pub path_chars: usize,
    /// Groups that one update joins: 1,000.
    pub groups_joined: usize,
    /// Memberships that one group write changes: 1,000.
    pub members_altered: usize,
    /// JSON values in one request body, unknown members excluded: 65,536.
    pub body_nodes: usize,
    /// Operations in one JSON Patch: 256.
    pub patch_operations: usize,
    /// Bytes of compact JSON that the operations of one JSON Patch produce and visit: 256 KiB.
    pub patch_bytes: usize,
    /// JSON values and nested keys in an attribute filter of a list: 64.
    pub filter_nodes: usize,
    /// Rows of one page of a list: 1,000. A larger request gets this many.
    pub page_rows: u32,
    /// The time to find one page of a list: 5 seconds. The clock is read whenever the store yields.
    pub search_time: Duration,
    /// One page of a list or one object, in bytes of text and JSON: 16 MiB.
    pub page_bytes: u64,
    /// Events of one delivery round in bytes of JSON, at least one event: 4 MiB.
    pub outbox_bytes: u64,
}

impl Limits {
    /// The limits of the recorded release: stored values have no own limit. The limits of the request body still
    /// apply.
    pub fn authentik_2025_2() -> Self {
        Self {
            attribute_bytes: usize::MAX,
            attribute_nodes: usize::MAX,
            name_chars: usize::MAX,
            path_chars: usize::MAX,
            groups_joined: usize::MAX,
            members_altered: usize::MAX,
            body_nodes: 262_144,
            filter_nodes: 1_024,
            page_rows: u32::MAX,
            ..Self::default()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attribute_bytes: 64 * 1024,
            attribute_nodes: 4_096,
            name_chars: 1_024,
            path_chars: 1_024,
            groups_joined: 1_000,
            members_altered: 1_000,
            body_nodes: 65_536,
            patch_operations: 256,
            patch_bytes: 256 * 1024,
            filter_nodes: 64,
            page_rows: 1_000,
            search_time: Duration::from_secs(5),
            page_bytes: 16 * 1024 * 1024,
            outbox_bytes: 4 * 1024 * 1024,
        }
    }
}
