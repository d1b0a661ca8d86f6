//! The reference store of [Userbook](userbook): in memory, behind one lock. It obeys every law of the ports.
//!
//! Tests and small hosts use it, and other stores are compared with it. It persists nothing.
//!
//! What it must not know: any rule about users. It returns facts and applies conditional writes.
//!
//! ```
//! use userbook::{User, UserId, UserStore};
//! use userbook::store::{ImportData, ImportStore, SnapshotQuery};
//! use userbook_memory::MemoryStore;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let store = MemoryStore::new();
//! let ann = User {
//!     id: UserId(7),
//!     username: "ann".to_owned(),
//!     name: "Ann".to_owned(),
//!     ..User::example()
//! };
//! store.import(&ImportData { users: vec![ann.clone()], ..ImportData::default() }).await?;
//!
//! let snapshot = store.load(&SnapshotQuery::user(UserId(7))).await?;
//! assert_eq!(snapshot.user, Some(ann));
//! assert_eq!(store.load(&SnapshotQuery::user(UserId(8))).await?.user, None);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod can_act;
mod claims;
mod commit;
mod error;
mod events;
mod external_ids;
mod further_addresses;
mod groups;
mod import;
mod list_groups;
mod list_users;
mod listing;
mod load;
mod load_directory;
mod login;
mod members;
mod provision;
mod scan;
mod size;
mod state;
mod store;
mod superusers;

pub use error::MemoryError;
pub use store::MemoryStore;
