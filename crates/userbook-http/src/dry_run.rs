//! What a dry run answers: the user as it would be, what would change, and what the authorizer said.

use bytes::Bytes;
use http::Response;
use serde::Serialize;
use userbook::{Check, Diff, GroupId, Outcome, Updated, Verdict};

use crate::{Representation, refusal::ApiError, representation::UserJson, respond};

#[derive(Debug, Serialize)]
struct Preview<'a> {
    dry_run: bool,
    would_change: bool,
    user: UserJson<'a>,
    diff: &'a Diff,
    verdicts: Vec<Answer<'a>>,
}

/// One question to the authorizer, with its answer.
#[derive(Debug, Serialize)]
struct Answer<'a> {
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
    include_groups: bool,
) -> Result<Response<Bytes>, ApiError> {
    let verdicts = updated.results.iter().filter_map(|(check, verdict)| Answer::new(*check, verdict));
    let body = serde_json::to_vec(&Preview {
        dry_run: true,
        would_change: updated.outcome != Outcome::Unchanged,
        user: representation.user(&updated.view, include_groups),
        diff: &updated.diff,
        verdicts: verdicts.collect(),
    });
    Ok(respond::ok(body.map_err(ApiError::internal)?.into()))
}

impl<'a> Answer<'a> {
    /// `None` for questions that an update never asks.
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
