//! The result of a scenario.

use std::collections::BTreeMap;

use serde::Serialize;

use super::load::Statuses;
use crate::history::{Finding, Report, Tally};

/// The faults and their effects.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcome {
    /// The total number of faults.
    pub faults: usize,
    /// The number of faults by kind.
    pub by_kind: BTreeMap<&'static str, usize>,
    /// The counts of the checker.
    #[serde(flatten)]
    pub tally: Tally,
    /// The number of responses for each status.
    pub statuses: Statuses,
    /// The longest time from the end of a fault to the next acknowledged update, in milliseconds.
    pub longest_recovery_ms: u64,
    /// Conflicts that the database reported, so that the product decided again: deadlocks and certification failures
    /// of a cluster. Only for databases that count them.
    pub conflicts: u64,
    /// Faults that were skipped, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The total duration in seconds.
    pub seconds: u64,
    /// Details of the violations.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

impl Outcome {
    pub(super) fn fault(&mut self, kind: &'static str) {
        if !self.by_kind.contains_key(kind) {
            eprintln!("  {kind} …");
        }
        self.faults += 1;
        *self.by_kind.entry(kind).or_default() += 1;
    }

    pub(super) fn report(&mut self, report: Report) {
        self.tally.add(&report.tally);
        self.findings.extend(report.findings);
    }
}
