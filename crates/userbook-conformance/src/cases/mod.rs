//! The cases. Each creates its own harness, documents the law that it checks, and panics if the store breaks the law.

pub mod can_act;
pub mod cancel;
pub mod change_committed;
pub mod claims;
pub mod closure;
pub mod commit;
pub mod conflicts;
pub mod external_ids;
pub mod filters;
pub mod group_lists;
pub mod group_provisioning;
pub mod groups;
pub mod guards;
pub mod import;
pub mod load;
pub mod load_directory;
pub mod members;
pub mod names;
pub mod outbox;
pub mod page_size;
pub mod races;
pub mod sessions;
pub mod superusers;
pub mod user_lists;
pub mod user_provisioning;
pub mod values;
