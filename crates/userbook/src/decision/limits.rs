//! Checks limits of changed values.

use crate::{
    field::plain,
    json::identical,
    model::Group,
    policy::{Policy, Safeguard},
    violation::{GroupField, ViolationKind, Violations},
};

/// Checks the text of a display name or group name.
pub(super) fn check_name(name: &str, policy: &Policy) -> Option<ViolationKind> {
    let limit = policy.limits().name_chars;
    too_long(name, limit).or_else(|| policy.has(Safeguard::PlainNames).then(|| plain::name(name)).flatten())
}

/// Checks the text of a group name. Unlike a display name, which may be empty, it is not blank.
fn check_group_name(name: &str, policy: &Policy) -> Option<ViolationKind> {
    let is_blank = policy.has(Safeguard::PlainNames) && plain::is_invisible_name(name);
    if is_blank { Some(ViolationKind::Blank) } else { check_name(name, policy) }
}

/// Checks the text of a username. A username without a visible character is blank.
pub(super) fn check_username(username: &str, policy: &Policy) -> Option<ViolationKind> {
    let must_be_visible = || policy.has(Safeguard::PlainNames) || policy.has(Safeguard::DistinctLogins);
    if plain::is_invisible_name(username) && must_be_visible() {
        return Some(ViolationKind::Blank);
    }
    policy.has(Safeguard::PlainNames).then(|| plain::username_or_path(username)).flatten()
}

/// Checks the text of a path.
pub(super) fn check_path(path: &str, policy: &Policy) -> Option<ViolationKind> {
    let limit = policy.limits().path_chars;
    too_long(path, limit)
        .or_else(|| policy.has(Safeguard::PlainNames).then(|| plain::username_or_path(path)).flatten())
}

fn too_long(text: &str, limit: usize) -> Option<ViolationKind> {
    // A text of at most `limit` bytes has at most `limit` code points, so most texts need no counting.
    (text.len() > limit && text.chars().count() > limit).then_some(ViolationKind::MaxLength { limit })
}

/// Checks the changed values of a group.
pub(super) fn check_group(
    before: Option<&Group>,
    after: &Group,
    policy: &Policy,
    violations: &mut Violations<GroupField>,
) {
    if before.is_none_or(|before| before.name != after.name)
        && let Some(kind) = check_group_name(&after.name, policy)
    {
        violations.push(GroupField::Name, kind);
    }
    if before.is_none_or(|before| !identical(&before.attributes, &after.attributes))
        && let Some(kind) = crate::field::attribute_limits(&after.attributes, policy.limits())
    {
        violations.push(GroupField::Attributes, kind);
    }
}
