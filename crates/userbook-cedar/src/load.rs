//! Parses policies and validates them against the schema. Every error has its position in the text.

use std::{fmt, str::FromStr};

use cedar_policy::{PolicySet, ValidationMode, Validator};
use miette::Diagnostic;

use crate::schema_types::SchemaTypes;

/// The reasons why policies cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The text is not valid Cedar or violates the schema; contains all errors in the order of the text.
    #[error("{}", list(.0))]
    Policies(Vec<PolicyFault>),
    /// Cedar does not accept the schema of this crate, or the policies derived from those in the text.
    #[error("cannot use the schema")]
    Schema(#[source] Box<dyn std::error::Error + Send + Sync + 'static>),
}

/// One error in the text of policies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyFault {
    /// The line, starting with 1.
    pub line: usize,
    /// The column in characters, starting with 1.
    pub column: usize,
    /// The error, and possibly advice.
    pub message: String,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

fn list(faults: &[PolicyFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Parses policies that fit the schema, and returns the warnings about them.
pub(crate) fn load(text: &str, types: &SchemaTypes) -> Result<(PolicySet, Vec<PolicyFault>), LoadError> {
    let refuse = |mut faults: Vec<PolicyFault>| {
        faults.sort_by_key(|fault| (fault.line, fault.column));
        Err(LoadError::Policies(faults))
    };
    let policies = match PolicySet::from_str(text) {
        Ok(policies) => policies,
        Err(errors) => return refuse(errors.iter().map(|error| fault(text, error)).collect()),
    };
    let found = Validator::new(types.schema.clone()).validate(&policies, ValidationMode::Strict);
    let mut faults: Vec<_> = found.validation_errors().map(|error| fault(text, error)).collect();
    if policies.num_of_templates() > 0 {
        let slots = ["?principal", "?resource"].into_iter().filter_map(|slot| text.find(slot));
        let (line, column) = place(text, slots.min().unwrap_or(0));
        let message = "a template (?principal, ?resource) never applies: no policy links to it".to_owned();
        faults.push(PolicyFault { line, column, message });
    }
    if !faults.is_empty() {
        return refuse(faults);
    }
    let suspicious = found.validation_warnings().map(|warning| fault(text, warning)).collect();
    Ok((policies, suspicious))
}

fn fault(text: &str, error: &(impl Diagnostic + ?Sized)) -> PolicyFault {
    let offset = error.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
    let (line, column) = place(text, offset);
    // One line for logs.
    let parts = [Some(error.to_string()), error.help().map(|help| help.to_string())];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let message = parts.join(" - ").split_whitespace().collect::<Vec<_>>().join(" ");
    // The position identifies the policy; its number adds nothing.
    let rest = message.strip_prefix("for policy `").and_then(|rest| rest.split_once("`, "));
    let message = rest.map_or(message.clone(), |(_, rest)| rest.to_owned());
    PolicyFault { line, column, message }
}

/// Returns the line and the column of a byte offset, starting with 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
