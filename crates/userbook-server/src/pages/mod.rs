//! Web pages: `/` finds and edits users, `/api/v3/` tries the API.
//!
//! The binary contains all files; nothing is built or downloaded, neither at build time nor at run time. The pages
//! must not know any rule about users. They are ordinary clients of the API with the token of their user.

mod api;
mod user;

use axum::{
    Router,
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use userbook_http::{ExtensionSet, Release};

/// All pages. The user page previews changes with a dry run if the API supports dry runs.
pub(crate) fn router(release: Release, extensions: ExtensionSet) -> Router {
    user::router(extensions).merge(api::router(release, extensions))
}

/// Restricts a page to its own origin. (Avatars may be images from other origins.)
const SAME_ORIGIN: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The same restrictions for a page whose scripts set styles.
const SAME_ORIGIN_STYLED: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    connect-src 'self'; img-src 'self' data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves a file of a page.
fn file(media_type: &str, policy: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 4] = [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        // The files are small and change with the program.
        (CACHE_CONTROL, "no-cache"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(media_type) = HeaderValue::from_str(media_type) {
        headers.insert(CONTENT_TYPE, media_type);
    }
    response
}
