//! An [`Authorizer`](userbook::Authorizer) that asks [Cedar](https://www.cedarpolicy.com) policies.
//!
//! Who may do what to which user is then text that can be read, reviewed and changed without a new build:
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
//!     @reason("Your user name is your staff number.")
//!     forbid (principal, action == Action::"set_identity", resource)
//!     when { context.field == Field::"username" };
//! "#
//! .parse()?;
//! let service = UserService::new(MemoryStore::new(), policies);
//! let ada = service.insert_user(&Actor::system(), NewUser::new("4711", "Ada")).await?.user.id;
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
//! It knows no rule about users: what [`Policy`](userbook::Policy) guards (power, the last superuser, oneself) holds
//! whatever a policy allows. It must not know a store, a runtime or HTTP.
//!
//! # What policies are told
//!
//! The schema is this; [`SCHEMA`] is the same text, for Cedar's own tools:
//!
//! ```text
#![doc = include_str!("userbook.cedarschema")]
//! ```
//!
//! `User` is who asks, `Account` the row in question: of whoever asks a decision knows their groups, type and power,
//! not their row, and a policy that takes one for the other is refused when it is loaded. Write
//! `resource.user == principal` for "oneself", and `principal is User` where an `External` has no such attribute.
//!
//! | check | action | resource | context, beside `impersonator` |
//! | --- | --- | --- | --- |
//! | `View`, `Change`, `DeleteUser` | `view`, `change`, `delete_user` | `Account` | |
//! | `Set(field)` | `set_identity` (`username`, `path`, `type`), `set_contact` (`name`, `email`), `set_status` (`is_active`, `last_login`), `set_attributes`, `set_groups`; all are in `set` | `Account` | `field` |
//! | `Join(group)`, `GrantSuperuser(group)` | `join`, `grant_power` | `Group` | `account`, unless it is being made |
//! | `AddMember(group)`, `RemoveMember(group)` | `add_member`, `remove_member` | `Group` | `account` |
//! | `ChangeGroup(group)`, `DeleteGroup(group)` | `change_group`, `delete_group` | `Group` | |
//! | `AddUser`, `AddGroup(group)` | `add_user`, `add_group` | `Directory::"userbook"` | |
//! | a list of groups | `view_group` | `Group` | |
//! | anything newer | none: denied | | |
//!
//! To change a name one must be allowed `view`, `change` and `set_contact`. Groups are changed in two ways. All of
//! them at once takes `change`, `set_groups`, and `join` for each group that is joined; leaving is asked by
//! `set_groups` alone, whichever group it is, so give that only on accounts whose groups may all be left
//! (`[…].containsAll(resource.groups)`). One at a time takes `view`, and `add_member` or `remove_member` on the
//! group.
//!
//! **Attributes** (of accounts and groups, and the claims of whoever asks) are tags of type `Set<String>`: a text, a
//! boolean or a whole number is one element (`"blue"`, `"true"`, `"7"`), a list of those a set. Nested objects, null,
//! fractions and lists that hold one of these cannot be expressed: there is no tag then, and `hasTag` is false.
//! Mind who may write what you trust: with `set_attributes` on oneself, attributes are what one says of oneself.
//!
//! **Groups** are entities in their parents, as far up as the core looks. Where stored parents form a cycle Cedar
//! cannot tell what is below what, and everything asked about such a group is denied to all but the host itself.
//! A group that is being made is no entity yet: a policy that looks at its attributes fails, and so denies.
//!
//! # What comes of it
//!
//! - `permit` without `forbid` is `Allow`. Anything else is `Deny`, with the `@reason("…")` of the first `forbid` in
//!   the text that applies and has one.
//! - A policy that fails while it is evaluated denies what was asked, even if another permits it.
//! - Who may not `view` a user: if policies let them see some users, they are told that there is no such user
//!   (`Hide`), otherwise that they may not (`Deny`). That is worked out from the policies without the user, so what is
//!   told about a hidden one and about one who does not exist is the same. Who may see every user is told which do not
//!   exist.
//! - The host itself ([`Subject::System`](userbook::Subject)) may do everything, and somebody who is anonymous,
//!   inactive or gone nothing; policies are not asked.
//! - Lists: see [`CedarAuthorizer`'s `ListAuthorizer`](CedarAuthorizer#impl-ListAuthorizer-for-CedarAuthorizer).
//!
//! # Examples
//!
//! Whole sets lie in `policies/`: superusers alone, a help desk, self-service, group administrators who cannot widen
//! their own scope. What one means is shown by
//! `cargo run -p userbook-cedar --example who_may -- crates/userbook-cedar/policies/help_desk.cedar`.

mod asking;
mod authorizer;
mod facts;
mod listing;
mod load;
mod question;
mod sight;
mod tags;
mod words;

use std::path::PathBuf;

pub use authorizer::CedarAuthorizer;
pub use load::{LoadError, PolicyFault};
pub use words::SCHEMA;

/// Why a file of policies was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("policy file {}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It holds no usable policies; the source says where and why.
    #[error("policy file {}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: LoadError,
    },
}
