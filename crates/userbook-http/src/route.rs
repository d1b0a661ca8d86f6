//! Which resource a path names.

use percent_encoding::percent_decode_str;
use userbook::UserId;

/// Where the users are; `{id}/` follows.
pub const USERS_PATH: &str = "/api/v3/core/users/";

/// What authentik keeps beside the users and Userbook does not: these names are no ids.
const NEIGHBOURS: [&str; 4] = ["me", "service_account", "impersonate_end", "paths"];

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// A user; `None` if the id is none that a user can have. Whether the caller learns that is another stage's.
    User(Option<UserId>),
    /// Nothing that is served here.
    Nothing,
}

/// What `path`, as it was sent, names.
pub(crate) fn route(path: &str) -> Route {
    let path = percent_decode_str(path).decode_utf8_lossy();
    match path.strip_prefix(USERS_PATH).and_then(|rest| rest.strip_suffix('/')) {
        Some(id) if !id.is_empty() && !id.contains(['/', '.']) && !NEIGHBOURS.contains(&id) => {
            Route::User(user_id(id))
        }
        _ => Route::Nothing,
    }
}

fn user_id(text: &str) -> Option<UserId> {
    // `parse` alone would take a sign too.
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_decimal).map(UserId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let user = |id| Route::User(Some(UserId(id)));
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
            ("/api/v3/core/users/", Route::Nothing),
            ("/api/v3/core/users/me/", Route::Nothing),
            ("/api/v3/core/groups/7/", Route::Nothing),
            ("/", Route::Nothing),
            ("*", Route::Nothing),
            ("", Route::Nothing),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }
}
