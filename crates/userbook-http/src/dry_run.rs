//! The response to a dry run: the changed user or group, the difference, and the authorizer's verdicts.

use bytes::Bytes;
use http::Response;
use serde::Serialize;
use serde_json::Value;
use userbook::{
    Field, GroupId, GroupUpdated, Outcome, Policy, Safeguard, Updated,
    authz::{Check, CheckResults, Verdict},
    event::Diff,
};

use crate::{
    Release, Representation,
    error::ApiError,
    params::{DRY_RUN, INCLUDE_GROUPS},
    render::to_json,
    representation::UserJson,
    respond,
};

#[derive(Debug, Serialize)]
struct Preview<'a> {
    dry_run: bool,
    would_change: bool,
    #[serde(flatten)]
    object: Object<'a>,
    diff: &'a Diff,
    verdicts: Vec<CheckJson<'a>>,
}

/// The changed object, under its name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Object<'a> {
    User(Box<UserJson<'a>>),
    Group(GroupPreview<'a>),
}

/// A group without its members, which the difference names.
#[derive(Debug, Serialize)]
struct GroupPreview<'a> {
    pk: GroupId,
    name: &'a str,
    is_superuser: bool,
    #[serde(flatten)]
    parent: ParentJson,
    attributes: &'a Value,
}

/// The parent of a group, which differs between releases.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ParentJson {
    One { parent: Option<GroupId> },
    List { parents: Vec<GroupId> },
}

/// One check with its verdict.
#[derive(Debug, Serialize)]
struct CheckJson<'a> {
    check: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<GroupId>,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

pub(crate) fn respond(
    updated: &Updated,
    representation: &Representation,
    policy: &Policy,
    include_groups: bool,
) -> Result<Response<Bytes>, ApiError> {
    let results = &updated.results;
    let verdicts = results.iter().filter(|(check, _)| shows(*check, policy, results));
    let preview = Preview {
        dry_run: true,
        would_change: updated.outcome != Outcome::Unchanged,
        object: Object::User(Box::new(representation.user(&updated.view, include_groups))),
        diff: &updated.diff,
        verdicts: verdicts.filter_map(|(check, verdict)| CheckJson::new(check, verdict)).collect(),
    };
    let limit = include_groups.then_some(policy.limits().page_bytes);
    Ok(respond::ok(to_json(&preview, 0, limit, INCLUDE_GROUPS)?))
}

/// The same for a group.
pub(crate) fn respond_group(
    updated: &GroupUpdated,
    policy: &Policy,
    release: Release,
) -> Result<Response<Bytes>, ApiError> {
    let GroupUpdated { group, diff, outcome, results, .. } = updated;
    let verdicts = results.iter().filter(|(check, _)| shows(*check, policy, results));
    let preview = Preview {
        dry_run: true,
        would_change: *outcome != Outcome::Unchanged,
        object: Object::Group(GroupPreview {
            pk: group.id,
            name: &group.name,
            is_superuser: group.is_superuser,
            parent: match release {
                Release::V2025_2 => ParentJson::One { parent: group.parent },
                Release::V2026_8 => ParentJson::List { parents: group.parent.into_iter().collect() },
            },
            attributes: &group.attributes,
        }),
        diff,
        verdicts: verdicts.filter_map(|(check, verdict)| CheckJson::new(check, verdict)).collect(),
    };
    Ok(respond::ok(to_json(&preview, 0, Some(policy.limits().page_bytes), DRY_RUN)?))
}

/// Returns whether the caller may read the verdict. Verdicts about hidden groups would reveal these groups. The group
/// of a membership change is part of the request.
fn shows(check: Check, policy: &Policy, results: &CheckResults) -> bool {
    match check {
        Check::Join(group) | Check::GrantSuperuser(group) => {
            !policy.has(Safeguard::HideGroups) || results.may_view_group(group)
        }
        _ => true,
    }
}

impl<'a> CheckJson<'a> {
    /// `None` for checks that only affect the rendering, and for checks that updates never make.
    fn new(check: Check, verdict: &'a Verdict) -> Option<Self> {
        let (check, field, group) = match check {
            Check::View => ("view", None, None),
            Check::Change => ("change", None, None),
            // A request over HTTP cannot set them.
            Check::Set(Field::ExternalIds) => return None,
            Check::Set(field) => ("set", Some(field.as_str()), None),
            Check::Join(group) => ("join", None, Some(group)),
            Check::AddMember(group) => ("add_member", None, Some(group)),
            Check::RemoveMember(group) => ("remove_member", None, Some(group)),
            Check::GrantSuperuser(group) => ("grant_superuser", None, Some(group)),
            Check::DisableSuperuser(group) => ("disable_superuser", None, Some(group)),
            Check::AddUser => ("add_user", None, None),
            Check::DeleteUser => ("delete_user", None, None),
            Check::AddGroup(group) => ("add_group", None, Some(group)),
            Check::ChangeGroup(group) => ("change_group", None, Some(group)),
            Check::DeleteGroup(group) => ("delete_group", None, Some(group)),
            Check::SetPassword => ("set_password", None, None),
            _ => return None,
        };
        let reason = match verdict {
            Verdict::Deny(reason) => reason.as_deref(),
            Verdict::Allow | Verdict::Hide => None,
        };
        Some(Self { check, field, group, allowed: verdict.is_allow(), reason })
    }
}
