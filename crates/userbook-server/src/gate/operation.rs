//! Names of operations for metrics: a fixed set, whatever a client sends.

use hyper::Method;
use userbook_http::operation_name;

/// Prefixes of paths that do not belong to the user API.
const SCIM: &str = "/scim/";
const HEALTH: &str = "/-/health/";

/// Returns the name of the operation of a request.
pub(super) fn operation(method: &Method, path: &str) -> &'static str {
    if path.starts_with(HEALTH) {
        return "health";
    }
    if path.starts_with(SCIM) {
        return scim(method);
    }
    operation_name(method, path).unwrap_or("other")
}

fn scim(method: &Method) -> &'static str {
    match *method {
        Method::GET | Method::HEAD => "scim_get",
        Method::POST => "scim_post",
        Method::PUT => "scim_put",
        Method::PATCH => "scim_patch",
        Method::DELETE => "scim_delete",
        _ => "scim_other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_form_a_fixed_set() {
        let custom = Method::from_bytes(b"CUSTOM").unwrap();
        for (method, path, expected) in [
            (&Method::GET, "/-/health/live/", "health"),
            (&Method::PATCH, "/api/v3/core/users/7/", "core_users_partial_update"),
            (&Method::PATCH, "/scim/v2/Users/1", "scim_patch"),
            (&custom, "/scim/v2/Users/1", "scim_other"),
            (&custom, "/api/v3/core/users/7/", "other"),
            (&Method::GET, "/", "other"),
            (&Method::GET, "/wp-login.php", "other"),
        ] {
            assert_eq!(operation(method, path), expected, "{method} {path}");
        }
    }
}
