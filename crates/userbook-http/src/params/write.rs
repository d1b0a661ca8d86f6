//! The query parameters of a writing request.

use userbook::service::Call;

use super::{INCLUDE_GROUPS, Params};
use crate::error::{ApiError, Kind};

use crate::{Extension, ExtensionSet};

/// Whether to write nothing.
pub(crate) const DRY_RUN: &str = "dry_run";

/// The query parameters of a writing request. The last value of a repeated parameter counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WriteParams {
    /// Whether the response contains the user's groups in addition to their ids.
    pub(crate) include_groups: bool,
    /// Whether the caller confirms self-lockout.
    allow_self_lockout: bool,
    dry_run: Option<String>,
}

impl WriteParams {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let params = Params::parse(query);
        Self {
            include_groups: params.includes(INCLUDE_GROUPS),
            allow_self_lockout: params.last("allow_self_lockout").is_some_and(is_true),
            dry_run: params.last(DRY_RUN).map(str::to_owned),
        }
    }

    /// Returns whether to write nothing.
    ///
    /// # Errors
    /// 400 for a value other than `true` and `false`, and for any value without [`Extension::DryRun`]: a request with
    /// this parameter never writes by mistake.
    pub(crate) fn dry_run(&self, extensions: ExtensionSet) -> Result<bool, ApiError> {
        let invalid = |detail| Err(ApiError::new(Kind::InvalidParameter, detail));
        match &self.dry_run {
            None => Ok(false),
            Some(_) if !extensions.contains(Extension::DryRun) => invalid("\"dry_run\" is not supported."),
            Some(value) if is_true(value) => Ok(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => invalid("\"dry_run\" must be \"true\" or \"false\"."),
        }
    }

    /// Applies the parameters that every call has.
    pub(crate) fn apply<'a, S, A, O>(
        &self,
        mut call: Call<'a, S, A, O>,
        request_id: Option<&str>,
    ) -> Call<'a, S, A, O> {
        if self.allow_self_lockout {
            call = call.allow_self_lockout();
        }
        with_request_id(call, request_id)
    }
}

/// Sets the request id of a call, which the event contains.
pub(crate) fn with_request_id<'a, S, A, O>(
    call: Call<'a, S, A, O>,
    request_id: Option<&str>,
) -> Call<'a, S, A, O> {
    match request_id {
        Some(id) => call.request_id(id),
        None => call,
    }
}

fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_included_by_default() {
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
            assert_eq!(WriteParams::parse(query).include_groups, expected, "{query:?}");
        }
    }

    #[test]
    fn dry_run_accepts_true_and_false_and_requires_the_extension() {
        let (hardened, recorded) = (ExtensionSet::all(), ExtensionSet::none());
        for (query, expected, without_extension) in [
            ("", Some(false), Some(false)),
            ("x=dry_run", Some(false), Some(false)),
            ("dry_run=true", Some(true), None),
            ("dry_run=False", Some(false), None),
            ("dry_run=1", None, None),
            ("dry_run=", None, None),
            ("dry_run", None, None),
        ] {
            let params = WriteParams::parse(Some(query));
            assert_eq!(params.dry_run(hardened).ok(), expected, "{query:?}");
            assert_eq!(params.dry_run(recorded).ok(), without_extension, "{query:?}");
        }
    }

    #[test]
    fn only_true_confirms_self_lockout() {
        for (query, expected) in
            [("", false), ("allow_self_lockout=1", false), ("allow_self_lockout=True", true)]
        {
            assert_eq!(WriteParams::parse(Some(query)).allow_self_lockout, expected, "{query}");
        }
    }
}
