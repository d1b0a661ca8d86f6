//! Names of operations, for metrics and logs of a host.

use http::Method;

use crate::{
    prefix::Prefix,
    route::{AbsentList, ResourcePath, Route, UserAction, route},
};

/// Returns the name of the operation that a request addresses: its `operationId` in authentik's OpenAPI description.
/// `None` if the API has no such operation.
///
/// The path is that of an API at the default prefix. The names form a fixed set, whatever a client sends. `HEAD` has
/// the name of `GET`.
///
/// ```
/// use http::Method;
/// use userbook_http::operation_name;
///
/// assert_eq!(operation_name(&Method::PATCH, "/api/v3/core/users/7/"), Some("core_users_partial_update"));
/// assert_eq!(operation_name(&Method::GET, "/favicon.ico"), None);
/// ```
pub fn operation_name(method: &Method, path: &str) -> Option<&'static str> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let names = match route(&Prefix::default(), path) {
        Route::User(_) => USER,
        Route::ResourcePath(path) => of_resource(path),
        Route::Nothing => return None,
    };
    names.iter().find(|(known, _)| known == method).map(|(_, name)| *name)
}

/// The operations of a path.
type Names = &'static [(Method, &'static str)];

const USER: Names = &[
    (Method::GET, "core_users_retrieve"),
    (Method::PUT, "core_users_update"),
    (Method::PATCH, "core_users_partial_update"),
    (Method::DELETE, "core_users_destroy"),
];

const GROUP: Names = &[
    (Method::GET, "core_groups_retrieve"),
    (Method::PUT, "core_groups_update"),
    (Method::PATCH, "core_groups_partial_update"),
    (Method::DELETE, "core_groups_destroy"),
];

fn of_resource(path: ResourcePath) -> Names {
    match path {
        ResourcePath::Users => &[(Method::GET, "core_users_list"), (Method::POST, "core_users_create")],
        ResourcePath::Session => &[(Method::GET, "core_users_me_retrieve")],
        ResourcePath::Paths => &[(Method::GET, "core_users_paths_retrieve")],
        ResourcePath::ServiceAccount => &[(Method::POST, "core_users_service_account_create")],
        ResourcePath::ImpersonateEnd => &[(Method::GET, "core_users_impersonate_end_retrieve")],
        ResourcePath::OfUser(_, action) => of_user(action),
        ResourcePath::Groups => &[(Method::GET, "core_groups_list"), (Method::POST, "core_groups_create")],
        ResourcePath::Group(_) => GROUP,
        ResourcePath::AddUser(_) => &[(Method::POST, "core_groups_add_user_create")],
        ResourcePath::RemoveUser(_) => &[(Method::POST, "core_groups_remove_user_create")],
        ResourcePath::GroupUsedBy(_) => &[(Method::GET, "core_groups_used_by_list")],
        ResourcePath::Absent(AbsentList::Sessions) => &[(Method::GET, "core_authenticated_sessions_list")],
        ResourcePath::Absent(AbsentList::Roles) => &[(Method::GET, "rbac_roles_list")],
        ResourcePath::Absent(AbsentList::Events) => &[(Method::GET, "events_events_list")],
        ResourcePath::Version => &[(Method::GET, "admin_version_retrieve")],
        ResourcePath::Config => &[(Method::GET, "root_config_retrieve")],
    }
}

fn of_user(action: UserAction) -> Names {
    match action {
        UserAction::SetPassword => &[(Method::POST, "core_users_set_password_create")],
        UserAction::Recovery => &[(Method::POST, "core_users_recovery_create")],
        UserAction::RecoveryEmail => &[(Method::POST, "core_users_recovery_email_create")],
        UserAction::Impersonate => &[(Method::POST, "core_users_impersonate_create")],
        UserAction::UsedBy => &[(Method::GET, "core_users_used_by_list")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "openapi")]
    #[test]
    fn names_are_those_of_the_description() {
        use serde_json::Value;

        use crate::{ExtensionSet, Release, openapi};

        let schema = openapi::schema(Release::default(), ExtensionSet::all());
        let id = uuid::Uuid::nil().to_string();
        let mut count = 0;
        for (path, item) in schema["paths"].as_object().unwrap() {
            let path = format!("/api/v3{}", path.trim_start_matches("/api/v3"));
            let path = path.replace("{id}", "7").replace("{group_uuid}", &id);
            for (method, operation) in item.as_object().unwrap() {
                let Some(name) = operation.get("operationId").and_then(Value::as_str) else { continue };
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                assert_eq!(operation_name(&method, &path), Some(name), "{method} {path}");
                count += 1;
            }
        }
        assert!(count > 20, "{count}");
    }

    #[test]
    fn other_methods_and_paths_have_no_name() {
        for (method, path) in [
            (Method::TRACE, "/api/v3/core/users/7/"),
            (Method::DELETE, "/api/v3/core/users/"),
            (Method::GET, "/api/v3/core/users"),
            (Method::GET, "/"),
        ] {
            assert_eq!(operation_name(&method, path), None, "{method} {path}");
        }
        assert_eq!(operation_name(&Method::HEAD, "/api/v3/core/users/"), Some("core_users_list"));
    }
}
