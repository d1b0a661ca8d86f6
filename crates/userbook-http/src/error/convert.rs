//! Errors of the core and of authentication as responses.

use std::borrow::Cow;

use userbook::{
    AccessError, Field, GroupError, JsonObject, ListError, UpdateError, Violations,
    authz::AuthorizerError,
    decision::Denial,
    store::StoreError,
    update::PatchFailure,
    violation::{GroupField, ViolationKind},
};

use super::{ApiError, ErrorDetails, INVALID, InputError, InputLocation, Kind, PAGE_SIZE, PortFailure};
use crate::{AuthenticationError, PortError};

/// The reason for a denied field if the authorizer returns none.
const NO_REASON: Cow<'static, str> = Cow::Borrowed("You do not have permission to change this field.");
/// The reason for each field of a privileged account.
const PROTECTED: Cow<'static, str> = Cow::Borrowed(
    "Only a superuser may change this field of a superuser or of a user who can grant superuser status.",
);

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Refused { detail } => Self::new(Kind::AuthenticationFailed, detail),
            AuthenticationError::Unavailable(source) => Self::unavailable(source),
            AuthenticationError::Failed(source) => Self::internal(source),
        }
    }
}

impl From<StoreError> for AuthenticationError {
    fn from(error: StoreError) -> Self {
        match PortFailure::from(error) {
            PortFailure::Unavailable(source) => Self::Unavailable(source),
            PortFailure::Internal(source) => Self::Failed(source),
        }
    }
}

impl From<UpdateError> for ApiError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Access(error) => error.into(),
            UpdateError::Condition => Self::condition_failed(),
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

impl From<PortError> for ApiError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Rejected(message) => {
                let code = "rejected".to_owned();
                let message = message.into_owned();
                Violations::<Field>::from(ViolationKind::Custom { code, message, params: JsonObject::new() })
                    .into()
            }
            PortError::Store(error) => error.into(),
        }
    }
}

impl From<PortFailure> for ApiError {
    fn from(failure: PortFailure) -> Self {
        match failure {
            PortFailure::Unavailable(error) => Self::unavailable(error),
            PortFailure::Internal(error) => Self::internal(error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        PortFailure::from(error).into()
    }
}

impl From<AuthorizerError> for ApiError {
    fn from(error: AuthorizerError) -> Self {
        PortFailure::from(error).into()
    }
}

impl From<ListError> for ApiError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Access(error) => error.into(),
            ListError::FilterTooLarge { limit, count } => {
                let message =
                    format!("Ensure there are no more than {limit} JSON values (got {count}).").into();
                let (location, code) = (InputLocation::Query, "too_many_values");
                Self::inputs(vec![InputError { location, name: "attributes", code, message }])
            }
            ListError::PageTooLarge { limit } => Self::answer_too_large(limit, PAGE_SIZE),
            ListError::TooSlow { .. } => Self::unavailable(error),
        }
    }
}

impl From<Denial> for ApiError {
    fn from(denial: Denial) -> Self {
        let (detail, params) = (denial.to_string(), denial.params());
        match denial {
            Denial::ActorInactive => Self::new(Kind::ActorInactive, detail),
            Denial::ActorUnknown => Self::new(Kind::ActorUnknown, detail),
            Denial::Rule { .. } => Self::new(Kind::DeniedByRule, detail).with_params(params),
            Denial::GrantsSuperuser { .. } => Self::new(Kind::GrantsSuperuser, detail).with_params(params),
            Denial::RevokesSuperuser { .. } => Self::new(Kind::RevokesSuperuser, detail).with_params(params),
            Denial::ChildGroups => Self::new(Kind::ChildGroups, detail),
            Denial::Fields(denials) => {
                let fields = denials.into_iter();
                let fields =
                    fields.map(|denied| (denied.field, denied.reason.unwrap_or(NO_REASON))).collect();
                Self::fields(Kind::FieldsDenied, detail, fields)
            }
            Denial::ProtectedUser(fields) => {
                let fields = fields.into_iter().map(|field| (field, PROTECTED)).collect();
                Self::fields(Kind::ProtectedSuperuser, detail, fields)
            }
            Denial::ProtectedDeletion | Denial::ProtectedPassword | Denial::ProtectedImpersonation => {
                Self::new(Kind::ProtectedSuperuser, detail).with_params(params)
            }
            // Denials of later releases of the core contain their own message.
            _ => Self::new(Kind::PermissionDenied, detail),
        }
    }
}

impl From<PatchFailure> for ApiError {
    fn from(failure: PatchFailure) -> Self {
        let kind = match failure {
            PatchFailure::TestFailed { .. } => Kind::TestFailed,
            PatchFailure::SecretSource { .. } => Kind::SecretSource,
            PatchFailure::TooManyOperations { .. }
            | PatchFailure::TooLarge { .. }
            | PatchFailure::TooDeep { .. } => Kind::PatchTooLarge,
            // Also the host's own failures, and those of later releases of the core.
            _ => Kind::Inapplicable,
        };
        Self::new(kind, format!("JSON Patch error - {failure}."))
    }
}

impl From<Violations> for ApiError {
    fn from(mut violations: Violations) -> Self {
        violations.sort();
        Self::violations(violations.map_fields(|field| Some(field.as_str())))
    }
}

impl From<Violations<GroupField>> for ApiError {
    fn from(mut violations: Violations<GroupField>) -> Self {
        violations.sort();
        Self::violations(violations.map_fields(|field| Some(field.as_str())))
    }
}

impl From<GroupError> for ApiError {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Access(error) => error.into(),
            GroupError::Condition => Self::group_condition_failed(),
            GroupError::Invalid(violations) => violations.into(),
            GroupError::Contended { .. } => {
                Self::new(Kind::Contended, "Others were changing groups at the same time. Try again.")
            }
        }
    }
}

impl ApiError {
    fn violations(violations: Violations<&'static str>) -> Self {
        Self { details: ErrorDetails::Violations(violations), ..Self::new(Kind::Invalid, INVALID) }
    }
}

#[cfg(test)]
mod tests {
    use userbook::{authz::AuthorizerErrorKind, store::StoreErrorKind};

    use super::*;

    #[test]
    fn codes_on_the_wire_are_those_of_the_core() {
        let store = |kind| StoreError::new(kind, "");
        let path = || "/name".to_owned();
        let denied = |denial: Denial| UpdateError::from(denial);
        let errors = [
            UpdateError::Access(AccessError::NotFound),
            UpdateError::Condition,
            UpdateError::Invalid(Violations::default()),
            UpdateError::Contended { attempts: 1 },
            store(StoreErrorKind::Transient).into(),
            store(StoreErrorKind::Ambiguous).into(),
            store(StoreErrorKind::Corrupt).into(),
            store(StoreErrorKind::Other).into(),
            AuthorizerError { kind: AuthorizerErrorKind::Transient, source: "".into() }.into(),
            AuthorizerError { kind: AuthorizerErrorKind::Other, source: "".into() }.into(),
            denied(Denial::Permission(None)),
            denied(Denial::ActorInactive),
            denied(Denial::ActorUnknown),
            denied(Denial::Rule { rule: "r".into(), message: String::new(), params: JsonObject::new() }),
            denied(Denial::Fields(Vec::new())),
            denied(Denial::ProtectedUser(Vec::new())),
            denied(Denial::ProtectedDeletion),
            UpdateError::Patch(PatchFailure::TestFailed { operation: 0, path: path() }),
            UpdateError::Patch(PatchFailure::Inapplicable { operation: 0, path: path() }),
            UpdateError::Patch(PatchFailure::SecretSource { operation: 0, path: path() }),
            UpdateError::Patch(PatchFailure::TooManyOperations { limit: 1, count: 2 }),
            UpdateError::Patch(PatchFailure::TooLarge { operation: 0, limit: 1 }),
            UpdateError::Patch(PatchFailure::TooDeep { operation: 0, path: path(), limit: 1 }),
        ];
        for error in errors {
            let code = error.code();
            assert_eq!(ApiError::from(error).kind.code(), code);
        }
        let group = userbook::GroupId(uuid::Uuid::nil());
        for denial in [
            Denial::GrantsSuperuser { group, name: None, through: None },
            Denial::RevokesSuperuser { group, name: None, through: None },
        ] {
            let code = denial.code();
            assert_eq!(ApiError::from(denial).kind.code(), code);
        }
    }
}
