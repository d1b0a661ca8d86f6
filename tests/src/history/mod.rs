//! What clients were told, held against what is there: was anything lost, is there anything that nobody wrote?
//!
//! The checker is a function of a [`History`] and knows neither how it came about nor how anything is stored. The
//! laws it proves, one kind of [`Finding`] for each that is broken:
//!
//! - A change that was acknowledged has its event, and is in the row, or later changes are that had seen it.
//! - A change that was refused has no event. One without an answer may have been applied or not, but not by halves.
//! - Events are the changes: a user's are numbered without a gap, each starts where the one before it ended, and
//!   the last one ends at the row.
//! - Who demanded a state by `If-Match` and succeeded changed exactly that state.
//! - Who began after another had been acknowledged comes after it.
//! - There is an active superuser at every moment.
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
mod power;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use userbook::{GroupId, Revision, User, UserId, event::Event};

pub use check::check;
pub use state::{State, apply_part};

/// What happened, told by those who were there.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The rows at the start.
    pub before: Vec<User>,
    /// What clients asked for, in any order. Those of earlier histories whose answers never came belong here too.
    pub operations: Vec<Operation>,
    /// The events since the start: those of one user in the order of their versions.
    pub events: Vec<Event>,
    /// The rows at the end.
    pub after: Vec<User>,
    /// Groups that make their members superusers.
    pub superuser_groups: BTreeSet<GroupId>,
    /// Whether changes that may end somebody's power stand in `events` in the order in which they happened. Nodes
    /// of a cluster number events each for itself.
    pub events_are_in_order: bool,
}

/// A request that would have changed something.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its `X-Request-Id`, which its event bears.
    pub request: String,
    /// Whom it was about.
    pub user: UserId,
    /// Before the first byte was sent: microseconds of a clock that all operations share.
    pub begun: u64,
    /// After the answer had come, or had been given up.
    pub ended: u64,
    /// The state it demanded.
    pub if_match: Option<Revision>,
    /// What came back.
    pub answer: Answer,
}

/// What a client was told.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Done: the revision in the `ETag`, and the user as shown.
    Acknowledged {
        /// From the entity tag.
        revision: Revision,
        /// From the body.
        shown: State,
    },
    /// Refused, with this status.
    Refused(u16),
    /// Nothing that tells: no answer, half of one, or a status that leaves it open.
    Doubt,
}

/// A law that was broken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An acknowledged change is not there.
    Lost(String),
    /// A refused change is there.
    Phantom(String),
    /// A change has no event.
    EventMissing(String),
    /// An event has no change, or the change has two.
    EventExtra(String),
    /// `If-Match` let somebody through who had not seen the state before.
    ChainBroken(String),
    /// A change was made on another state than the one before it, or before one that had been acknowledged.
    OutOfOrder(String),
    /// Nobody had power.
    Powerless(String),
}

/// How much was checked, and how many laws were broken.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Changes that were acknowledged.
    pub acknowledged: usize,
    /// Requests that were refused.
    pub refused: usize,
    /// Requests that were neither.
    pub in_doubt: usize,
    /// How many of those were applied.
    pub in_doubt_landed: usize,
    /// Acknowledged changes under `If-Match`.
    pub conditional: usize,
    /// Events that were read.
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
    /// [`Finding::Powerless`].
    pub powerless: usize,
}

impl Tally {
    /// Whether no law was broken.
    pub fn is_clean(&self) -> bool {
        let Self {
            lost, phantom, events_missing, events_extra, chain_broken, out_of_order, powerless, ..
        } = self;
        lost + phantom + events_missing + events_extra + chain_broken + out_of_order + powerless == 0
    }

    /// Adds another history's.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.acknowledged, other.acknowledged),
            (&mut self.refused, other.refused),
            (&mut self.in_doubt, other.in_doubt),
            (&mut self.in_doubt_landed, other.in_doubt_landed),
            (&mut self.conditional, other.conditional),
            (&mut self.events, other.events),
            (&mut self.lost, other.lost),
            (&mut self.phantom, other.phantom),
            (&mut self.events_missing, other.events_missing),
            (&mut self.events_extra, other.events_extra),
            (&mut self.chain_broken, other.chain_broken),
            (&mut self.out_of_order, other.out_of_order),
            (&mut self.powerless, other.powerless),
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
            Finding::Powerless(_) => &mut self.powerless,
        } += 1;
    }
}

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The sums.
    pub tally: Tally,
    /// What was broken, with particulars.
    pub findings: Vec<Finding>,
}

impl Report {
    fn found(&mut self, finding: Finding) {
        self.tally.count(&finding);
        self.findings.push(finding);
    }
}
