//! Compares the responses that clients got with the stored state: finds lost changes and changes without a request.
//!
//! The checker is a function of a [`History`]. It knows neither the source of the history nor the storage. It proves
//! these laws and reports each violation as a kind of [`Finding`]:
//!
//! - An acknowledged change has its event, and the row contains the change or later changes based on it.
//! - A rejected change has no event. A change without an answer was applied completely or not at all.
//! - Events are the changes: the events of a user are numbered without gaps, each starts at the state where the
//!   previous event ended, and the last event ends at the row.
//! - A successful request with `If-Match` changed exactly the state that it named.
//! - An operation that starts after another was acknowledged comes later in the order.
//! - At least one active superuser exists at every moment.
//!
//! ```
//! use userbook_tests::history::{Answer, History, Operation, State, check};
//! use userbook::{Revision, UserId};
//!
//! let state = State::of_user(&userbook_tests::rows::user(1));
//! let operation = Operation {
//!     request: "r1".into(),
//!     user: UserId(1),
//!     begun: 1,
//!     ended: 2,
//!     if_match: None,
//!     answer: Answer::Acknowledged { revision: Revision(uuid::Uuid::from_u128(9)), shown: state },
//! };
//! let rows = vec![userbook_tests::rows::user(1)];
//! let history = History {
//!     before: rows.clone(),
//!     operations: vec![operation],
//!     after: rows,
//!     ..History::default()
//! };
//! assert_eq!(check(&history).tally.lost, 1);
//! ```

mod check;
mod state;
mod superusers;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use userbook::{GroupId, Revision, User, UserId, event::Event};

pub use check::check;
pub use state::{State, apply_part};

/// The operations of clients, the events, and the rows before and after.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The rows at the start.
    pub before: Vec<User>,
    /// The requests of clients, in any order. Includes requests of earlier histories that got no answer.
    pub operations: Vec<Operation>,
    /// The events since the start, ordered by version for each user.
    pub events: Vec<Event>,
    /// The rows at the end.
    pub after: Vec<User>,
    /// Granting groups.
    pub superuser_groups: BTreeSet<GroupId>,
    /// Whether the order of `events` is the order of all changes that may remove superuser status. Nodes of a cluster
    /// number their events independently.
    pub events_are_in_order: bool,
}

/// A request that tries to change a user.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The `X-Request-Id`, which is also the request id of the event.
    pub request: String,
    /// The target.
    pub user: UserId,
    /// The time before the first byte was sent, in microseconds of a clock that all operations share.
    pub begun: u64,
    /// The time after the answer arrived or the client gave up.
    pub ended: u64,
    /// The state that `If-Match` named.
    pub if_match: Option<Revision>,
    /// The answer.
    pub answer: Answer,
}

/// The answer that a client got.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Success: the revision in the `ETag`, and the user in the body.
    Acknowledged {
        /// From the entity tag.
        revision: Revision,
        /// From the body.
        shown: State,
    },
    /// Rejected, with this status.
    Refused(u16),
    /// In doubt: no answer, an incomplete answer, or a status that does not determine the outcome.
    Doubt,
}

/// A violated law, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An acknowledged change is missing.
    Lost(String),
    /// A rejected change was applied.
    Phantom(String),
    /// A change has no event.
    EventMissing(String),
    /// An event without a change, or a second event of one change.
    EventExtra(String),
    /// A request with `If-Match` changed a state that it did not name.
    ChainBroken(String),
    /// A change is based on an older state than the previous change, or is ordered before an acknowledged one.
    OutOfOrder(String),
    /// No active superuser existed.
    NoSuperuser(String),
}

/// The numbers of checked items and of violations.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Acknowledged changes.
    pub acknowledged: usize,
    /// Rejected requests.
    pub refused: usize,
    /// Requests in doubt.
    pub in_doubt: usize,
    /// Requests in doubt that were applied.
    pub in_doubt_applied: usize,
    /// Acknowledged changes under `If-Match`.
    pub conditional: usize,
    /// Events.
    pub events: usize,
    /// [`Finding::Lost`].
    pub lost: usize,
    /// [`Finding::Phantom`].
    pub phantom: usize,
    /// [`Finding::EventMissing`].
    pub events_missing: usize,
    /// [`Finding::EventExtra`].
    pub events_extra: usize,
    /// [`Finding::ChainBroken`].
    pub chain_broken: usize,
    /// [`Finding::OutOfOrder`].
    pub out_of_order: usize,
    /// [`Finding::NoSuperuser`].
    pub no_superuser: usize,
}

impl Tally {
    /// Returns whether every law holds.
    pub fn is_clean(&self) -> bool {
        let Self {
            lost,
            phantom,
            events_missing,
            events_extra,
            chain_broken,
            out_of_order,
            no_superuser,
            ..
        } = self;
        lost + phantom + events_missing + events_extra + chain_broken + out_of_order + no_superuser == 0
    }

    /// Adds the counts of another history.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.acknowledged, other.acknowledged),
            (&mut self.refused, other.refused),
            (&mut self.in_doubt, other.in_doubt),
            (&mut self.in_doubt_applied, other.in_doubt_applied),
            (&mut self.conditional, other.conditional),
            (&mut self.events, other.events),
            (&mut self.lost, other.lost),
            (&mut self.phantom, other.phantom),
            (&mut self.events_missing, other.events_missing),
            (&mut self.events_extra, other.events_extra),
            (&mut self.chain_broken, other.chain_broken),
            (&mut self.out_of_order, other.out_of_order),
            (&mut self.no_superuser, other.no_superuser),
        ] {
            *mine += theirs;
        }
    }

    fn count(&mut self, finding: &Finding) {
        *match finding {
            Finding::Lost(_) => &mut self.lost,
            Finding::Phantom(_) => &mut self.phantom,
            Finding::EventMissing(_) => &mut self.events_missing,
            Finding::EventExtra(_) => &mut self.events_extra,
            Finding::ChainBroken(_) => &mut self.chain_broken,
            Finding::OutOfOrder(_) => &mut self.out_of_order,
            Finding::NoSuperuser(_) => &mut self.no_superuser,
        } += 1;
    }
}

/// The result of a check.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The counts.
    pub tally: Tally,
    /// The violations in detail.
    pub findings: Vec<Finding>,
}

impl Report {
    fn found(&mut self, finding: Finding) {
        self.tally.count(&finding);
        self.findings.push(finding);
    }
}
