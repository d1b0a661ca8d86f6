//! The reference server as its users run it: a process, a command line, a database file.

mod cedar;
mod command_line;
mod events;
mod kills;
mod recorded;
mod support;
