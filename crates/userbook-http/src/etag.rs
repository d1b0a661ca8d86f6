//! Entity tags (RFC 9110 §8.8.3) and conditional headers.
//!
//! A tag contains the user's revision and a digest of the body, because renaming a group changes the body but not the
//! row. `If-None-Match` compares complete tags, `If-Match` only the revision.
//!
//! The digest tells bodies of one revision apart, not deliberate collisions, from which no caller gains anything. A
//! fast hash is enough. The hash may differ between releases of Rust, which costs a client one complete answer.

use std::{
    fmt::Write,
    hash::{DefaultHasher, Hasher},
};

use http::{HeaderMap, HeaderName, HeaderValue};
use userbook::Revision;
use uuid::Uuid;

/// The number of hexadecimal digits of a digest.
const DIGEST_DIGITS: usize = 16;

/// The entity tag of a body, without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntityTag(String);

impl EntityTag {
    pub(crate) fn new(revision: Revision, body: &[u8]) -> Self {
        Self::of_state(revision.0.simple().encode_lower(&mut Uuid::encode_buffer()), body)
    }

    /// Returns the tag of a state, a text of hexadecimal digits, and of a body.
    pub(crate) fn of_state(state: &str, body: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(body);
        let digest = hasher.finish();
        let mut tag = String::with_capacity(state.len() + 1 + DIGEST_DIGITS);
        // Writing to a string never fails.
        _ = write!(tag, "{state}.{digest:016x}");
        Self(tag)
    }

    /// Returns the header value. A tag contains only hexadecimal digits and a full stop, so the result is always
    /// `Some`.
    pub(crate) fn to_header(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(["\"", &self.0, "\""].concat()).ok()
    }
}

/// The tags in `If-Match` or `If-None-Match`. Malformed tags match nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tags {
    /// `*`: any tag.
    Any,
    /// These tags, each with whether it is weak.
    Listed(Vec<(bool, String)>),
}

impl Tags {
    /// Reads the tags of a header, if it was sent.
    pub(crate) fn read(headers: &HeaderMap, name: HeaderName) -> Option<Self> {
        header_list(headers, name).map(|list| Self::parse(&list))
    }

    fn parse(list: &str) -> Self {
        if list.trim() == "*" {
            return Self::Any;
        }
        let mut tags = Vec::new();
        let mut rest = list;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            let (weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
            // A tag may contain commas, so the list is read tag by tag, up to the first malformed one.
            let Some((tag, behind)) = quoted.strip_prefix('"').and_then(|tag| tag.split_once('"')) else {
                break;
            };
            tags.push((weak, tag.to_owned()));
            rest = behind;
        }
        Self::Listed(tags)
    }

    /// Returns whether a tag is listed, weak or not (the comparison of `If-None-Match`).
    pub(crate) fn match_weakly(&self, tag: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|(_, listed)| *listed == tag.0),
        }
    }

    /// Returns the revisions of the strong tags (the comparison of `If-Match`); `None` if every revision matches.
    pub(crate) fn revisions(&self) -> Option<Vec<Revision>> {
        let states = self.strong_states()?;
        Some(states.iter().filter_map(|state| revision_in(state)).collect())
    }

    /// Returns the states of the strong tags; `None` if every state matches.
    pub(crate) fn strong_states(&self) -> Option<Vec<String>> {
        let Self::Listed(tags) = self else { return None };
        let strong = tags.iter().filter(|(weak, _)| !weak);
        Some(strong.filter_map(|(_, tag)| Some(tag.split_once('.')?.0.to_owned())).collect())
    }
}

/// Returns the lines of a header as one list with commas (RFC 9110 §5.3), if the header was sent. A byte that is not
/// UTF-8 becomes U+FFFD, which no entity tag contains.
pub fn header_list(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let lines: Vec<_> =
        headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

fn revision_in(revision: &str) -> Option<Revision> {
    let id = Uuid::try_parse(revision).ok()?;
    // A tag contains the UUID in a single spelling.
    (revision == id.simple().to_string()).then_some(Revision(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190163d8694739b80fb25d1c0d4c4f1";

    fn revision() -> Revision {
        Revision(Uuid::try_parse(ID).unwrap())
    }

    #[test]
    fn tag_contains_revision_and_digest() {
        let tag = EntityTag::new(revision(), b"{}");
        let header = tag.to_header().unwrap();
        let (revision_part, digest) = header.to_str().unwrap().trim_matches('"').split_once('.').unwrap();
        assert_eq!((revision_part, digest.len()), (ID, DIGEST_DIGITS));
        assert!(digest.bytes().all(|digit| digit.is_ascii_hexdigit()), "{digest}");
        assert_eq!(tag, EntityTag::new(revision(), b"{}"));
        assert_ne!(tag, EntityTag::new(revision(), b"[]"));
        assert_ne!(tag, EntityTag::new(Revision(Uuid::nil()), b"{}"));
    }

    #[test]
    fn lists_are_read_tag_by_tag() {
        let listed = |tags: &[(bool, &str)]| {
            Tags::Listed(tags.iter().map(|(weak, tag)| (*weak, (*tag).to_owned())).collect())
        };
        for (list, expected) in [
            ("*", Tags::Any),
            (" * ", Tags::Any),
            ("", listed(&[])),
            ("\"\"", listed(&[(false, "")])),
            ("\"a\", W/\"b,c\" ,\t\"d\"", listed(&[(false, "a"), (true, "b,c"), (false, "d")])),
            (",,\"a\"", listed(&[(false, "a")])),
            ("*, \"a\"", listed(&[])),
            ("\"a\", b, \"c\"", listed(&[(false, "a")])),
            ("\"a", listed(&[])),
            ("w/\"a\"", listed(&[])),
        ] {
            assert_eq!(Tags::parse(list), expected, "{list}");
        }
    }

    #[test]
    fn if_match_accepts_only_strong_tags_of_this_api() {
        assert_eq!(Tags::Any.revisions(), None);
        for (list, matches) in [
            (format!("\"{ID}.0000000000000000\""), true),
            (format!("\"x\", \"{ID}.\""), true),
            (format!("W/\"{ID}.0\""), false),
            (format!("\"{ID}\""), false),
            (format!("\"{}.0\"", ID.to_uppercase()), false),
            (format!("\"{}.0\"", revision().0.hyphenated()), false),
            ("\"x.y\"".to_owned(), false),
            (String::new(), false),
        ] {
            let expected = if matches { vec![revision()] } else { vec![] };
            assert_eq!(Tags::parse(&list).revisions(), Some(expected), "{list}");
        }
    }

    #[test]
    fn if_none_match_compares_the_complete_tag() {
        let tag = EntityTag::new(revision(), b"{}");
        for (list, expected) in [
            ("*".to_owned(), true),
            (format!("\"x\", W/\"{}\"", tag.0), true),
            (format!("\"{ID}.0000000000000000\""), false),
            (String::new(), false),
        ] {
            assert_eq!(Tags::parse(&list).match_weakly(&tag), expected, "{list}");
        }
    }
}
