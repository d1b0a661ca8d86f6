//! A line of the report.

use serde_json::{Value, json};

use crate::stats::round;

/// The bound of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// At most this value.
    AtMost(f64),
    /// At least this value.
    AtLeast(f64),
    /// No bound; the value is reported only.
    Unbounded,
}

/// A figure with its baseline.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Its name in the report.
    pub name: &'static str,
    /// The ratio, or the value.
    pub value: f64,
    /// The bound.
    pub bound: Bound,
    /// The description of the baseline.
    pub baseline: &'static str,
    /// The underlying numbers.
    pub detail: Value,
}

impl Figure {
    /// Returns whether the bound holds.
    pub fn holds(&self) -> bool {
        match self.bound {
            Bound::AtMost(most) => self.value <= most,
            Bound::AtLeast(least) => self.value >= least,
            Bound::Unbounded => true,
        }
    }

    /// Returns the JSON form.
    pub fn to_json(&self) -> Value {
        json!({
            "value": round(self.value),
            "bound": self.bound_text(),
            "holds": self.holds(),
            "baseline": self.baseline,
            "detail": self.detail,
        })
    }

    /// Returns the table row.
    pub fn to_row(&self) -> String {
        let mark = match (self.bound, self.holds()) {
            (Bound::Unbounded, _) => "",
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
            Bound::Unbounded => String::new(),
        }
    }
}
