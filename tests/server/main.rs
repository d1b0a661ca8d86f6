//! The reference server as its users run it: a process, a command line, a database file.

mod cedar;
mod command_line;
mod events;
mod health;
mod kills;
mod lingering;
mod neighbours;
mod recorded;
mod saturation;
mod secrets;
mod slow;
mod support;
