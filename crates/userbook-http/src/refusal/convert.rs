//! What the core and the authentication refuse, as answers.

use std::borrow::Cow;

use userbook::{
    AccessError, AuthorizerError, AuthorizerErrorKind, Denial, Field, PatchFailure, StoreError,
    StoreErrorKind, UpdateError, Violations,
};

use super::{ApiError, ErrorDetails, Kind};
use crate::AuthenticationError;

/// Why a field may not be changed, where the authorizer gave no reason.
const NO_REASON: Cow<'static, str> = Cow::Borrowed("You do not have permission to change this field.");

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Refused { detail } => Self::new(Kind::AuthenticationFailed, detail),
            AuthenticationError::Unavailable(source) => Self::unavailable(source),
            AuthenticationError::Failed(source) => Self::internal(source),
        }
    }
}

impl From<UpdateError> for ApiError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Access(error) => error.into(),
            UpdateError::Condition => {
                Self::new(Kind::ConditionFailed, "The user is not in the demanded state.")
            }
            UpdateError::Patch(failure) => failure.into(),
            UpdateError::Invalid(violations) => violations.into(),
            UpdateError::Contended { .. } => {
                Self::new(Kind::Contended, "Others were changing the user at the same time. Try again.")
            }
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::not_found(),
            AccessError::Forbidden(denial) => denial.into(),
            AccessError::Store(error) => error.into(),
            AccessError::Authorizer(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::Transient => Self::unavailable(error),
            // Trying again blindly might apply it twice, or run into the same wall.
            StoreErrorKind::Ambiguous | StoreErrorKind::Corrupt | StoreErrorKind::Other => {
                Self::internal(error)
            }
        }
    }
}

impl From<AuthorizerError> for ApiError {
    fn from(error: AuthorizerError) -> Self {
        match error.kind {
            AuthorizerErrorKind::Transient => Self::unavailable(error),
            AuthorizerErrorKind::Other => Self::internal(error),
        }
    }
}

impl From<Denial> for ApiError {
    fn from(denial: Denial) -> Self {
        let detail = denial.to_string();
        match denial {
            Denial::Permission(_) => Self::new(Kind::PermissionDenied, detail),
            Denial::ActorInactive => Self::new(Kind::ActorInactive, detail),
            Denial::GrantsSuperuser { .. } => Self::new(Kind::GrantsSuperuser, detail),
            Denial::DeletesSuperuser => Self::new(Kind::ProtectedSuperuser, detail),
            Denial::Fields(denials) => {
                let mut fields: Vec<(Field, Cow<'static, str>)> = denials
                    .into_iter()
                    .map(|denied| (denied.field, denied.reason.unwrap_or(NO_REASON)))
                    .collect();
                // A field and the groups in it may be refused separately: the first reason stands.
                fields.dedup_by_key(|(field, _)| *field);
                Self::fields(Kind::FieldsDenied, detail, fields)
            }
            Denial::ProtectedSuperuser(fields) => {
                let reason = Cow::Borrowed("Only a superuser may change this field of a superuser.");
                let fields = fields.into_iter().map(|field| (field, reason.clone())).collect();
                Self::fields(Kind::ProtectedSuperuser, detail, fields)
            }
        }
    }
}

impl From<PatchFailure> for ApiError {
    fn from(failure: PatchFailure) -> Self {
        let kind = match failure {
            PatchFailure::TestFailed { .. } => Kind::TestFailed,
            PatchFailure::Inapplicable { .. } => Kind::Inapplicable,
            PatchFailure::SecretSource { .. } => Kind::SecretSource,
            PatchFailure::TooManyOperations { .. }
            | PatchFailure::TooLarge { .. }
            | PatchFailure::TooDeep { .. } => Kind::PatchTooLarge,
        };
        Self::new(kind, format!("JSON Patch error - {failure}."))
    }
}

impl From<Violations> for ApiError {
    fn from(violations: Violations) -> Self {
        let detail = "Values of the request break rules; `errors` lists all of them.";
        Self { particulars: ErrorDetails::Violations(violations), ..Self::new(Kind::Invalid, detail) }
    }
}
