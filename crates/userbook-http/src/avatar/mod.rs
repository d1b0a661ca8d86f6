//! Avatars of users: authentik's `avatars` setting, without network access.
//!
//! The setting is a comma-separated chain of modes. The first mode with a result for the user applies; the fallback is
//! the image of [`NONE`].
//!
//! | mode | result |
//! | --- | --- |
//! | `none` | a fixed grey image |
//! | `initials` | the user's initials on an individual colour, as SVG |
//! | `attributes.<dotted path>` | the text at this path of the user's attributes, if it is an `https:` or `data:image/` URL |
//! | a text with `://` | this URL, with the placeholders of [`AvatarModeError::Placeholder`] |
//!
//! authentik checks whether a URL exists and otherwise continues with the next mode; here a URL always applies.

mod initials;
mod svg;
mod template;

use std::{borrow::Cow, fmt, str::FromStr};

use md5::{Digest, Md5};
use serde_json::{Map, Value};

use self::template::Template;

/// authentik's path of the default image.
const NONE: &str = "/static/dist/assets/images/user_default.png";

/// A chain of avatar modes, parsed once.
///
/// ```
/// use userbook_http::{AvatarSubject, Avatars};
///
/// let avatars: Avatars = "attributes.picture,https://img.example/%(mail_hash)s.png".parse()?;
/// let attributes = serde_json::Map::new();
/// let alice = AvatarSubject { username: "alice", name: "", email: "alice@example.com", attributes: &attributes };
/// assert_eq!(avatars.avatar(&alice), "https://img.example/c160f8cc69a4f0bf2b0362752353d060.png");
/// # Ok::<(), userbook_http::AvatarModeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatars(Vec<Mode>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Mode {
    None,
    Initials,
    Attribute(String),
    Url(Template),
}

/// The values of a user from which an avatar is made.
#[derive(Debug, Clone, Copy)]
pub struct AvatarSubject<'a> {
    /// Login name.
    pub username: &'a str,
    /// Display name, possibly empty.
    pub name: &'a str,
    /// E-mail address, possibly empty.
    pub email: &'a str,
    /// Free attributes.
    pub attributes: &'a Map<String, Value>,
}

/// The text is not a valid chain of avatar modes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AvatarModeError {
    /// Unknown mode.
    #[error("unknown avatar mode {0:?}")]
    Unknown(String),
    /// The mode would need an external server.
    #[error("avatar mode \"gravatar\" needs the network, use a url template instead")]
    NeedsNetwork,
    /// An unknown placeholder. A URL may contain `%(username)s`, `%(mail_hash)s` (the MD5 of the lower-case e-mail
    /// address), `%(upn)s` (the attribute of this name) and `%%`, a percent sign.
    #[error("unknown placeholder in avatar url {0:?}")]
    Placeholder(String),
}

impl Avatars {
    /// Returns the avatar of a user: a URL, a path, or a `data:` URI.
    pub fn avatar(&self, subject: &AvatarSubject<'_>) -> String {
        self.0.iter().find_map(|mode| mode.avatar(subject)).unwrap_or(Cow::Borrowed(NONE)).into_owned()
    }
}

impl Mode {
    fn avatar<'a>(&self, subject: &AvatarSubject<'a>) -> Option<Cow<'a, str>> {
        match self {
            Self::None => Some(Cow::Borrowed(NONE)),
            Self::Initials => Some(Cow::Owned(initials::draw(subject.name, subject.username))),
            Self::Attribute(path) => attribute(subject.attributes, path).map(Cow::Borrowed),
            Self::Url(template) => Some(Cow::Owned(template.fill(subject))),
        }
    }
}

/// Returns the text at a dotted path if it is the URL of an image: `https:` or `data:image/`. Users may write their own
/// attributes, so no other scheme reaches the page of another user.
fn attribute<'a>(attributes: &'a Map<String, Value>, path: &str) -> Option<&'a str> {
    let mut keys = path.split('.');
    let top = attributes.get(keys.next()?)?;
    keys.try_fold(top, |value, key| value.get(key))?.as_str().filter(|text| is_image(text))
}

fn is_image(url: &str) -> bool {
    ["https://", "data:image/"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

fn md5(text: &str) -> u128 {
    u128::from_be_bytes(Md5::digest(text).into())
}

impl Default for Avatars {
    fn default() -> Self {
        Self(vec![Mode::Initials])
    }
}

impl FromStr for Avatars {
    type Err = AvatarModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Mode {
    type Err = AvatarModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "initials" => Ok(Self::Initials),
            "gravatar" => Err(AvatarModeError::NeedsNetwork),
            _ => match text.strip_prefix("attributes.") {
                Some(path) if !path.is_empty() => Ok(Self::Attribute(path.to_owned())),
                None if text.contains("://") => Template::parse(text).map(Self::Url),
                _ => Err(AvatarModeError::Unknown(text.to_owned())),
            },
        }
    }
}

impl fmt::Display for Avatars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, mode) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            match mode {
                Mode::None => f.write_str("none")?,
                Mode::Initials => f.write_str("initials")?,
                Mode::Attribute(path) => write!(f, "attributes.{path}")?,
                Mode::Url(template) => template.fmt(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
