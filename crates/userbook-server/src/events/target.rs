//! Where events go: `--events`.

use std::{fmt, path::PathBuf, str::FromStr};

use hyper::Uri;
use sha2::{Digest, Sha256};

use super::coordination::Destination;

/// A destination of events.
///
/// Exhaustive: the server delivers to each kind of destination.
#[derive(Clone, PartialEq, Eq)]
pub enum EventTarget {
    /// Standard output, one JSON object per line.
    Stdout,
    /// A file, one JSON object per line, with rotation.
    File(PathBuf),
    /// A signed HTTP request for each event.
    Webhook(String),
}

/// The text is no destination. The message does not repeat the text, which may contain a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected stdout, file:PATH, http://… or https://…")]
pub struct UnknownEventTarget;

impl EventTarget {
    /// Returns how the database and people refer to the destination. Only the host of a URL is shown, because the rest
    /// may contain a password.
    pub(crate) fn destination(&self) -> Destination {
        let (text, name) = match self {
            Self::Stdout => ("stdout".to_owned(), "stdout".to_owned()),
            Self::File(path) => (format!("file:{}", path.display()), format!("file:{}", path.display())),
            Self::Webhook(url) => {
                let uri: Uri = url.parse().unwrap_or_default();
                (url.clone(), format!("webhook at {}", uri.host().unwrap_or_default()))
            }
        };
        let digest = Sha256::digest(&text);
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Destination { key: format!("{number:016x}"), name }
    }
}

impl FromStr for EventTarget {
    type Err = UnknownEventTarget;

    fn from_str(text: &str) -> Result<Self, UnknownEventTarget> {
        match text.split_once(':') {
            None if text == "stdout" => Ok(Self::Stdout),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("http" | "https", rest)) if rest.len() > 2 => Ok(Self::Webhook(text.to_owned())),
            _ => Err(UnknownEventTarget),
        }
    }
}

impl fmt::Debug for EventTarget {
    /// Shows no URL, which may contain a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("Stdout"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Webhook(_) => f.write_str("Webhook(..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_differ_and_show_no_secret() {
        let names = ["stdout", "file:/e", "https://user:pass@h.example:8/x?token=1", "https://h.example/y"]
            .map(|text| {
                let destination = text.parse::<EventTarget>().unwrap().destination();
                assert_eq!(destination.key.len(), 16);
                destination
            });
        let shown: Vec<_> = names.iter().map(|destination| destination.name.as_str()).collect();
        assert_eq!(shown, ["stdout", "file:/e", "webhook at h.example", "webhook at h.example"]);
        assert_ne!(names[2].key, names[3].key);
    }

    #[test]
    fn targets_are_read() {
        for (text, expected) in [
            ("stdout", Some(EventTarget::Stdout)),
            ("file:/var/log/e.jsonl", Some(EventTarget::File("/var/log/e.jsonl".into()))),
            ("https://h/x", Some(EventTarget::Webhook("https://h/x".into()))),
            ("file:", None),
            ("https:", None),
            ("ftp://h", None),
            ("stderr", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
