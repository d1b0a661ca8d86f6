//! The names of permissions: those of Userbook, others of authentik, and misspelt ones.

use userbook::authz::Permission;

/// The prefix of every permission that Userbook knows.
const CORE: &str = "authentik_core.";

/// Objects of authentik's core that Userbook does not have. Their permissions are stored without effect.
const OTHER_OBJECTS: [&str; 12] = [
    "application",
    "applicationentitlement",
    "authenticatedsession",
    "group",
    "groupsourceconnection",
    "propertymapping",
    "provider",
    "role",
    "source",
    "token",
    "user",
    "usersourceconnection",
];

/// Further permissions of authentik's core without effect.
const OTHERS: [&str; 8] = [
    "assign_role_permissions",
    "assign_user_permissions",
    "preview_user",
    "set_token_key",
    "unassign_role_permissions",
    "unassign_user_permissions",
    "view_token_key",
    "view_user_applications",
];

/// Checks the name of a permission. Permissions of authentik's other applications are accepted as they are.
///
/// # Errors
/// The reason, with the name that was probably meant.
pub(crate) fn check(name: &str) -> Result<(), String> {
    let Some(codename) = name.strip_prefix(CORE) else {
        let is_foreign = name.split_once('.').is_some_and(|(app, rest)| {
            app.starts_with("authentik_") && app != "authentik_core" && !rest.is_empty()
        });
        return if is_foreign { Ok(()) } else { Err(unknown(name)) };
    };
    let is_known = name.parse::<Permission>().is_ok() || OTHERS.contains(&codename);
    let is_crud = || {
        let (action, object) = codename.split_once('_')?;
        Some(["add", "change", "delete", "view"].contains(&action) && OTHER_OBJECTS.contains(&object))
    };
    if is_known || is_crud().unwrap_or(false) { Ok(()) } else { Err(unknown(name)) }
}

fn unknown(name: &str) -> String {
    // The prefix may be missing.
    let likeness = |known: &Permission| {
        let known = known.as_str();
        let codename = known.split_once('.').map_or(known, |(_, codename)| codename);
        strsim::jaro_winkler(name, known).max(strsim::jaro_winkler(name, codename))
    };
    // Of equally good ones the first.
    let known = Permission::ALL.iter().copied().rev();
    let nearest = known.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    let hint = nearest.map(|nearest| format!(", did you mean {nearest}?")).unwrap_or_default();
    format!("unknown permission {name:?}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_permissions_are_refused_with_a_suggestion() {
        for &permission in Permission::ALL {
            assert_eq!(check(permission.as_str()), Ok(()));
        }
        for name in ["authentik_core.view_token", "authentik_flows.view_flow", "authentik_core.impersonate"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for (name, meant) in [
            ("authentik_core.chagne_user", "authentik_core.change_user"),
            ("authentik_core.view_users", "authentik_core.view_user"),
            ("authentikcore.view_group", "authentik_core.view_group"),
            ("view_user", "authentik_core.view_user"),
            ("authentik_core.", "authentik_core"),
            ("authentik_flows.", "authentik_core"),
            ("", "authentik_core"),
        ] {
            let error = check(name).unwrap_err();
            assert!(error.contains(meant), "{error}");
        }
    }
}
