//! An [`Authorizer`](userbook::Authorizer) that evaluates [Cedar](https://www.cedarpolicy.com) policies.
//!
//! Access rules are text that can be reviewed and changed without a new build:
//!
//! ```
//! use userbook::{Actor, NewGroup, NewUser, UserService, UserUpdate};
//! use userbook_cedar::CedarAuthorizer;
//! use userbook_memory::MemoryStore;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let policies: CedarAuthorizer = r#"
//!     permit (principal is User, action in [Action::"view", Action::"change", Action::"set_contact"], resource)
//!     when { resource.user == principal };
//!
//!     @reason("Your username is your staff number.")
//!     forbid (principal, action == Action::"set_identity", resource)
//!     when { context.field == Field::"username" };
//! "#
//! .parse()?;
//! let service = UserService::new(MemoryStore::new(), policies);
//! let ada = service.insert_user(&Actor::system(), NewUser::new("4711", "Ada")).await?.view.user.id;
//!
//! let myself = Actor::user(ada);
//! service.update_user(&myself, ada, UserUpdate::patch().name("Ada Lovelace")).await?;
//! let refused = service.update_user(&myself, ada, UserUpdate::patch().username("ada")).await;
//! assert_eq!(refused.unwrap_err().to_string(), "not allowed: You do not have permission to change: username.");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! The safeguards of the host's [`Policy`](userbook::Policy) (superuser status, the last superuser, self-lockout)
//! apply regardless of Cedar policies. The crate must not know a store, a runtime or HTTP.
//!
//! # Facts for policies
//!
//! Policies are validated against this schema; [`SCHEMA`] contains the same text for Cedar's own tools:
//!
//! ```text
#![doc = include_str!("userbook.cedarschema")]
//! ```
//!
//! `User` is the principal, `Account` the row that is read or changed. A decision knows the principal's groups, type
//! and superuser status, but not the principal's row; a policy that mixes them up fails to load. Write
//! `resource.user == principal` for the own account, and `principal is User` where an `External` has no such attribute.
//!
//! | check | action | resource | context, beside `impersonator` |
//! | --- | --- | --- | --- |
//! | `View`, `Change`, `DeleteUser`, `SetPassword`, `Impersonate` | `view`, `change`, `delete_user`, `set_password`, `impersonate` | `Account` | |
//! | `Set(field)` | `set_identity` (`username`, `path`, `type`), `set_contact` (`name`, `email`), `set_status` (`is_active`, `last_login`), `set_attributes`, `set_groups`; all are in `set` | `Account` | `field` |
//! | `Join(group)`, `GrantSuperuser(group)` | `join`, `grant_superuser` | `Group` | `account`, unless the user is being created or a group is written |
//! | `AddMember(group)`, `RemoveMember(group)` | `add_member`, `remove_member` | `Group` | `account`, as soon as the user is known |
//! | `ChangeGroup(group)`, `DeleteGroup(group)`, `DisableSuperuser(group)` | `change_group`, `delete_group`, `disable_superuser` | `Group` | |
//! | `AddUser`, `AddToken`, `AddGroup(group)` | `add_user`, `add_token`, `add_group` | `Directory::"userbook"` | |
//! | `ViewGroup(group)`, a list of groups | `view_group` | `Group` | |
//! | any other check | none: denied | | |
//!
//! Changing a name needs `view`, `change` and `set_contact`. Groups change in two ways. Setting all groups of a user
//! needs `change`, `set_groups`, and `join` for each new group. Leaving a group needs `set_groups` alone, whichever
//! group it is, so grant that only on accounts whose groups may all be left (`[…].containsAll(resource.groups)`).
//! Changing one membership needs `view`, and `add_member` or `remove_member` on the group. That action is evaluated
//! twice: without `account` before the request is read, and with `account` once the user is known. Both must allow.
//!
//! A group without `view_group` does not exist for the caller: grant it on every group that a caller may join, change
//! or delete.
//!
//! **Attributes** (of accounts and groups, and the claims of the principal) are tags of type `Set<String>`: a text, a
//! boolean or an integer is one element (`"blue"`, `"true"`, `"7"`), a list of those a set. Nested objects, null,
//! fractions and lists that contain one of these have no tag, and `hasTag` is false. Trust an attribute only if the
//! described user cannot write it: with `set_attributes` on the own account, users choose their own attributes.
//!
//! **Groups** are entities below their parents, as far up as the core looks. Cedar cannot express a cycle of parents;
//! every request on such a group is denied to all but the host itself. A group that is being created is no entity yet:
//! a policy that reads its attributes fails, and so denies.
//!
//! # Verdicts
//!
//! - `permit` without `forbid` is `Allow`. Anything else is `Deny`, with the `@reason("…")` of the first `forbid` in
//!   the text that applies and has one.
//! - A policy that fails during evaluation denies the request, even if another policy permits it.
//! - A principal without `view` on a user gets `Hide` if policies let the principal view some user, otherwise `Deny`.
//!   That verdict is derived from the policies without the user, so hidden and missing users get the same one. A
//!   principal who may view every user learns which users do not exist.
//! - The host itself ([`Subject::System`](userbook::authz::Subject)) may do everything. Anonymous, inactive and deleted
//!   actors may do nothing. Policies are not evaluated for them.
//! - A user counts as [able to grant superuser status](userbook::Authorizer::can_grant_superuser) unless the policies
//!   rule out `grant_superuser` on every group for that user. Conditions on the resource, the context or claims count
//!   as met in a `permit` and as not met in a `forbid`.
//! - Lists: see [`CedarAuthorizer`'s `ListAuthorizer`](CedarAuthorizer#impl-ListAuthorizer-for-CedarAuthorizer).
//!
//! # Examples
//!
//! The directory `policies/` has complete sets: superusers alone, a help desk, self-service, group administrators who
//! cannot widen their own scope. This command prints the effect of a set:
//! `cargo run -p userbook-cedar --example who_may -- crates/userbook-cedar/policies/help_desk.cedar`.

mod authorizer;
mod entities;
mod evaluation;
mod grantors;
mod listing;
mod load;
mod policy_json;
mod request;
mod schema_types;
mod tags;
mod visibility;

use std::path::PathBuf;

pub use authorizer::CedarAuthorizer;
pub use load::{LoadError, PolicyFault};
pub use schema_types::SCHEMA;

/// The reasons why a policy file cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Reading the file failed.
    #[error("policy file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The policies are invalid; the source contains violations and positions.
    #[error("policy file {}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The violations.
        source: LoadError,
    },
}
