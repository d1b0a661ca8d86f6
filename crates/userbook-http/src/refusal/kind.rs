//! The kinds of refusal, with what stays the same about each.

use http::StatusCode;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $status:ident, $code:literal, $title:literal;)+) => {
        /// Why a request is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($(#[$doc])* $name,)+
        }

        impl Kind {
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The stable name; those that authentik has bear the names of Django REST framework.
            pub(crate) const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The kind in a few words, for people.
            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

kinds! {
    Invalid: BAD_REQUEST, "invalid", "The values break rules";
    ParseError: BAD_REQUEST, "parse_error", "The body can't be read";
    InvalidParameter: BAD_REQUEST, "invalid_parameter", "A query parameter can't be understood";
    InvalidPatch: BAD_REQUEST, "invalid_patch", "The body is no JSON Patch";
    Inapplicable: BAD_REQUEST, "patch_inapplicable", "The JSON Patch doesn't fit the user";
    SecretSource: BAD_REQUEST, "patch_secret_source", "The JSON Patch copies or moves a secret attribute";
    PatchTooLarge: BAD_REQUEST, "patch_too_large", "The JSON Patch exceeds a limit";
    UnreadableBody: BAD_REQUEST, "unreadable_body", "The body didn't arrive";
    BodyTimeout: REQUEST_TIMEOUT, "body_timeout", "The body took too long to arrive";
    AuthenticationFailed: FORBIDDEN, "authentication_failed", "It is not known who asks";
    PermissionDenied: FORBIDDEN, "permission_denied", "The caller may not do this";
    /// The same for single fields.
    FieldsDenied: FORBIDDEN, "permission_denied", "The caller may not change these fields";
    ActorInactive: FORBIDDEN, "actor_inactive", "The caller's account is inactive";
    GrantsSuperuser: FORBIDDEN, "grants_superuser", "The caller may not grant superuser status";
    ProtectedSuperuser: FORBIDDEN, "protected_superuser", "Only superusers change superusers";
    NotFound: NOT_FOUND, "not_found", "There is no such resource";
    MethodNotAllowed: METHOD_NOT_ALLOWED, "method_not_allowed", "The resource doesn't have this method";
    NotAcceptable: NOT_ACCEPTABLE, "not_acceptable", "There is no representation of the kind asked for";
    TestFailed: CONFLICT, "patch_test_failed", "A test in the JSON Patch failed";
    Contended: CONFLICT, "contended", "Too many others changed the user at the same time";
    ConditionFailed: PRECONDITION_FAILED, "precondition_failed", "The user is not in the demanded state";
    BodyTooLarge: PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large";
    UnsupportedMediaType: UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body is of no supported type";
    Internal: INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong";
    Unavailable: SERVICE_UNAVAILABLE, "unavailable", "Try again in a moment";
}

impl Kind {
    /// Whether the recorded release knows it: its body is then exactly as recorded, and bears no code.
    pub(crate) const fn is_recorded(self) -> bool {
        matches!(
            self,
            Self::Invalid
                | Self::ParseError
                | Self::AuthenticationFailed
                | Self::PermissionDenied
                | Self::NotFound
                | Self::MethodNotAllowed
                | Self::NotAcceptable
                | Self::UnsupportedMediaType
                | Self::Internal
        )
    }
}
