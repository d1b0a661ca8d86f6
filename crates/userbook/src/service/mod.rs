//! The service: load, authorize, decide, commit, and retry after conflicts.
//!
//! It contains no rules (those are in [`decide`](crate::decision::decide())) and no storage; it passes facts between them.

mod access;
mod backoff;
mod call;
mod code;
mod error;
mod list;
mod member;
mod operation;
mod outbox;
mod provision;
mod retry;
mod sessions;
mod show;
mod trace;
mod update;

use std::{sync::Arc, time::Duration};

pub use backoff::{Backoff, YieldOnce};
pub use call::Call;
pub use error::{AccessError, GroupError, ListError, UpdateError};
pub use list::{AuthorizedGroupList, AuthorizedUserList, Listing, UserViews};
pub use member::{AuthorizedMemberChange, ChangeMember, MemberCall, MembershipAction};
pub use outbox::{EventSink, deliver};
pub use provision::{
    DeleteUser, DeleteUserCall, GroupUpdated, InsertUser, InsertUserCall, NewGroup, NewUser, WriteGroup,
    WriteGroupCall,
};
pub use sessions::{EndSessions, EndSessionsCall};
pub use update::{AuthorizedUpdate, Outcome, UpdateCall, UpdateUser, Updated};

use crate::{
    clock::{ChangeIds, Clock, RandomIds, SystemClock},
    decision::{FieldRule, NoRules},
    policy::Policy,
};

/// Updates users of one directory.
///
/// Share the service behind an `Arc`. The host provides store and authorizer; everything else has a default:
/// [`Policy::hardened`], the system clock, 32 attempts within 10 seconds.
#[derive(Debug, Clone)]
pub struct UserService<S, A> {
    store: S,
    authorizer: A,
    policy: Policy,
    rules: Arc<dyn FieldRule>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn ChangeIds>,
    backoff: Arc<dyn Backoff>,
    max_attempts: u32,
    deadline: Duration,
}

impl<S, A> UserService<S, A> {
    /// Creates a service with default settings.
    pub fn new(store: S, authorizer: A) -> Self {
        Self {
            store,
            authorizer,
            policy: Policy::default(),
            rules: Arc::new(NoRules),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            backoff: Arc::new(YieldOnce),
            max_attempts: 32,
            deadline: Duration::from_secs(10),
        }
    }

    /// Uses another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Adds rules of the host.
    #[must_use]
    pub fn with_rules(mut self, rules: impl FieldRule) -> Self {
        self.rules = Arc::new(rules);
        self
    }

    /// Uses another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Uses another source of identifiers.
    #[must_use]
    pub fn with_ids(mut self, ids: impl ChangeIds) -> Self {
        self.ids = Arc::new(ids);
        self
    }

    /// Uses another pause between attempts.
    #[must_use]
    pub fn with_backoff(mut self, backoff: impl Backoff) -> Self {
        self.backoff = Arc::new(backoff);
        self
    }

    /// Limits the number of attempts (minimum 1) and the time after which no further attempt starts.
    #[must_use]
    pub fn with_limits(mut self, max_attempts: u32, deadline: Duration) -> Self {
        self.max_attempts = max_attempts.max(1);
        self.deadline = deadline;
        self
    }

    /// Returns the policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns the store.
    pub fn store(&self) -> &S {
        &self.store
    }
}
