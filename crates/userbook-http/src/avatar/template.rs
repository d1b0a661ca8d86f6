//! URLs with placeholders for values of the user.
//!
//! authentik inserts usernames unchanged. Here they are percent-encoded except for the unreserved characters of RFC
//! 3986, so that a username can add neither path segments nor query parameters.

use std::fmt::{self, Write};

use serde_json::Value;

use super::{AvatarModeError, AvatarSubject, md5};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Username,
    MailHash,
    Upn,
}

impl Piece {
    /// The placeholders.
    const PLACES: [Self; 3] = [Self::Username, Self::MailHash, Self::Upn];

    /// The placeholder as written in a template, except for percent signs in text.
    fn source(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Username => "%(username)s",
            Self::MailHash => "%(mail_hash)s",
            Self::Upn => "%(upn)s",
        }
    }
}

impl Template {
    pub(super) fn parse(source: &str) -> Result<Self, AvatarModeError> {
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some((text, place)) = rest.find('%').and_then(|at| rest.split_at_checked(at)) {
            pieces.push(Piece::Text(text.to_owned()));
            let (piece, after) = match place.strip_prefix("%%") {
                Some(after) => (Piece::Text("%".to_owned()), after),
                None => Piece::PLACES
                    .into_iter()
                    .find_map(|piece| place.strip_prefix(piece.source()).map(|after| (piece, after)))
                    .ok_or_else(|| AvatarModeError::Placeholder(source.to_owned()))?,
            };
            pieces.push(piece);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    pub(super) fn fill(&self, subject: &AvatarSubject<'_>) -> String {
        let mut url = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => url.push_str(text),
                Piece::Username => push_encoded(&mut url, subject.username),
                Piece::MailHash => push_hex(&mut url, md5(&subject.email.to_lowercase())),
                Piece::Upn => {
                    push_encoded(
                        &mut url,
                        subject.attributes.get("upn").and_then(Value::as_str).unwrap_or(""),
                    );
                }
            }
        }
        url
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(&text.replace('%', "%%")),
            place => f.write_str(place.source()),
        })
    }
}

fn push_encoded(url: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
            // Writing to a string never fails.
            _ => _ = write!(url, "%{byte:02X}"),
        }
    }
}

fn push_hex(url: &mut String, number: u128) {
    _ = write!(url, "{number:032x}");
}
