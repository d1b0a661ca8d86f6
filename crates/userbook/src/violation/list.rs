//! Lists of violations with their fields.

use std::fmt;

use super::{Field, ViolationKind};
use crate::model::ExternalSource;

/// A violation and its field; no field if it concerns the request as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation<F = Field> {
    /// The field; `None` is authentik's `non_field_errors`.
    pub field: Option<F>,
    /// The violated rule.
    pub kind: ViolationKind,
}

impl<F: fmt::Display> fmt::Display for Violation<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

/// All violations of a request, in field order; never empty as an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Violations<F = Field>(Vec<Violation<F>>);

impl<F> Default for Violations<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Violations {
    /// Returns the violation that a store reports for an identifier that another user or group has in this source.
    pub fn external_id_taken(source: &ExternalSource) -> Self {
        let mut violations = Self::default();
        violations
            .push(Field::ExternalIds, ViolationKind::ExternalIdTaken { external_source: source.to_string() });
        violations
    }
}

impl<F> Violations<F> {
    /// Adds a violation of a field.
    pub fn push(&mut self, field: F, kind: ViolationKind) {
        self.0.push(Violation { field: Some(field), kind });
    }

    /// Adds a violation of the request as a whole.
    pub fn push_general(&mut self, kind: ViolationKind) {
        self.0.push(Violation { field: None, kind });
    }

    /// Adds all violations of another list.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Sorts by field; violations of one field keep their order, and those of the request as a whole are last.
    pub fn sort(&mut self)
    where
        F: Ord + Copy,
    {
        self.0.sort_by_key(|violation| (violation.field.is_none(), violation.field));
    }

    /// Maps each violation to another kind of field; `None` makes it concern the request as a whole.
    #[must_use]
    pub fn map_fields<G>(self, mut map: impl FnMut(F) -> Option<G>) -> Violations<G> {
        let moved = |violation: Violation<F>| Violation {
            field: violation.field.and_then(&mut map),
            kind: violation.kind,
        };
        Violations(self.0.into_iter().map(moved).collect())
    }

    /// Returns whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the violations, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation<F>> {
        self.0.iter()
    }
}

impl<F> From<ViolationKind> for Violations<F> {
    fn from(kind: ViolationKind) -> Self {
        let mut violations = Self::default();
        violations.push_general(kind);
        violations
    }
}

impl<'a, F> IntoIterator for &'a Violations<F> {
    type Item = &'a Violation<F>;
    type IntoIter = std::slice::Iter<'a, Violation<F>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<F: fmt::Display> fmt::Display for Violations<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, violation) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

impl<F: fmt::Debug + fmt::Display> std::error::Error for Violations<F> {}
