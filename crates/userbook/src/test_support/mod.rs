//! For tests of hosts: a fixed clock, numbered ids, a store that fails on request, and assertions that name the field
//! that differs. Needs the feature `test-support`.
//!
//! ```
//! use std::time::Duration;
//! use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, Timestamp, User, UserService, UserUpdate};
//! use userbook::store::StoreErrorKind;
//! use userbook::test_support::{FailingStore, FixedClock, NumberedIds, assert_same};
//! use userbook_memory::MemoryStore;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let (clock, store) = (FixedClock::new(Timestamp::UNIX_EPOCH), FailingStore::new(MemoryStore::new()));
//! let service = UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()))
//!     .with_clock(clock.clone())
//!     .with_ids(NumberedIds::default());
//! let host = Actor::system();
//! let ada = service.insert_user(&host, NewUser::new("ada", "Ada")).await?.view.user;
//! assert_eq!(ada.uuid.to_string(), "7e570000-0000-4000-8000-000000000001");
//!
//! clock.advance(Duration::from_secs(60));
//! service.store().fail_next_commit(StoreErrorKind::Other);
//! let rename = || service.update_user(&host, ada.id, UserUpdate::patch().name("Ada L."));
//! assert!(rename().await.is_err());
//! let renamed = rename().await?.view.user;
//! let expected = User {
//!     name: "Ada L.".into(),
//!     updated_at: Timestamp::UNIX_EPOCH + Duration::from_secs(60),
//!     revision: renamed.revision,
//!     version: 2,
//!     ..ada
//! };
//! assert_same(&renamed, &expected);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod ambient;
mod failing_store;
mod same;

pub use ambient::{FixedClock, NumberedIds};
pub use failing_store::FailingStore;
pub use same::{assert_same, differences};
