//! The flaws: each breaks one law, in a way in which stores have been broken.

mod atomicity;
mod columns;
mod directory;
mod guards;
mod hierarchy;
mod lists;
mod memberships;
mod names;
mod outbox;
mod power;
mod revisions;
mod values;

pub(crate) use atomicity::*;
pub(crate) use columns::*;
pub(crate) use directory::*;
pub(crate) use guards::*;
pub(crate) use hierarchy::*;
pub(crate) use lists::*;
pub(crate) use memberships::*;
pub(crate) use names::*;
pub(crate) use outbox::*;
pub(crate) use power::*;
pub(crate) use revisions::*;
pub(crate) use values::*;

/// Declares flaws that keep nothing in mind.
macro_rules! flaws {
    ($($(#[$doc:meta])* $name:ident { $($hook:item)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl crate::store::Flaw for $name { $($hook)+ }
    )+};
}
use flaws;
