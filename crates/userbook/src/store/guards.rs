//! Conditions that must still hold when a change is committed.
//!
//! Comparing the user's own revision prevents lost updates. It does not prevent *write skew*: two decisions, each right
//! by the rows it read, that together break a rule because they write different rows. Two counters stand for the rows
//! that such decisions read, and the actor's row stands for the actor's rights.
//!
//! A store touches them in this order: `graph`, `superusers`, then user rows by ascending id, or in any other order that
//! cannot deadlock for good. A deadlock that the database reports is a [`Conflict`](super::CommitOutcome::Conflict).

use crate::model::{Revision, UserId};

/// The guard counters at the moment of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Epochs {
    /// Counts writes to groups: name, superuser flag, parent, existence.
    pub graph: u64,
    /// Counts writes that may change the set of active superusers.
    pub superusers: u64,
    /// The id that the next inserted user gets.
    pub next_user: u64,
}

/// How a change depends on a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpochUse {
    /// The decision is right only while the counter stands: compare, and lock it until the commit.
    Read,
    /// The change alters what the counter stands for: compare, and increment it in the same step.
    Bump,
}

/// A counter that must still have the value it was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochGuard {
    /// The value decided on.
    pub expected: u64,
    /// How the change depends on it.
    pub usage: EpochUse,
}

impl EpochGuard {
    /// Compare and lock.
    pub const fn read(expected: u64) -> Self {
        Self { expected, usage: EpochUse::Read }
    }

    /// Compare and increment.
    pub const fn bump(expected: u64) -> Self {
        Self { expected, usage: EpochUse::Bump }
    }

    /// Whether the change increments the counter.
    pub const fn is_bump(self) -> bool {
        matches!(self.usage, EpochUse::Bump)
    }
}

/// The acting user's row must still be in the state it was decided on: compare, and lock it until the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorGuard {
    /// Who acts; never the user who is changed (that row is compared anyway).
    pub user: UserId,
    /// The state decided on.
    pub revision: Revision,
}

/// Everything besides the user's own revision that must hold. Ordinary updates have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guards {
    /// The counter of group writes.
    pub graph: Option<EpochGuard>,
    /// The counter of writes that give or take power.
    pub superusers: Option<EpochGuard>,
    /// The actor's row.
    pub actor: Option<ActorGuard>,
}
