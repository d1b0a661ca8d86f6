//! Conditions that must hold when a change is committed.
//!
//! Comparing the user's own revision prevents lost updates. It does not prevent *write skew*: two decisions, each
//! valid for the rows it read, that together break a rule because they write different rows. Two counters represent
//! the rows that such decisions read, and the actor's row represents the actor's rights.
//!
//! A store locks them in this order: `graph`, `superusers`, then user rows by ascending id, or in any other order
//! without permanent deadlocks. A deadlock that the database reports is a
//! [`Conflict`](super::CommitOutcome::Conflict).

use crate::{
    model::{Revision, UserId},
    policy::DistinctNames,
};

/// The guard counters at the time of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Epochs {
    /// Counts writes of groups: name, superuser flag, parent, existence.
    pub graph: u64,
    /// Counts writes that may change the set of active superusers.
    pub superusers: u64,
    /// The id of the next inserted user.
    pub next_user: u64,
}

/// How a change depends on a counter.
///
/// Exhaustive: a store handles every use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpochUse {
    /// The decision is valid only while the counter is unchanged: compare, and lock until the commit.
    Read,
    /// The change alters what the counter stands for: compare, and increment in the same step.
    Bump,
}

/// A counter that must have the value on which the change was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochGuard {
    /// The value at the time of the decision.
    pub expected: u64,
    /// How the change depends on it.
    pub usage: EpochUse,
}

impl EpochGuard {
    /// Creates a guard that compares and locks.
    pub const fn read(expected: u64) -> Self {
        Self { expected, usage: EpochUse::Read }
    }

    /// Creates a guard that compares and increments.
    pub const fn bump(expected: u64) -> Self {
        Self { expected, usage: EpochUse::Bump }
    }

    /// Returns whether the change increments the counter.
    pub const fn is_bump(self) -> bool {
        matches!(self.usage, EpochUse::Bump)
    }
}

/// The acting user's row must be in the state of the decision: compare, and lock until the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorGuard {
    /// The acting user; never the changed user, whose row is compared anyway.
    pub user: UserId,
    /// The revision at the time of the decision.
    pub revision: Revision,
}

/// The conditions beyond the user's own revision. Ordinary updates have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guards {
    /// The counter of group writes.
    pub graph: Option<EpochGuard>,
    /// The counter of writes that grant or revoke superuser status.
    pub superusers: Option<EpochGuard>,
    /// The actor's row.
    pub actor: Option<ActorGuard>,
    /// Which of the names that the change writes are exclusive [claims](super::Claim).
    pub distinct: DistinctNames,
}
