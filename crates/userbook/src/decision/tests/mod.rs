//! The rules, one table each. `fixture` builds a request.

mod changes;
mod child_groups;
mod fields;
mod fixture;
mod group_fixture;
mod group_values;
mod groups;
mod guards;
mod insert_and_delete;
mod lockout;
mod members;
mod order;
mod partial_hierarchy;
mod redaction;
mod requirements;
mod superusers;
mod visibility;
