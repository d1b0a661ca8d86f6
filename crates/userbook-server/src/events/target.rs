//! Where events go: `--events`.

use std::{fmt, path::PathBuf, str::FromStr};

/// A destination of events.
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
