//! The reference server as its users run it: process, command line, database file.

mod administration;
mod blocked;
mod cedar;
mod command_line;
mod directory;
mod events;
mod files;
mod first_start;
mod health;
mod import;
mod kills;
mod limited;
mod lingering;
mod metrics;
mod overload;
mod protocol;
mod readme;
mod recorded;
mod saturation;
mod scim;
mod secrets;
mod shutdown;
mod slow;
mod support;
mod test_double;
mod webhook;
