//! Limits the work of a JSON Patch.
//!
//! `copy` can double a document and its depth with every operation, and an insertion at the front of a long array
//! moves the whole array. The budget counts the bytes that operations produce and visit, before they run.

use std::ops::ControlFlow;

use serde_json::Value;

use crate::{field::MAX_DEPTH, json::for_each_value};

/// A reason why an operation exceeds the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exceeded {
    /// The operations produce and visit too many bytes.
    Bytes,
    /// A value is nested too deeply.
    Depth,
}

/// The remaining bytes that the operations of a patch may produce and visit.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Spends bytes, or other units of the same cost.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.0 = self.0.checked_sub(bytes).ok_or(Exceeded::Bytes)?;
        Ok(())
    }

    /// Spends the size of a value that is placed behind `tokens` tokens of a pointer. Attributes, behind one token,
    /// may have [`MAX_DEPTH`] levels.
    pub(super) fn take_value(&mut self, value: &Value, tokens: usize) -> Result<(), Exceeded> {
        self.take_each(value, tokens, |value, level| {
            level > MAX_DEPTH && (value.is_array() || value.is_object())
        })
    }

    /// Spends the cost of a comparison with a value: at most its size on either side, because the first difference
    /// ends the comparison.
    pub(super) fn take_comparison(&mut self, expected: &Value) -> Result<(), Exceeded> {
        self.take_each(expected, 1, |_, _| false)?;
        self.take_each(expected, 1, |_, _| false)
    }

    fn take_each(
        &mut self,
        value: &Value,
        level: usize,
        is_too_deep: impl Fn(&Value, usize) -> bool,
    ) -> Result<(), Exceeded> {
        let end = for_each_value(value, level, &mut |value, level, bytes| {
            if is_too_deep(value, level) {
                return ControlFlow::Break(Exceeded::Depth);
            }
            match self.take(bytes) {
                Ok(()) => ControlFlow::Continue(()),
                Err(exceeded) => ControlFlow::Break(exceeded),
            }
        });
        match end {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(exceeded) => Err(exceeded),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spent(with: impl FnOnce(&mut Budget) -> Result<(), Exceeded>) -> Result<usize, Exceeded> {
        let mut budget = Budget::new(100);
        with(&mut budget).map(|()| 100 - budget.0)
    }

    #[test]
    fn values_cost_their_text() {
        let value = json!({"key": [1, "text"]});
        assert_eq!(spent(|budget| budget.take_value(&value, 1)), Ok(18));
        assert_eq!(spent(|budget| budget.take_comparison(&value)), Ok(36));
        assert_eq!(spent(|budget| budget.take(100)), Ok(100));
        assert_eq!(spent(|budget| budget.take(101)), Err(Exceeded::Bytes));
        assert_eq!(spent(|budget| budget.take_value(&json!("x".repeat(98)), 1)), Ok(100));
        assert_eq!(spent(|budget| budget.take_value(&json!("x".repeat(99)), 1)), Err(Exceeded::Bytes));
        assert_eq!(spent(|budget| budget.take_value(&json!(vec![0; 51]), 1)), Err(Exceeded::Bytes));
    }

    #[test]
    fn depth_counts_from_the_attributes() {
        let two_levels = json!([[1]]);
        for (tokens, expected) in [
            (1, Ok(5)),
            (MAX_DEPTH - 1, Ok(5)),
            (MAX_DEPTH, Err(Exceeded::Depth)),
            (MAX_DEPTH + 1, Err(Exceeded::Depth)),
        ] {
            assert_eq!(spent(|budget| budget.take_value(&two_levels, tokens)), expected, "{tokens}");
        }
        assert_eq!(spent(|budget| budget.take_value(&json!(1), MAX_DEPTH + 1)), Ok(1));
    }
}
