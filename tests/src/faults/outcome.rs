//! What a scenario came to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::load::Statuses;
use crate::history::{Finding, Report, Tally};

/// Faults, and what they did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcome {
    /// How many faults there were in all.
    pub faults: usize,
    /// The same by kind.
    pub by_kind: BTreeMap<&'static str, usize>,
    /// What the checker counted.
    #[serde(flatten)]
    pub tally: Tally,
    /// How often each status was answered.
    pub statuses: Statuses,
    /// The longest time from the end of a fault to the next acknowledged update, in milliseconds.
    pub longest_recovery_ms: u64,
    /// Conflicts that the database itself reported and the product had to decide again: deadlocks, and what a
    /// cluster refused to certify. Only of databases that count them.
    pub conflicts: u64,
    /// What could not be done here, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// How long all of it took, in seconds.
    pub seconds: u64,
    /// What was broken, with particulars.
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
