//! Names of operations for metrics: a fixed set, whatever a client sends.

use hyper::Method;
use userbook_http::operation_name;

/// Parts of the paths of the user API and of SCIM. The path of a tenant may precede them.
const API: &str = "/api/v3/";
const SCIM: &str = "/scim/v2/";
const HEALTH: &str = "/-/health/";

/// Returns the name of the operation of a request.
pub(super) fn operation(method: &Method, path: &str) -> &'static str {
    if path.starts_with(HEALTH) {
        return "health";
    }
    if let Some(of_api) = path.find(API).and_then(|start| path.get(start..)) {
        return operation_name(method, of_api).unwrap_or("other");
    }
    if path.contains(SCIM) { scim(method) } else { "other" }
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
            (&Method::PATCH, "/t/acme/api/v3/core/users/7/", "core_users_partial_update"),
            (&Method::POST, "/t/acme/scim/v2/Users", "scim_post"),
            (&custom, "/scim/v2/Users/1", "scim_other"),
            (&custom, "/api/v3/core/users/7/", "other"),
            (&Method::GET, "/", "other"),
            (&Method::GET, "/wp-login.php", "other"),
        ] {
            assert_eq!(operation(method, path), expected, "{method} {path}");
        }
    }
}
