//! The service: load, authorize, decide, commit, and retry after conflicts.
//!
//! It contains no rules (those are in [`decide`](crate::decision::decide())) and no storage; it passes facts between
//! them.

mod access;
mod backoff;
mod bulk;
mod call;
mod code;
mod deadline;
mod error;
mod impersonation;
mod list;
mod member;
mod operation;
mod outbox;
mod password;
mod provision;
mod retry;
mod rule;
mod sessions;
mod show;
mod trace;
mod update;
mod used_by;

use std::{sync::Arc, time::Duration};

pub use backoff::{Backoff, YieldOnce};
pub use bulk::{Bulk, BulkOperation, BulkResult};
pub use call::Call;
pub use error::{AccessError, GroupError, ListError, UpdateError};
pub use list::{AuthorizedGroupList, AuthorizedUserList, GroupRelatives, Listing, RelativesQuery, UserViews};
pub use member::{AuthorizedMemberChange, ChangeMember, MemberCall, MembershipAction};
pub use outbox::{DeliveryError, EventSink, deliver};
pub use password::{AuthorizedPasswordChange, ChangePassword, PasswordCall};
pub use provision::{
    AuthorizedDeletion, AuthorizedGroupDeletion, AuthorizedGroupWrite, AuthorizedInsertion,
    AuthorizedServiceAccount, DeleteUser, DeleteUserCall, GroupUpdated, InsertUser, InsertUserCall, NewGroup,
    NewUser, UpdateGroup, UpdateGroupCall, WriteGroup, WriteGroupCall,
};
pub use rule::{ChangeRequest, ChangeRule, RequestedChange, RuleVerdict};
pub use sessions::{EndSessions, EndSessionsCall};
pub use update::{AuthorizedUpdate, Outcome, UpdateCall, UpdateUser, Updated};
pub use used_by::{GroupReferences, ReferringGroup, UserReferences};

use crate::{
    clock::{ChangeIds, Clock, RandomIds, SystemClock},
    decision::{FieldRule, NoRules},
    model::Timestamp,
    policy::Policy,
};

/// Updates users of one directory.
///
/// Share the service behind an `Arc`. The host provides store and authorizer; everything else has a default:
/// [`Policy::hardened`], the system clock, 32 attempts within 10 seconds.
#[derive(Debug)]
pub struct UserService<S, A> {
    store: S,
    authorizer: Arc<A>,
    policy: Policy,
    rules: Arc<dyn FieldRule>,
    change_rules: Vec<Arc<dyn ChangeRule>>,
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
            authorizer: Arc::new(authorizer),
            policy: Policy::default(),
            rules: Arc::new(NoRules),
            change_rules: Vec::new(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            backoff: Arc::new(YieldOnce),
            max_attempts: 32,
            deadline: Duration::from_secs(10),
        }
    }

    /// Returns a service over another store with the same authorizer and settings, such as a transaction of the host.
    pub fn with_store<T>(&self, store: T) -> UserService<T, A> {
        UserService {
            store,
            authorizer: Arc::clone(&self.authorizer),
            policy: self.policy.clone(),
            rules: Arc::clone(&self.rules),
            change_rules: self.change_rules.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            backoff: Arc::clone(&self.backoff),
            max_attempts: self.max_attempts,
            deadline: self.deadline,
        }
    }

    /// Uses another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Uses these rules of the host for the values of fields.
    #[must_use]
    pub fn with_rules(mut self, rules: impl FieldRule) -> Self {
        self.rules = Arc::new(rules);
        self
    }

    /// Adds a rule of the host for whole changes. All rules must accept a change.
    #[must_use]
    pub fn with_change_rule(mut self, rule: impl ChangeRule) -> Self {
        self.change_rules.push(Arc::new(rule));
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

    /// Returns the present time, by the service's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the authorizer itself: a call through the `Arc` would box every future twice.
    fn authorizer(&self) -> &A {
        &self.authorizer
    }

    /// Returns the store.
    pub fn store(&self) -> &S {
        &self.store
    }
}

impl<S: Clone, A> Clone for UserService<S, A> {
    fn clone(&self) -> Self {
        self.with_store(self.store.clone())
    }
}
