//! Maps paths to resources.

use percent_encoding::percent_decode_str;
use userbook::{GroupId, UserId};
use uuid::Uuid;

use crate::prefix::{API_PREFIX, Prefix};

/// The path of the users; `{id}/` follows.
pub const USERS_PATH: &str = "/api/v3/core/users/";
/// The path of the groups; `{uuid}/` follows.
pub const GROUPS_PATH: &str = "/api/v3/core/groups/";
/// The path of the sessions of the acting user.
pub const SESSIONS_PATH: &str = "/api/v3/core/authenticated_sessions/";
/// The path of the roles.
pub const ROLES_PATH: &str = "/api/v3/rbac/roles/";
/// The path of the event log.
pub const EVENTS_PATH: &str = "/api/v3/events/events/";
/// The path of the release.
pub const VERSION_PATH: &str = "/api/v3/admin/version/";
/// The path of the public configuration.
pub const CONFIG_PATH: &str = "/api/v3/root/config/";

/// The resource of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// A user; `None` is an impossible id, which a later stage rejects.
    User(Option<UserId>),
    /// Another resource; [`UserApi`](crate::UserApi) leaves it to the host.
    ResourcePath(ResourcePath),
    /// No resource.
    Nothing,
}

/// A resource other than a single user. `None` is an impossible id of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResourcePath {
    /// The list of users.
    Users,
    /// The acting user.
    Session,
    /// The paths of users.
    Paths,
    /// New service accounts.
    ServiceAccount,
    /// The end of an impersonation.
    ImpersonateEnd,
    /// What belongs to a user.
    OfUser(Option<UserId>, UserAction),
    /// The list of groups.
    Groups,
    /// A group.
    Group(Option<GroupId>),
    /// Adds a user to a group.
    AddUser(Option<GroupId>),
    /// Removes a user from a group.
    RemoveUser(Option<GroupId>),
    /// The objects that refer to a group.
    GroupUsedBy(Option<GroupId>),
    /// A list of objects that Userbook does not have.
    Absent(AbsentList),
    /// The release.
    Version,
    /// The public configuration.
    Config,
}

/// A list of objects that Userbook does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AbsentList {
    /// Sessions of the acting user.
    Sessions,
    /// Roles.
    Roles,
    /// The event log.
    Events,
}

/// A resource below a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserAction {
    /// Sets the password.
    SetPassword,
    /// Creates a recovery link.
    Recovery,
    /// Sends a recovery link by e-mail.
    RecoveryEmail,
    /// Acts as the user.
    Impersonate,
    /// The objects that refer to the user.
    UsedBy,
}

/// Routes `path` as sent to an API at `prefix`.
pub(crate) fn route(prefix: &Prefix, path: &str) -> Route {
    let path = percent_decode_str(path).decode_utf8_lossy();
    let Some(path) = prefix.strip(&path) else { return Route::Nothing };
    if let Some(rest) = path.strip_prefix(own(USERS_PATH)) {
        return below_users(rest);
    }
    if let Some(rest) = path.strip_prefix(own(GROUPS_PATH)) {
        return below_groups(rest).map_or(Route::Nothing, Route::ResourcePath);
    }
    let resource = match path {
        _ if path == own(CONFIG_PATH) => ResourcePath::Config,
        _ if path == own(VERSION_PATH) => ResourcePath::Version,
        _ if path == own(SESSIONS_PATH) => ResourcePath::Absent(AbsentList::Sessions),
        _ if path == own(ROLES_PATH) => ResourcePath::Absent(AbsentList::Roles),
        _ if path == own(EVENTS_PATH) => ResourcePath::Absent(AbsentList::Events),
        _ => return Route::Nothing,
    };
    Route::ResourcePath(resource)
}

/// Returns the part of a path after the default prefix.
fn own(path: &'static str) -> &'static str {
    path.strip_prefix(API_PREFIX).unwrap_or(path)
}

fn below_users(rest: &str) -> Route {
    let resource = match rest.strip_suffix('/') {
        None if rest.is_empty() => ResourcePath::Users,
        Some("me") => ResourcePath::Session,
        Some("paths") => ResourcePath::Paths,
        Some("service_account") => ResourcePath::ServiceAccount,
        Some("impersonate_end") => ResourcePath::ImpersonateEnd,
        Some(id) if is_segment(id) => return Route::User(user_id(id)),
        Some(rest) => match of_user(rest) {
            Some(resource) => resource,
            None => return Route::Nothing,
        },
        None => return Route::Nothing,
    };
    Route::ResourcePath(resource)
}

fn of_user(rest: &str) -> Option<ResourcePath> {
    let (id, action) = rest.split_once('/').filter(|(id, _)| is_segment(id))?;
    let action = match action {
        "set_password" => UserAction::SetPassword,
        "recovery" => UserAction::Recovery,
        "recovery_email" => UserAction::RecoveryEmail,
        "impersonate" => UserAction::Impersonate,
        "used_by" => UserAction::UsedBy,
        _ => return None,
    };
    Some(ResourcePath::OfUser(user_id(id), action))
}

fn below_groups(rest: &str) -> Option<ResourcePath> {
    if rest.is_empty() {
        return Some(ResourcePath::Groups);
    }
    let rest = rest.strip_suffix('/')?;
    let (id, action) = rest.split_once('/').map_or((rest, None), |(id, action)| (id, Some(action)));
    let group = is_segment(id).then(|| group_id(id))?;
    match action {
        None => Some(ResourcePath::Group(group)),
        Some("add_user") => Some(ResourcePath::AddUser(group)),
        Some("remove_user") => Some(ResourcePath::RemoveUser(group)),
        Some("used_by") => Some(ResourcePath::GroupUsedBy(group)),
        Some(_) => None,
    }
}

/// Returns whether the text is a single path segment that can be an id.
fn is_segment(id: &str) -> bool {
    !id.is_empty() && !id.contains(['/', '.'])
}

/// Parses a group id: a UUID with or without hyphens.
fn group_id(text: &str) -> Option<GroupId> {
    let plain = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    Uuid::try_parse(text).ok().filter(|_| plain).map(GroupId)
}

fn user_id(text: &str) -> Option<UserId> {
    // `parse` would accept a sign.
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_decimal).map(UserId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let user = |id| Route::User(Some(UserId(id)));
        let of_user =
            |id: Option<i64>, action| Route::ResourcePath(ResourcePath::OfUser(id.map(UserId), action));
        for (path, expected) in [
            ("/api/v3/core/users/7/", user(7)),
            ("/api/v3/core/users/0007/", user(7)),
            ("/api/v3/core/users/%37/", user(7)),
            ("/api/v3/core/users/7%2F", user(7)),
            ("/api/v3/core/users/9223372036854775807/", user(i64::MAX)),
            ("/api/v3/core/users/9223372036854775808/", Route::User(None)),
            ("/api/v3/core/users/-7/", Route::User(None)),
            ("/api/v3/core/users/+7/", Route::User(None)),
            ("/api/v3/core/users/7%20/", Route::User(None)),
            ("/api/v3/core/users/%FF/", Route::User(None)),
            ("/api/v3/core/users/7_0/", Route::User(None)),
            ("/api/v3/core/users/٧/", Route::User(None)),
            ("/api/v3/core/users/ann/", Route::User(None)),
            ("/api/v3/core/users/7", Route::Nothing),
            ("/api/v3/core/users/7//", Route::Nothing),
            ("/api/v3/core/users/7.0/", Route::Nothing),
            ("/api/v3/core/users/7/x/", Route::Nothing),
            ("/api/v3/core/users//", Route::Nothing),
            ("/api/v3/core/users/", Route::ResourcePath(ResourcePath::Users)),
            ("/api/v3/core/users", Route::Nothing),
            ("/api/v3/core/users/me/", Route::ResourcePath(ResourcePath::Session)),
            ("/api/v3/core/users/%6De/", Route::ResourcePath(ResourcePath::Session)),
            ("/api/v3/core/users/me", Route::Nothing),
            ("/api/v3/core/users/Me/", Route::User(None)),
            ("/api/v3/core/users/service_account/", Route::ResourcePath(ResourcePath::ServiceAccount)),
            ("/api/v3/core/users/impersonate_end/", Route::ResourcePath(ResourcePath::ImpersonateEnd)),
            ("/api/v3/core/users/paths/", Route::ResourcePath(ResourcePath::Paths)),
            ("/api/v3/core/users/paths", Route::Nothing),
            ("/api/v3/core/users/7/set_password/", of_user(Some(7), UserAction::SetPassword)),
            ("/api/v3/core/users/x/recovery/", of_user(None, UserAction::Recovery)),
            ("/api/v3/core/users/7/recovery_email/", of_user(Some(7), UserAction::RecoveryEmail)),
            ("/api/v3/core/users/7/impersonate/", of_user(Some(7), UserAction::Impersonate)),
            ("/api/v3/core/users/7/used_by/", of_user(Some(7), UserAction::UsedBy)),
            ("/api/v3/core/users/7/used_by", Route::Nothing),
            ("/api/v3/core/users//used_by/", Route::Nothing),
            ("/api/v3/core/users/7/used_by/x/", Route::Nothing),
            ("/api/v3/root/config/", Route::ResourcePath(ResourcePath::Config)),
            ("/api/v3/root/config", Route::Nothing),
            ("/api/v3/admin/version/", Route::ResourcePath(ResourcePath::Version)),
            ("/api/v3/rbac/roles/", Route::ResourcePath(ResourcePath::Absent(AbsentList::Roles))),
            ("/api/v3/rbac/roles/x/", Route::Nothing),
            ("/api/v3/root/config/x/", Route::Nothing),
            ("/", Route::Nothing),
            ("*", Route::Nothing),
            ("", Route::Nothing),
        ] {
            assert_eq!(route(&Prefix::default(), path), expected, "{path}");
        }
    }

    #[test]
    fn an_own_prefix_replaces_the_default_one() {
        let user = Route::User(Some(UserId(7)));
        for (prefix, path, expected) in [
            ("/v1", "/v1/core/users/7/", user),
            ("/v1", "/v1/core/users/%37/", user),
            ("/v1", "/v1/root/config/", Route::ResourcePath(ResourcePath::Config)),
            ("/v1", "/v1core/users/7/", Route::Nothing),
            ("/v1", "/api/v3/core/users/7/", Route::Nothing),
            ("/v1", "/v1/api/v3/core/users/7/", Route::Nothing),
            ("", "/core/users/7/", user),
            ("", "core/users/7/", Route::Nothing),
        ] {
            assert_eq!(route(&Prefix::parse(prefix).unwrap(), path), expected, "{path} at {prefix}");
        }
    }

    #[test]
    fn paths_of_groups() {
        const ID: &str = "c7a7d549-ab8b-527d-8541-2a6cfeb98294";
        let id = Some(GroupId(Uuid::try_parse(ID).unwrap()));
        for (rest, expected) in [
            ("", Some(ResourcePath::Groups)),
            (&format!("{ID}/"), Some(ResourcePath::Group(id))),
            (&format!("{}/", ID.to_uppercase()), Some(ResourcePath::Group(id))),
            (&format!("{}/", ID.replace('-', "")), Some(ResourcePath::Group(id))),
            (&format!("{}/", ID.replace('-', "%2d")), Some(ResourcePath::Group(id))),
            (&format!("{ID}/add_user/"), Some(ResourcePath::AddUser(id))),
            (&format!("{ID}%2Fremove_user/"), Some(ResourcePath::RemoveUser(id))),
            (&format!("{{{ID}}}/"), Some(ResourcePath::Group(None))),
            (&format!("urn:uuid:{ID}/"), Some(ResourcePath::Group(None))),
            ("7/", Some(ResourcePath::Group(None))),
            ("7/add_user/", Some(ResourcePath::AddUser(None))),
            (ID, None),
            (&format!("{ID}/add_user"), None),
            (&format!("{ID}//"), None),
            (&format!("{ID}/x/"), None),
            (&format!("{ID}/add_user/x/"), None),
            ("/", None),
            ("//", None),
            ("/add_user/", None),
            ("7.0/", None),
        ] {
            let expected = expected.map_or(Route::Nothing, Route::ResourcePath);
            assert_eq!(route(&Prefix::default(), &format!("/api/v3/core/groups/{rest}")), expected, "{rest}");
        }
    }
}
