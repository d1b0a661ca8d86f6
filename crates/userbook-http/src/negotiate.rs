//! Content negotiation.

use http::{HeaderMap, header::ACCEPT, request::Parts};

use crate::{
    Extension, ExtensionSet,
    error::{ApiError, ErrorFormat, Kind},
    media::{self, JSON, PROBLEM},
};

/// Returns the format of errors, and whether the client accepts a response of this API.
///
/// Clients that name problem details get them; a wildcard means JSON as recorded. The query parameter `format` selects
/// a format before `Accept`; there is only `json`.
pub(crate) fn negotiate(head: &Parts, extensions: ExtensionSet) -> (ErrorFormat, Result<(), ApiError>) {
    let (format, acceptable) = negotiate_headers(&head.headers, extensions);
    let query = head.uri.query().unwrap_or_default();
    let selected = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "format").last();
    match selected.as_ref().map(|(_, value)| &**value) {
        None | Some("" | "json") => (format, acceptable),
        Some(_) => (format, Err(ApiError::not_found())),
    }
}

/// Negotiates like [`negotiate`], by the headers only.
pub(crate) fn negotiate_headers(
    headers: &HeaderMap,
    extensions: ExtensionSet,
) -> (ErrorFormat, Result<(), ApiError>) {
    // Repeated headers form one list (RFC 9110 §5.3).
    let lines: Vec<_> =
        headers.get_all(ACCEPT).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let accept = (!lines.is_empty()).then(|| lines.join(","));
    if extensions.contains(Extension::ProblemDetails) && accept.as_deref().is_some_and(names_problem) {
        return (ErrorFormat::Problem, Ok(()));
    }
    let acceptable = if media::accepts(accept.as_deref(), JSON) {
        Ok(())
    } else {
        Err(ApiError::new(Kind::NotAcceptable, "Could not satisfy the request Accept header."))
    };
    (ErrorFormat::Recorded, acceptable)
}

fn names_problem(accept: &str) -> bool {
    let essence = |range: &str| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    accept.split(',').any(|range| essence(range) == PROBLEM)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(accept: &[&'static str], extensions: ExtensionSet) -> Option<ErrorFormat> {
        let mut headers = HeaderMap::new();
        for line in accept {
            headers.append(ACCEPT, line.parse().unwrap());
        }
        let (format, acceptable) = negotiate_headers(&headers, extensions);
        acceptable.ok().map(|()| format)
    }

    #[test]
    fn problem_details_must_be_named() {
        const RECORDED: Option<ErrorFormat> = Some(ErrorFormat::Recorded);
        const NAMED: Option<ErrorFormat> = Some(ErrorFormat::Problem);
        for (accept, hardened, recorded) in [
            (&[][..], RECORDED, RECORDED),
            (&["*/*"], RECORDED, RECORDED),
            (&["application/*"], RECORDED, RECORDED),
            (&["application/json, application/problem+json"], NAMED, RECORDED),
            (&["text/html", "Application/Problem+JSON; q=0.5"], NAMED, None),
            (&["text/html", "application/json"], RECORDED, RECORDED),
            (&["application/problem+json"], NAMED, None),
            (&["text/html"], None, None),
        ] {
            assert_eq!(format(accept, ExtensionSet::all()), hardened, "{accept:?}");
            assert_eq!(format(accept, ExtensionSet::none()), recorded, "{accept:?}");
        }
    }

    #[test]
    fn only_json_can_be_selected() {
        for (query, expected) in [
            ("/", None),
            ("/?format=", None),
            ("/?format=xml&format=json", None),
            ("/?format=xml", Some(404)),
            ("/?format=JSON", Some(404)),
        ] {
            let (head, ()) = http::Request::get(query).body(()).unwrap().into_parts();
            let error = negotiate(&head, ExtensionSet::all()).1.err();
            let status = error.map(|error| error.into_response(ErrorFormat::Recorded).status().as_u16());
            assert_eq!(status, expected, "{query}");
        }
    }
}
