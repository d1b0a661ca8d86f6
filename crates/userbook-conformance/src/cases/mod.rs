//! The cases. Each takes a harness of its own, says in its docs which law it checks, and panics if it is broken.

pub mod cancel;
pub mod change_committed;
pub mod closure;
pub mod commit;
pub mod conflicts;
pub mod filters;
pub mod groups;
pub mod guards;
pub mod lists;
pub mod load;
pub mod load_directory;
pub mod names;
pub mod outbox;
pub mod people;
pub mod races;
pub mod rosters;
pub mod seed;
pub mod superusers;
pub mod teams;
pub mod values;
