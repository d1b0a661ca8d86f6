//! The parameters in a query string.

use std::borrow::Cow;

use userbook::{Extension, Policy};

use crate::refusal::{ApiError, Kind};

/// What the query string asks for. Of a parameter that comes twice the last value counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query<'a> {
    /// Whether the answer shows the user's groups and not only their ids.
    pub(crate) include_groups: bool,
    /// Whether the caller means to lock themselves out.
    pub(crate) allow_self_lockout: bool,
    dry_run: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    pub(crate) fn parse(query: Option<&'a str>) -> Self {
        let mut parsed = Self { include_groups: true, allow_self_lockout: false, dry_run: None };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "include_groups" => parsed.include_groups = is_true(&value),
                "allow_self_lockout" => parsed.allow_self_lockout = is_true(&value),
                "dry_run" => parsed.dry_run = Some(value),
                _ => {}
            }
        }
        parsed
    }

    /// Whether nothing shall be written.
    ///
    /// # Errors
    /// What is neither `true` nor `false` is refused: who writes `dry_run=1` must not be written for.
    pub(crate) fn dry_run(&self, policy: &Policy) -> Result<bool, ApiError> {
        match &self.dry_run {
            Some(value) if policy.understands(Extension::DryRun) => match is_true(value) {
                false if !value.eq_ignore_ascii_case("false") => {
                    Err(ApiError::new(Kind::InvalidParameter, "\"dry_run\" must be \"true\" or \"false\"."))
                }
                dry_run => Ok(dry_run),
            },
            _ => Ok(false),
        }
    }
}

fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_included_unless_something_else_is_said() {
        for (query, expected) in [
            (None, true),
            (Some(""), true),
            (Some("x=false"), true),
            (Some("include_groups=true"), true),
            (Some("include_groups=TrUe"), true),
            (Some("include_groups=%74rue"), true),
            (Some("include_groups=false&include_groups=true"), true),
            (Some("include_groups=true&include_groups=false"), false),
            (Some("include_groups"), false),
            (Some("include_groups=1"), false),
            (Some("include_groups=+true"), false),
        ] {
            assert_eq!(Query::parse(query).include_groups, expected, "{query:?}");
        }
    }

    #[test]
    fn a_dry_run_is_asked_for_in_clear_words() {
        let (hardened, recorded) = (Policy::hardened(), Policy::authentik_2025_2());
        for (query, expected) in [
            ("", Some(false)),
            ("dry_run=true", Some(true)),
            ("dry_run=False", Some(false)),
            ("dry_run=1", None),
            ("dry_run", None),
        ] {
            let query = Query::parse(Some(query));
            assert_eq!(query.dry_run(&hardened).ok(), expected, "{query:?}");
            assert_eq!(query.dry_run(&recorded).ok(), Some(false), "{query:?}");
        }
    }

    #[test]
    fn locking_oneself_out_is_asked_for_explicitly() {
        for (query, expected) in
            [("", false), ("allow_self_lockout=1", false), ("allow_self_lockout=True", true)]
        {
            assert_eq!(Query::parse(Some(query)).allow_self_lockout, expected, "{query}");
        }
    }
}
