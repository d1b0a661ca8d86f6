//! Rules of the host.

use std::fmt::Debug;

use super::propose::Proposal;
use crate::{
    model::User,
    violation::{Field, ViolationKind},
};

/// A rule of the host on the value of a field, `attributes` included. It checks each field that changes and passes the
/// built-in rules; its violations are reported together with all others.
///
/// ```
/// use userbook::{Field, User};
/// use userbook::decision::FieldRule;
/// use userbook::violation::ViolationKind;
///
/// /// E-mail addresses of staff are the company's.
/// #[derive(Debug)]
/// struct CompanyMail;
///
/// impl FieldRule for CompanyMail {
///     fn check(&self, field: Field, _before: &User, after: &User) -> Vec<ViolationKind> {
///         if field != Field::Email || after.email.ends_with("@example.com") {
///             return Vec::new();
///         }
///         vec![ViolationKind::Custom {
///             code: "company_mail".into(),
///             message: "Use an address at example.com.".into(),
///             params: Default::default(),
///         }]
///     }
/// }
/// ```
pub trait FieldRule: Debug + Send + Sync + 'static {
    /// Returns the violations of the new value of `field`. `after` contains every valid change of the request.
    fn check(&self, field: Field, before: &User, after: &User) -> Vec<ViolationKind>;
}

/// No rules beyond the built-in ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRules;

impl FieldRule for NoRules {
    fn check(&self, _field: Field, _before: &User, _after: &User) -> Vec<ViolationKind> {
        Vec::new()
    }
}

/// Returns the violations of the host's rules by field.
pub(super) fn check(
    rules: &dyn FieldRule,
    before: &User,
    proposal: &Proposal,
) -> Vec<(Field, Vec<ViolationKind>)> {
    let check = |field| (field, rules.check(field, before, &proposal.after));
    proposal.changed().map(check).filter(|(_, kinds)| !kinds.is_empty()).collect()
}
