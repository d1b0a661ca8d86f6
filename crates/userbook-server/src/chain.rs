//! The text of an error with its causes.

use std::error::Error;

/// Formats the error and its causes in one line. Some libraries repeat a cause in their own text.
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Caused {
        text: &'static str,
        source: io::Error,
    }

    #[test]
    fn causes_follow_once() {
        for (text, expected) in
            [("cannot open", "cannot open: disk full"), ("cannot open: disk full", "cannot open: disk full")]
        {
            let error = Caused { text, source: io::Error::other("disk full") };
            assert_eq!(error_chain(&error), expected);
        }
    }
}
