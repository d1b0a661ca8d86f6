//! Errors of the core, of authentication and of bodies as SCIM errors.

use http::StatusCode;
use userbook::{
    AccessError, Field, GroupError, ListError, UpdateError, Violations,
    decision::Denial,
    violation::{GroupField, Violation, ViolationKind},
};
use userbook_http::{AuthenticationError, BodyError, PortFailure, ReceiveError};

use crate::error::{ScimError, ScimType};

impl From<AuthenticationError> for ScimError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Refused { detail } => Self::unauthorized(detail),
            AuthenticationError::Unavailable(source) => Self::unavailable(source),
            AuthenticationError::Failed(source) => Self::internal(source),
        }
    }
}

impl From<ReceiveError> for ScimError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::TooLarge { .. } => Self::too_large(error.to_string()),
            ReceiveError::Unreadable => Self::bad_request(ScimType::InvalidSyntax, error.to_string()),
            ReceiveError::Host(BodyError::TimedOut) => {
                Self::new(StatusCode::REQUEST_TIMEOUT, error.to_string())
            }
            ReceiveError::Host(BodyError::Overloaded) => Self::unavailable(error),
        }
    }
}

impl From<PortFailure> for ScimError {
    fn from(failure: PortFailure) -> Self {
        match failure {
            PortFailure::Unavailable(error) => Self::unavailable(error),
            PortFailure::Internal(error) => Self::internal(error),
        }
    }
}

impl From<AccessError> for ScimError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::not_found(),
            AccessError::Forbidden(denial) => denial.into(),
            AccessError::Store(error) => PortFailure::from(error).into(),
            AccessError::Authorizer(error) => PortFailure::from(error).into(),
        }
    }
}

impl From<Denial> for ScimError {
    fn from(denial: Denial) -> Self {
        Self::new(StatusCode::FORBIDDEN, denial.to_string())
    }
}

impl From<ListError> for ScimError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Access(error) => error.into(),
            ListError::FilterTooLarge { .. } | ListError::PageTooLarge { .. } | ListError::TooSlow { .. } => {
                Self::bad_request(ScimType::TooMany, error.to_string())
            }
        }
    }
}

impl From<UpdateError> for ScimError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Access(error) => error.into(),
            UpdateError::Condition => Self::another_version(),
            UpdateError::Patch(failure) => failure.into(),
            UpdateError::Invalid(violations) => violated(&violations, |field| Some(user_attribute(field?))),
            UpdateError::Contended { .. } => Self::unavailable(error),
        }
    }
}

impl From<GroupError> for ScimError {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Access(error) => error.into(),
            GroupError::Condition => Self::another_version(),
            GroupError::Invalid(violations) => violated(&violations, |field| Some(group_attribute(field?))),
            GroupError::Contended { .. } => Self::unavailable(error),
        }
    }
}

/// Chooses the status by the gravest violation; the detail names all.
fn violated<F: Copy>(
    violations: &Violations<F>,
    name: impl Fn(Option<F>) -> Option<&'static str>,
) -> ScimError {
    let describe = |violation: &Violation<F>| match name(violation.field) {
        Some(name) => format!("{name}: {}", violation.kind),
        None => violation.kind.to_string(),
    };
    let detail = violations.iter().map(describe).collect::<Vec<_>>().join(" ");
    let has = |test: fn(&ViolationKind) -> bool| violations.iter().any(|violation| test(&violation.kind));
    if has(|kind| matches!(kind, ViolationKind::LastSuperuser | ViolationKind::SelfLockout)) {
        return ScimError::new(StatusCode::FORBIDDEN, detail);
    }
    if has(ViolationKind::is_taken) {
        return ScimError::conflict(detail);
    }
    if has(|kind| matches!(kind, ViolationKind::TooManyMembers { .. })) {
        return ScimError::too_large(detail);
    }
    ScimError::invalid_value(detail)
}

fn user_attribute(field: Field) -> &'static str {
    match field {
        Field::Username => "userName",
        Field::Name => "displayName",
        Field::IsActive => "active",
        Field::Email => "emails",
        Field::ExternalIds => "externalId",
        other => other.as_str(),
    }
}

fn group_attribute(field: GroupField) -> &'static str {
    match field {
        GroupField::Name => "displayName",
        GroupField::Users => "members",
        GroupField::ExternalIds => "externalId",
        other => other.as_str(),
    }
}
