//! The OpenAPI description of the API.
//!
//! One source produces two documents for each [`Release`]. [`published`] equals authentik's published schema of the
//! served operations, so that generated clients stay the same. [`schema`] adds a marked overlay: statuses and headers
//! that the published schema omits, and the extensions. Every addition has [`OVERLAY_KEY`] and every replacement
//! [`PUBLISHED_KEY`]. Without the overlay both documents are equal, descriptions aside.
//!
//! What it must not know: how requests are handled. Tests compare responses with the description.

mod lifecycle;
mod lower;
mod operations;
mod overlay;
mod release_2026_8;
mod shapes;

use serde_json::{Value, json};
use utoipa::{
    OpenApi,
    openapi::{
        ComponentsBuilder, InfoBuilder, OpenApiBuilder, ServerBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{API_PREFIX, ExtensionSet, Release};

/// Marks an addition to the published schema: remove the object that has this member.
pub const OVERLAY_KEY: &str = "x-userbook-overlay";

/// Marks a replacement: the member contains the published value.
pub const PUBLISHED_KEY: &str = "x-userbook-published";

/// The types with a derived schema.
#[derive(OpenApi)]
#[openapi(components(schemas(
    lifecycle::GroupRequest,
    lifecycle::ImpersonationRequest,
    lifecycle::Link,
    lifecycle::UsedBy,
    lifecycle::UsedByActionEnum,
    lifecycle::UserPasswordSetRequest,
    lifecycle::UserServiceAccountRequest,
    lifecycle::UserServiceAccountResponse,
    shapes::CapabilitiesEnum,
    shapes::Config,
    shapes::ErrorReportingConfig,
    shapes::GenericError,
    shapes::Group,
    shapes::GroupMember,
    shapes::PaginatedGroupList,
    shapes::PaginatedUserList,
    shapes::Pagination,
    shapes::Role,
    shapes::SessionUser,
    shapes::User,
    shapes::UserAccountRequest,
    shapes::UserGroup,
    shapes::UserRequest,
    shapes::UserSelf,
    shapes::UserPath,
    shapes::UserSelfGroups,
    shapes::UserTypeEnum,
    shapes::ValidationError,
)))]
struct Shapes;

/// Returns the published schema of a release for the operations served here (OpenAPI 3.0.3).
pub fn published(release: Release) -> Value {
    let mut components = ComponentsBuilder::new().security_scheme(
        operations::SECURITY,
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
    if let Some(shapes) = Shapes::openapi().components {
        components = components.schemas_from_iter(shapes.schemas);
    }
    let document = OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Userbook: authentik's users").version(release.version()).build())
        .servers(Some([ServerBuilder::new().url(format!("{API_PREFIX}/")).build()]))
        .paths(operations::paths())
        .components(Some(components.build()))
        .build();
    let mut document = lower::to_3_0(json!(document));
    if let Some(shapes) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        shapes::complete(shapes);
    }
    if release.is_2026_8() {
        release_2026_8::apply(&mut document);
    }
    document
}

/// Returns a description for an API that is mounted at this prefix ([`UserApi::at`](crate::UserApi::at)).
///
/// ```
/// use userbook_http::{ExtensionSet, Release, openapi};
/// let schema = openapi::at("/v1", openapi::schema(Release::V2025_2, ExtensionSet::all()));
/// assert_eq!(schema["servers"][0]["url"], "/v1/");
/// ```
pub fn at(prefix: &str, mut description: Value) -> Value {
    if let Some(url) = description.pointer_mut("/servers/0/url") {
        *url = format!("{prefix}/").into();
    }
    description
}

/// Returns the description of the API with the representation of this release and these extensions.
///
/// ```
/// use userbook_http::{ExtensionSet, Release};
/// let schema = userbook_http::openapi::schema(Release::V2025_2, ExtensionSet::all());
/// assert_eq!(schema["openapi"], "3.0.3");
/// assert!(schema["paths"]["/core/users/{id}/"]["put"]["responses"]["412"]["x-userbook-overlay"].is_boolean());
/// ```
pub fn schema(release: Release, extensions: ExtensionSet) -> Value {
    let mut document = published(release);
    overlay::apply(&mut document, extensions);
    document
}
