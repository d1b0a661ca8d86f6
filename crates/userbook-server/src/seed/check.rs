//! Checks what one record of a seed says about another: duplicates, references, permissions, administrators.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Display,
    hash::Hash,
};

use userbook::{GroupId, UserId, UserType, field::ExternalId, model::ExternalIds};

use super::{
    Problems, permission,
    rows::{ObjectKey, SeedFile},
};

/// The name of a user that never signs in.
const ANONYMOUS: &str = "AnonymousUser";

/// Returns what makes the file unusable.
pub(super) fn problems(file: &SeedFile) -> Problems {
    let mut problems = Problems::default();
    duplicates(&mut problems, "groups", "pk", file.groups.iter().map(|group| group.pk));
    // authentik lets two groups have one name: they are imported as they are.
    duplicates(&mut problems, "users", "pk", file.users.iter().map(|user| user.pk));
    duplicates(&mut problems, "users", "uuid", file.users.iter().map(|user| user.uuid));
    duplicates(&mut problems, "users", "username", file.users.iter().map(|user| &user.username));
    external_ids(&mut problems, "groups", file.groups.iter().map(|group| &group.external_ids));
    external_ids(&mut problems, "users", file.users.iter().map(|user| &user.external_ids));
    references(&mut problems, file);
    tokens(&mut problems, file);
    problems
}

fn duplicates<T: Hash + Eq + Display>(
    problems: &mut Problems,
    list: &str,
    field: &str,
    values: impl Iterator<Item = T>,
) {
    let mut seen = HashMap::new();
    for (n, value) in values.enumerate() {
        let text = value.to_string();
        if let Some(first) = seen.insert(value, n) {
            problems.0.push(format!("{list}[{n}].{field}: {text:?} is also in {list}[{first}]"));
        }
    }
}

/// Reports external ids that no database stores.
fn external_ids<'f>(problems: &mut Problems, list: &str, values: impl Iterator<Item = &'f ExternalIds>) {
    let mut seen = HashMap::new();
    for (n, ids) in values.enumerate() {
        let place = format!("{list}[{n}].external_ids");
        if ids.len() > ExternalIds::MAX_SOURCES {
            problems.0.push(format!("{place}: more than {} sources", ExternalIds::MAX_SOURCES));
        }
        for (source, identifier) in ids.iter() {
            let Some(identifier) = identifier else { continue };
            if let Err(errors) = ExternalId::parse(identifier) {
                problems.0.push(format!("{place}: {source}: {errors}"));
            }
            if let Some(first) = seen.insert((source, identifier), n) {
                problems.0.push(format!("{place}: {identifier:?} of {source} is also in {list}[{first}]"));
            }
        }
    }
}

fn references(problems: &mut Problems, file: &SeedFile) {
    let groups: BTreeSet<GroupId> = file.groups.iter().map(|group| group.pk).collect();
    let users: BTreeSet<UserId> = file.users.iter().map(|user| user.pk).collect();
    let mut need = |is_there: bool, place: String, what: String| {
        if !is_there {
            problems.0.push(format!("{place}: {what} is not in this file"));
        }
    };
    for (n, group) in file.groups.iter().enumerate() {
        let parent = group.parent.filter(|parent| !groups.contains(parent));
        need(parent.is_none(), format!("groups[{n}].parent"), format!("group {}", shown(parent)));
    }
    for (n, user) in file.users.iter().enumerate() {
        for group in &user.groups {
            need(groups.contains(group), format!("users[{n}].groups"), format!("group {group}"));
        }
    }
    for (n, token) in file.tokens.iter().enumerate() {
        let user = token.user_pk;
        need(users.contains(&user), format!("tokens[{n}].user_pk"), format!("user {user}"));
    }
    for (n, row) in file.permissions.iter().enumerate() {
        let user = row.user_pk;
        need(users.contains(&user), format!("permissions[{n}].user_pk"), format!("user {user}"));
    }
    for (n, row) in file.object_permissions.iter().enumerate() {
        let user = row.user_pk;
        need(users.contains(&user), format!("object_permissions[{n}].user_pk"), format!("user {user}"));
        let (is_there, object) = match row.object_pk {
            ObjectKey::User(user) => (users.contains(&user), format!("user {user}")),
            ObjectKey::Group(group) => (groups.contains(&group), format!("group {group}")),
        };
        need(is_there, format!("object_permissions[{n}].object_pk"), object);
    }
    let everything = file.permissions.iter().map(|row| &row.permission).enumerate();
    let on_objects = file.object_permissions.iter().map(|row| &row.permission).enumerate();
    for (list, (n, name)) in everything
        .map(|entry| ("permissions", entry))
        .chain(on_objects.map(|entry| ("object_permissions", entry)))
    {
        if let Err(error) = permission::check(name) {
            problems.0.push(format!("{list}[{n}].permission: {error}"));
        }
    }
}

fn shown(id: Option<GroupId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn tokens(problems: &mut Problems, file: &SeedFile) {
    let mut seen = HashMap::new();
    for (n, token) in file.tokens.iter().enumerate() {
        let Some(hash) = token.hash() else {
            problems.0.push(format!("tokens[{n}]: exactly one of `key` and `hash` is required"));
            continue;
        };
        if token.key.as_deref() == Some("") {
            problems.0.push(format!("tokens[{n}].key: the key is empty"));
        }
        // The key itself belongs into no message.
        if let Some(first) = seen.insert(hash, n) {
            problems.0.push(format!("tokens[{n}]: the same key is in tokens[{first}]"));
        }
    }
    let identifiers = file.tokens.iter().filter_map(|token| token.identifier.as_ref());
    duplicates(problems, "tokens", "identifier", identifiers);
}

/// Returns what an administrator should know.
pub(super) fn warnings(file: &SeedFile) -> Vec<String> {
    let parents: BTreeMap<GroupId, (bool, Option<GroupId>)> =
        file.groups.iter().map(|group| (group.pk, (group.is_superuser, group.parent))).collect();
    let grants = |group: &GroupId| {
        let mut next = Some(*group);
        // A chain longer than the number of groups is a cycle.
        (0..=parents.len()).any(|_| {
            let Some((is_superuser, parent)) = next.and_then(|id| parents.get(&id)) else { return false };
            next = *parent;
            *is_superuser
        })
    };
    let can_act = |kind: UserType| matches!(kind, UserType::Internal | UserType::External);
    let administrators: BTreeSet<UserId> = file
        .users
        .iter()
        .filter(|user| user.is_active && can_act(user.user_type) && user.username != ANONYMOUS)
        .filter(|user| user.groups.iter().any(grants))
        .map(|user| user.pk)
        .collect();
    let mut warnings = Vec::new();
    if administrators.is_empty() {
        warnings.push("no active person is a superuser: no user can administer this directory".to_owned());
    } else if !file.tokens.iter().any(|token| administrators.contains(&token.user_pk)) {
        warnings
            .push("no superuser has a token: create one with `userbook-server token create USER`".to_owned());
    }
    warnings
}
