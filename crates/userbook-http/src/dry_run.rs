//! The response to a dry run: the changed user, the difference, and the authorizer's verdicts.

use bytes::Bytes;
use http::Response;
use serde::Serialize;
use userbook::{
    GroupId, Outcome, Policy, Safeguard, Updated,
    authz::{Check, CheckResults, Verdict},
    event::Diff,
};

use crate::{
    Representation, error::ApiError, params::INCLUDE_GROUPS, render::to_json, representation::UserJson,
    respond,
};

#[derive(Debug, Serialize)]
struct Preview<'a> {
    dry_run: bool,
    would_change: bool,
    user: UserJson<'a>,
    diff: &'a Diff,
    verdicts: Vec<CheckJson<'a>>,
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
        user: representation.user(&updated.view, include_groups),
        diff: &updated.diff,
        verdicts: verdicts.filter_map(|(check, verdict)| CheckJson::new(check, verdict)).collect(),
    };
    let limit = include_groups.then_some(policy.limits().page_bytes);
    Ok(respond::ok(to_json(&preview, 0, limit, INCLUDE_GROUPS)?))
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
            Check::Set(field) => ("set", Some(field.as_str()), None),
            Check::Join(group) => ("join", None, Some(group)),
            Check::AddMember(group) => ("add_member", None, Some(group)),
            Check::RemoveMember(group) => ("remove_member", None, Some(group)),
            Check::GrantSuperuser(group) => ("grant_superuser", None, Some(group)),
            _ => return None,
        };
        let reason = match verdict {
            Verdict::Deny(reason) => reason.as_deref(),
            Verdict::Allow | Verdict::Hide => None,
        };
        Some(Self { check, field, group, allowed: verdict.is_allow(), reason })
    }
}
