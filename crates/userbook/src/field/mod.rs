//! Validated values: parse once, then rely on the type.
//!
//! Each type is created only by `parse` (or `new`), which reports all violations of the value itself. Rules that need
//! the directory (unique names, existing groups) belong to [`decide`](crate::decision::decide()). No type derefs to the
//! raw type, and no constructor skips the rule.

mod attributes;
mod email;
mod email_syntax;
mod external_id;
mod fold;
pub(crate) mod plain;
mod references;
mod text;
mod texts;

pub(crate) use attributes::attribute_limits;
pub use attributes::{Attributes, MAX_DEPTH};
pub use email::EmailAddress;
pub use external_id::ExternalId;
pub use fold::fold;
pub use references::{GroupRef, Members, Memberships, Reference, References};
pub use text::is_space;
pub use texts::{GroupName, Name, UserPath, Username};

use crate::violation::ViolationKind;

/// The violations of one value, in the order of the contract; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldErrors(Vec<ViolationKind>);

impl FieldErrors {
    /// Creates the list, if violations exist.
    pub fn new(faults: Vec<ViolationKind>) -> Option<Self> {
        (!faults.is_empty()).then_some(Self(faults))
    }

    /// Returns the violations, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, ViolationKind> {
        self.0.iter()
    }

    pub(crate) fn into_vec(self) -> Vec<ViolationKind> {
        self.0
    }
}

impl<'a> IntoIterator for &'a FieldErrors {
    type Item = &'a ViolationKind;
    type IntoIter = std::slice::Iter<'a, ViolationKind>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<ViolationKind> for FieldErrors {
    fn from(fault: ViolationKind) -> Self {
        Self(vec![fault])
    }
}

impl std::fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_listed_and_shown_in_order() {
        let kinds = vec![ViolationKind::NullCharacter, ViolationKind::InvalidEmail];
        let errors = FieldErrors::new(kinds.clone()).unwrap();
        assert_eq!(errors.iter().cloned().collect::<Vec<_>>(), kinds);
        assert_eq!((&errors).into_iter().cloned().collect::<Vec<_>>(), kinds);
        let texts: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        assert_eq!(errors.to_string(), texts.join(" "));
        assert_eq!(FieldErrors::from(ViolationKind::Blank).to_string(), ViolationKind::Blank.to_string());
        assert_eq!(FieldErrors::new(Vec::new()), None);
    }
}
