//! Preconditions (RFC 9110 §13). SCIM compares weak tags in `If-Match` as well (RFC 7644 §3.14).

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use http::{
    HeaderMap, HeaderName,
    header::{IF_MATCH, IF_NONE_MATCH},
};
use userbook::{
    Revision, UserId,
    decision::{Conditions, GroupCondition, IfNoneMatch},
    model::ExternalSource,
};
use userbook_http::header_list;
use uuid::Uuid;

use crate::resource::group;

/// The entity tags of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    Any,
    /// The tags without `W/` and quotes.
    Listed(Vec<String>),
}

/// The preconditions of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Preconditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

impl Tags {
    fn read(headers: &HeaderMap, name: HeaderName) -> Option<Self> {
        header_list(headers, name).map(|list| Self::parse(&list))
    }

    /// Reads a list of tags. The tags of this provider contain no commas.
    fn parse(list: &str) -> Self {
        if list.trim() == "*" {
            return Self::Any;
        }
        let tag = |text: &str| {
            let text = text.trim();
            text.strip_prefix("W/").unwrap_or(text).trim_matches('"').to_owned()
        };
        Self::Listed(list.split(',').map(tag).collect())
    }

    fn contains(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|listed| listed == tag),
        }
    }

    /// Returns whether a tag is listed, or one with the same state if either has no digest.
    fn admits(&self, tag: &str) -> bool {
        let state = |tag: &str| tag.split('.').next().unwrap_or_default().to_owned();
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|listed| {
                let is_partial = !listed.contains('.') || !tag.contains('.');
                listed == tag || is_partial && state(listed) == state(tag)
            }),
        }
    }

    /// Returns the states of the tags; `None` if every state matches.
    fn states(&self) -> Option<Vec<String>> {
        match self {
            Self::Any => None,
            Self::Listed(tags) => {
                Some(tags.iter().map(|tag| tag.split('.').next().unwrap_or_default().to_owned()).collect())
            }
        }
    }

    fn revisions(&self) -> Option<Vec<Revision>> {
        let states = self.states()?;
        Some(states.iter().filter_map(|state| Uuid::try_parse(state).ok().map(Revision)).collect())
    }
}

impl Preconditions {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        Self { if_match: Tags::read(headers, IF_MATCH), if_none_match: Tags::read(headers, IF_NONE_MATCH) }
    }

    /// The version that an operation of a bulk request requires.
    pub(crate) fn of_version(version: Option<&str>) -> Self {
        Self { if_match: version.map(Tags::parse), if_none_match: None }
    }

    /// Returns the preconditions on a user.
    pub(crate) fn of_user(&self) -> Conditions {
        let unless = self.if_none_match.clone().map(|tags| {
            let revisions = tags.revisions();
            IfNoneMatch::new(move |view| {
                revisions.as_ref().is_none_or(|revisions| revisions.contains(&view.user.revision))
            })
        });
        Conditions { revisions: self.if_match.as_ref().and_then(Tags::revisions), unless }
    }

    /// Returns the precondition on a group, which must also have what is pinned.
    pub(crate) fn of_group(&self, source: &ExternalSource, pinned: &Arc<Pinned>) -> GroupCondition {
        let (source, pinned) = (source.clone(), Arc::clone(pinned));
        let (wanted, unwanted) = (self.if_match.clone(), self.if_none_match.clone());
        GroupCondition::new(move |stored, members| {
            let state = group::state(stored, &source);
            let matches = |tags: &Tags| tags.states().is_none_or(|states| states.contains(&state));
            pinned.holds(&state, members)
                && wanted.as_ref().is_none_or(matches)
                && !unwanted.as_ref().is_some_and(matches)
        })
    }

    /// Returns whether the client knows this version, so that GET returns 304.
    pub(crate) fn knows(&self, version: &str) -> bool {
        let Tags::Listed(tag) = Tags::parse(version) else { return false };
        self.if_none_match.as_ref().is_some_and(|known| tag.iter().any(|tag| known.contains(tag)))
    }

    /// Returns whether the version meets `If-Match`. A version without the members equals one with them if the states
    /// are equal.
    pub(crate) fn allows(&self, version: &str) -> bool {
        let Tags::Listed(tag) = Tags::parse(version) else { return false };
        self.if_match.as_ref().is_none_or(|wanted| tag.iter().any(|tag| wanted.admits(tag)))
    }

    /// Returns whether `If-Match` names a version of a group with its members.
    pub(crate) fn names_members(&self) -> bool {
        match &self.if_match {
            None | Some(Tags::Any) => false,
            Some(Tags::Listed(tags)) => tags.iter().any(|tag| tag.contains('.')),
        }
    }
}

/// What a group must have in each attempt of a write, beyond the preconditions of the request. The condition of a write
/// exists before the facts that it pins are read.
#[derive(Debug, Default)]
pub(crate) struct Pinned {
    state: OnceLock<String>,
    members: OnceLock<BTreeSet<UserId>>,
    /// The members that the connection manages.
    managed: OnceLock<BTreeSet<Uuid>>,
}

impl Pinned {
    /// Requires this state. The first one counts.
    pub(crate) fn pin_state(&self, state: String) {
        _ = self.state.set(state);
    }

    /// Requires exactly these members where the write depends on all of them.
    pub(crate) fn pin_members(&self, members: BTreeSet<UserId>, managed: BTreeSet<Uuid>) {
        _ = self.members.set(members);
        _ = self.managed.set(managed);
    }

    /// Returns whether these members of the connection are the pinned ones, if members are pinned.
    pub(crate) fn has_managed(&self, members: &BTreeSet<Uuid>) -> bool {
        self.managed.get().is_none_or(|pinned| pinned == members)
    }

    pub(crate) fn has_state(&self) -> bool {
        self.state.get().is_some()
    }

    fn holds(&self, state: &str, members: Option<&BTreeSet<UserId>>) -> bool {
        let are_pinned = |members| self.members.get().is_none_or(|pinned| pinned == members);
        self.state.get().is_none_or(|pinned| pinned == state) && members.is_none_or(are_pinned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_and_strong_tags_match() {
        let version = "W/\"0190.ab\"";
        for (header, expected) in [
            ("*", true),
            ("W/\"0190.ab\"", true),
            ("\"0190.ab\"", true),
            ("\"x\", W/\"0190.ab\"", true),
            ("\"0190.cd\"", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, header.parse().unwrap());
            assert_eq!(Preconditions::read(&headers).knows(version), expected, "{header}");
        }
        assert!(!Preconditions::default().knows(version));
        assert!(Preconditions::default().allows(version));
        for (header, shown, expected) in [
            ("W/\"s\"", "W/\"s.d\"", true),
            ("W/\"s.d\"", "W/\"s\"", true),
            ("W/\"s.d\"", "W/\"s.e\"", false),
            ("W/\"t\"", "W/\"s.d\"", false),
        ] {
            assert_eq!(Preconditions::of_version(Some(header)).allows(shown), expected, "{header} {shown}");
        }
        for (header, expected) in
            [("*", false), ("W/\"s\"", false), ("W/\"s.d\"", true), ("W/\"t\", W/\"s.d\"", true)]
        {
            assert_eq!(Preconditions::of_version(Some(header)).names_members(), expected, "{header}");
        }
        // The members count, although another tag names no members.
        assert!(!Preconditions::of_version(Some("W/\"t\", W/\"s.d\"")).allows("W/\"s.e\""));
        assert!(
            Preconditions::of_version(Some("W/\"x\"")).of_user().revisions.is_some_and(|it| it.is_empty())
        );
    }
    #[test]
    fn pinned_members_count_where_all_members_matter() {
        let members = |ids: &[i64]| ids.iter().copied().map(UserId).collect::<BTreeSet<_>>();
        let pinned = Pinned::default();
        assert!(pinned.holds("s", None) && pinned.holds("s", Some(&members(&[1]))) && !pinned.has_state());
        pinned.pin_state("s".to_owned());
        let managed = |ids: &[u128]| ids.iter().copied().map(Uuid::from_u128).collect::<BTreeSet<_>>();
        assert!(pinned.has_managed(&managed(&[7])));
        pinned.pin_members(members(&[1, 2]), managed(&[7]));
        assert!(pinned.has_managed(&managed(&[7])));
        assert!(!pinned.has_managed(&managed(&[7, 8])) && !pinned.has_managed(&managed(&[])));
        for (state, present, expected) in [
            ("s", Some(members(&[2, 1])), true),
            ("s", None, true),
            ("s", Some(members(&[1])), false),
            ("t", Some(members(&[1, 2])), false),
        ] {
            assert_eq!(pinned.holds(state, present.as_ref()), expected, "{state} {present:?}");
        }
    }
}
