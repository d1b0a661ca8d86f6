//! The rules, one table each. `scene` holds the stage: a user, an actor, some groups, and what is asked.

mod changes;
mod fields;
mod groups;
mod guards;
mod lockout;
mod members;
mod needs;
mod order;
mod power;
mod provision;
mod redaction;
mod scene;
