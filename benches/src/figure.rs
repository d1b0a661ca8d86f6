//! A line of the report.

use serde_json::{Value, json};

use crate::stats::round;

/// What a figure must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Whatever it is: told, not judged.
    SpanOutcome,
}

/// A figure beside what it is compared with.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Its name in the report.
    pub name: &'static str,
    /// The ratio, or the number.
    pub value: f64,
    /// What it must be.
    pub bound: Bound,
    /// What it is compared with.
    pub baseline: &'static str,
    /// The numbers behind it.
    pub detail: Value,
}

impl Figure {
    /// Whether the bound holds.
    pub fn holds(&self) -> bool {
        match self.bound {
            Bound::AtMost(most) => self.value <= most,
            Bound::AtLeast(least) => self.value >= least,
            Bound::SpanOutcome => true,
        }
    }

    /// As it stands in the file.
    pub fn to_json(&self) -> Value {
        json!({
            "value": round(self.value),
            "bound": self.bound_text(),
            "holds": self.holds(),
            "baseline": self.baseline,
            "detail": self.detail,
        })
    }

    /// As it stands in the table.
    pub fn to_row(&self) -> String {
        let mark = match (self.bound, self.holds()) {
            (Bound::SpanOutcome, _) => "",
            (_, true) => "holds",
            (_, false) => "MISSED",
        };
        format!(
            "| `{}` | {} | {} | {mark} | {} |",
            self.name,
            round(self.value),
            self.bound_text(),
            self.baseline
        )
    }

    fn bound_text(&self) -> String {
        match self.bound {
            Bound::AtMost(most) => format!("≤ {most}"),
            Bound::AtLeast(least) => format!("≥ {least}"),
            Bound::SpanOutcome => String::new(),
        }
    }
}
