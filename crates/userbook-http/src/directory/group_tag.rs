//! Entity tags of groups. A group has no revision, so its tag contains digests of its own values and of its members.
//!
//! `If-Match` compares the values, and the members where a write replaces them. A digest of the body follows, because a
//! renamed parent or member changes the body.

use std::{collections::BTreeSet, fmt::Write};

use http::{HeaderMap, header::IF_MATCH};
use sha2::{Digest, Sha256};
use userbook::{Group, UserId, decision::GroupCondition, store::GroupEntry};

use crate::etag::{EntityTag, Tags};

/// The number of bytes of a digest in the tag.
const BYTES: usize = 12;

/// Returns the tag of a group with these visible members.
pub(super) fn tag(entry: &GroupEntry, body: &[u8]) -> EntityTag {
    let members = entry.members.iter().map(|member| member.id).collect();
    EntityTag::of_state(&format!("{}{}", values(&entry.group), users(&members)), body)
}

/// Returns the precondition of `If-Match`; other conditional headers have no effect on group writes.
pub(super) fn condition(headers: &HeaderMap) -> Option<GroupCondition> {
    let tags = Tags::read(headers, IF_MATCH)?.strong_states()?;
    Some(GroupCondition::new(move |group, members| {
        let values = values(group);
        let members = members.map(users);
        tags.iter().any(|tag| {
            let (of_values, of_members) = tag.split_at_checked(BYTES * 2).unwrap_or((tag, ""));
            of_values == values && members.as_ref().is_none_or(|members| of_members == members)
        })
    }))
}

fn values(group: &Group) -> String {
    let Group { id, name, is_superuser, parent, attributes, .. } = group;
    hex(format!("{id} {name:?} {is_superuser} {parent:?} {attributes}").as_bytes())
}

fn users(members: &BTreeSet<UserId>) -> String {
    hex(format!("{members:?}").as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(BYTES * 2);
    for byte in Sha256::digest(bytes).iter().take(BYTES) {
        // Writing to a string never fails.
        _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use userbook::User;

    use super::*;

    fn entry(name: &str, members: &[i64]) -> GroupEntry {
        let group = Group { name: name.to_owned(), ..Group::example() };
        let members = members.iter().map(|id| User { id: UserId(*id), ..User::example() }).collect();
        GroupEntry { group, parent_name: None, members }
    }

    #[test]
    fn values_always_count_and_members_where_they_matter() {
        let known = entry("ops", &[1, 2]);
        let header = tag(&known, b"{}").to_header().unwrap();
        let headers = HeaderMap::from_iter([(IF_MATCH, header)]);
        let condition = condition(&headers).unwrap();
        let holds = |entry: &GroupEntry, with_members: bool| {
            let members: BTreeSet<UserId> = entry.members.iter().map(|member| member.id).collect();
            condition.holds(&entry.group, with_members.then_some(&members))
        };
        assert!(holds(&known, true) && holds(&known, false));
        assert!(!holds(&entry("dev", &[1, 2]), true) && !holds(&entry("dev", &[1, 2]), false));
        assert!(!holds(&entry("ops", &[1]), true) && holds(&entry("ops", &[1]), false));
    }

    #[test]
    fn any_tag_is_no_condition_and_foreign_tags_match_nothing() {
        let read =
            |list: &str| condition(&HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_str(list).unwrap())]));
        assert!(read("*").is_none() && condition(&HeaderMap::new()).is_none());
        for list in ["\"x\"", "W/\"x.y\"", "", "\"é.0\""] {
            let condition = read(list).unwrap();
            assert!(!condition.holds(&entry("ops", &[]).group, None), "{list}");
        }
    }
}
