//! The kinds of error, each with status, code and title.

use http::StatusCode;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $status:ident, $code:literal, $title:literal;)+) => {
        /// The kind of an error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($(#[$doc])* $name,)+
        }

        impl Kind {
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The stable code. Kinds that authentik has use the codes of Django REST framework.
            pub(crate) const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The title of the problem.
            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

kinds! {
    Invalid: BAD_REQUEST, "invalid", "Invalid values";
    ParseError: BAD_REQUEST, "parse_error", "Malformed JSON";
    InvalidParameter: BAD_REQUEST, "invalid_parameter", "Invalid query parameter";
    InvalidPatch: BAD_REQUEST, "invalid_patch", "Invalid JSON Patch";
    Inapplicable: BAD_REQUEST, "patch_inapplicable", "Inapplicable JSON Patch";
    SecretSource: BAD_REQUEST, "patch_secret_source", "Secret attribute as source of a JSON Patch";
    PatchTooLarge: BAD_REQUEST, "patch_too_large", "JSON Patch above a limit";
    UnreadableBody: BAD_REQUEST, "unreadable_body", "Incomplete request body";
    NotAvailable: BAD_REQUEST, "not_available", "Operation not available";
    BodyTimeout: REQUEST_TIMEOUT, "body_timeout", "Request body timed out";
    AuthenticationFailed: FORBIDDEN, "authentication_failed", "Authentication failed";
    NotAuthenticated: FORBIDDEN, "not_authenticated", "Authentication required";
    PermissionDenied: FORBIDDEN, "permission_denied", "Permission denied";
    /// The same kind for single fields.
    FieldsDenied: FORBIDDEN, "permission_denied", "Permission denied";
    ActorInactive: FORBIDDEN, "actor_inactive", "Inactive account";
    ActorUnknown: FORBIDDEN, "actor_unknown", "Unknown account";
    DeniedByRule: FORBIDDEN, "denied_by_rule", "Denied by a rule";
    GrantsSuperuser: FORBIDDEN, "grants_superuser", "Right to grant superuser status required";
    RevokesSuperuser: FORBIDDEN, "revokes_superuser", "Right to revoke superuser status required";
    ChildGroups: FORBIDDEN, "child_groups", "Right to change child groups required";
    ProtectedSuperuser: FORBIDDEN, "protected_superuser", "Protected account";
    NotFound: NOT_FOUND, "not_found", "Not found";
    UnknownOperation: NOT_FOUND, "unknown_operation", "Unknown operation";
    InvalidHost: BAD_REQUEST, "invalid_host", "Invalid Host header";
    MethodNotAllowed: METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed";
    NotAcceptable: NOT_ACCEPTABLE, "not_acceptable", "Not acceptable";
    TestFailed: CONFLICT, "patch_test_failed", "JSON Patch test failed";
    Contended: CONFLICT, "contended", "Conflicting changes";
    ConditionFailed: PRECONDITION_FAILED, "precondition_failed", "Precondition failed";
    BodyTooLarge: PAYLOAD_TOO_LARGE, "body_too_large", "Request body too large";
    UnsupportedEncoding: UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding", "Unsupported content encoding";
    UnsupportedMediaType: UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type";
    Internal: INTERNAL_SERVER_ERROR, "internal_error", "Internal server error";
    Unavailable: SERVICE_UNAVAILABLE, "unavailable", "Service unavailable";
}

impl Kind {
    /// Returns whether the recorded release has this kind. Then the body is exactly as recorded, without a code.
    pub(crate) const fn is_recorded(self) -> bool {
        matches!(
            self,
            Self::Invalid
                | Self::ParseError
                | Self::AuthenticationFailed
                | Self::NotAuthenticated
                | Self::PermissionDenied
                | Self::NotFound
                | Self::MethodNotAllowed
                | Self::NotAcceptable
                | Self::UnsupportedMediaType
                | Self::Internal
        )
    }
}
