//! Members that only `test` operations use and the core does not know.

use std::{fmt, sync::Arc};

use crate::{json::JsonObject, view::UserView};

type Render = dyn Fn(&UserView) -> JsonObject + Send + Sync;

/// The members of a user's representation beyond those of the core, for `test` operations of a JSON Patch. Members
/// with names that the core knows are ignored.
#[derive(Clone)]
pub struct ReadOnlyMembers(Arc<Render>);

impl ReadOnlyMembers {
    /// Renders the members of a user. A patch calls the function at most once, and only if a `test` names such a
    /// member or the whole document.
    pub fn new(render: impl Fn(&UserView) -> JsonObject + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    pub(super) fn render(&self, view: &UserView) -> JsonObject {
        (self.0)(view)
    }
}

impl fmt::Debug for ReadOnlyMembers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadOnlyMembers(..)")
    }
}

impl PartialEq for ReadOnlyMembers {
    /// Returns whether both are the same function.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
