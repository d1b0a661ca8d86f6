//! The mutations. Each violates one law in a way that occurs in real stores.

mod atomicity;
mod claims;
mod columns;
mod dates;
mod directory;
mod external_ids;
mod guards;
mod hierarchy;
mod lists;
mod members;
mod memberships;
mod names;
mod outbox;
mod page_size;
mod provisioning;
mod revisions;
mod sessions;
mod superusers;
mod targets;
mod values;

pub(crate) use atomicity::*;
pub(crate) use claims::*;
pub(crate) use columns::*;
pub(crate) use dates::*;
pub(crate) use directory::*;
pub(crate) use external_ids::*;
pub(crate) use guards::*;
pub(crate) use hierarchy::*;
pub(crate) use lists::*;
pub(crate) use members::*;
pub(crate) use memberships::*;
pub(crate) use names::*;
pub(crate) use outbox::*;
pub(crate) use page_size::*;
pub(crate) use provisioning::*;
pub(crate) use revisions::*;
pub(crate) use sessions::*;
pub(crate) use superusers::*;
pub(crate) use targets::*;
pub(crate) use values::*;

/// Declares mutations without state.
macro_rules! mutations {
    ($($(#[$doc:meta])* $name:ident { $($hook:item)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl crate::store::Mutation for $name { $($hook)+ }
    )+};
}
use mutations;
