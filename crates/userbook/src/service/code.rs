//! The stable codes of errors, for programs and translations.

use crate::{
    authz::{AuthorizerError, AuthorizerErrorKind},
    json::JsonObject,
    service::{AccessError, GroupError, ListError, UpdateError},
    store::{StoreError, StoreErrorKind},
};

/// The storage or the authorizer cannot answer now: a retry may succeed.
const UNAVAILABLE: &str = "unavailable";
const INTERNAL: &str = "internal_error";
const INVALID: &str = "invalid";
const CONTENDED: &str = "contended";

impl StoreError {
    /// The stable code: `unavailable` if a retry may succeed, else `internal_error`.
    pub const fn code(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::Transient => UNAVAILABLE,
            // A blind retry could apply the change twice or fail again.
            StoreErrorKind::Ambiguous | StoreErrorKind::Corrupt | StoreErrorKind::Other => INTERNAL,
        }
    }
}

impl AuthorizerError {
    /// The stable code, as [`StoreError::code`].
    pub const fn code(&self) -> &'static str {
        match self.kind {
            AuthorizerErrorKind::Transient => UNAVAILABLE,
            AuthorizerErrorKind::Other => INTERNAL,
        }
    }
}

impl AccessError {
    /// The stable code, for programs and translations. The guide [codes](crate::docs::codes) lists all.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Forbidden(denial) => denial.code(),
            Self::Store(error) => error.code(),
            Self::Authorizer(error) => error.code(),
        }
    }

    /// The parameters of the message, by name.
    pub fn params(&self) -> JsonObject {
        match self {
            Self::Forbidden(denial) => denial.params(),
            Self::NotFound | Self::Store(_) | Self::Authorizer(_) => JsonObject::new(),
        }
    }
}

impl ListError {
    /// The stable code, as [`AccessError::code`].
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::FilterTooLarge { .. } => "too_many_values",
            Self::PageTooLarge { .. } => "answer_too_large",
            Self::TooSlow { .. } => UNAVAILABLE,
        }
    }

    /// The parameters of the message, by name.
    pub fn params(&self) -> JsonObject {
        let limits = |params: &[(&str, u64)]| {
            params.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
        };
        match self {
            Self::Access(error) => error.params(),
            Self::FilterTooLarge { limit, count } => {
                limits(&[("limit", *limit as u64), ("count", *count as u64)])
            }
            Self::PageTooLarge { limit } => limits(&[("limit", *limit)]),
            Self::TooSlow { .. } => JsonObject::new(),
        }
    }
}

impl UpdateError {
    /// The stable code, as [`AccessError::code`]. The violations of `invalid` have codes of their own.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::Condition => "precondition_failed",
            Self::Patch(failure) => failure.code(),
            Self::Invalid(_) => INVALID,
            Self::Contended { .. } => CONTENDED,
        }
    }

    /// The parameters of the message, by name.
    pub fn params(&self) -> JsonObject {
        match self {
            Self::Access(error) => error.params(),
            Self::Patch(failure) => failure.params(),
            Self::Condition | Self::Invalid(_) | Self::Contended { .. } => JsonObject::new(),
        }
    }
}

impl GroupError {
    /// The stable code, as [`UpdateError::code`].
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::Condition => "precondition_failed",
            Self::Invalid(_) => INVALID,
            Self::Contended { .. } => CONTENDED,
        }
    }

    /// The parameters of the message, by name.
    pub fn params(&self) -> JsonObject {
        match self {
            Self::Access(error) => error.params(),
            Self::Condition | Self::Invalid(_) | Self::Contended { .. } => JsonObject::new(),
        }
    }
}

#[cfg(test)]
mod tests;
