//! The change of one field.

use serde_json::Value;

use crate::{
    field::{Attributes, FieldErrors},
    violation::ViolationKind,
};

/// The change of one field.
///
/// Exhaustive: `decide` handles every operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Op<T> {
    /// The request does not contain the field.
    #[default]
    Keep,
    /// The request contains null: clears a nullable field, and is a violation for others.
    Null,
    /// The request contains this value.
    Set(T),
    /// The request contains an invalid value.
    Faulty(FieldErrors),
}

/// A change of the attributes.
///
/// Exhaustive: `decide` handles every operation.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributesOp {
    /// Replaces the attributes.
    Replace(Attributes),
    /// Applies this merge patch to the stored attributes (RFC 7396).
    Merge(Value),
}

impl<T> Op<T> {
    /// Returns whether the request does not contain the field.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Sets a valid value, or keeps the violations of an invalid one.
    pub fn parse(value: impl TryInto<T, Error = FieldErrors>) -> Self {
        value.try_into().into()
    }

    /// Modifies the value if it is set.
    pub fn map<U>(self, alter: impl FnOnce(T) -> U) -> Op<U> {
        match self {
            Self::Keep => Op::Keep,
            Self::Null => Op::Null,
            Self::Set(value) => Op::Set(alter(value)),
            Self::Faulty(faults) => Op::Faulty(faults),
        }
    }
}

impl<T> From<Result<T, FieldErrors>> for Op<T> {
    fn from(parsed: Result<T, FieldErrors>) -> Self {
        match parsed {
            Ok(value) => Self::Set(value),
            Err(faults) => Self::Faulty(faults),
        }
    }
}

impl<T> From<ViolationKind> for Op<T> {
    fn from(fault: ViolationKind) -> Self {
        Self::Faulty(fault.into())
    }
}

impl<T> Op<T> {
    /// Returns the value if it is set.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Null | Self::Faulty(_) => None,
        }
    }
}
