//! Changes of one field.

use serde_json::Value;

use crate::{
    field::{Attributes, FieldErrors},
    violation::ViolationKind,
};

/// A change of one field.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Op<T> {
    /// The request does not speak of it.
    #[default]
    Keep,
    /// The request says null: clears a field that may be empty, and is a fault elsewhere.
    Null,
    /// The request says this.
    Set(T),
    /// The request says something that can be no such value.
    Faulty(FieldErrors),
}

/// A change of the attributes.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributesOp {
    /// These.
    Replace(Attributes),
    /// What is stored, with this merge patch applied (RFC 7396).
    Merge(Value),
}

impl<T> Op<T> {
    /// Whether the request does not speak of the field.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Sets the value if it is one, and keeps its faults otherwise.
    pub fn parse(value: impl TryInto<T, Error = FieldErrors>) -> Self {
        value.try_into().into()
    }

    /// Alters the value that is set.
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
    /// The value that is set, if one is.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Null | Self::Faulty(_) => None,
        }
    }
}
