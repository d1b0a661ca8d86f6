//! Pages for people: at `/` a small one to find and edit a user, at `/api/v3/` one to try the API on.
//!
//! Both are files compiled in: nothing is built, and nothing is fetched from elsewhere, neither at build nor at run
//! time. What they must not know: any rule about users. They are clients of the API like any other, and send what
//! the person at the keyboard may send.

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
use userbook_http::ExtensionSet;

/// All pages. The user page previews changes by a dry run where the API has it.
pub(crate) fn router(extensions: ExtensionSet) -> Router {
    user::router(extensions).merge(api::router(extensions))
}

/// What a page may load, run and send to: itself. (Avatars may be pictures from elsewhere.)
const SAME_ORIGIN: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The same, for a page whose scripts set styles.
const SAME_ORIGIN_STYLED: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    connect-src 'self'; img-src 'self' data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of a page.
fn file(media_type: &str, policy: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 4] = [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        // The files change with the program, and are small.
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
