//! Which tenant a request is for: `--tenants`.

use std::str::FromStr;

use axum::extract::Request;
use hyper::{
    HeaderMap, Uri,
    header::HOST,
    http::uri::{Authority, PathAndQuery},
};
use userbook_tenants::TenantName;

/// What names the tenant of a request.
///
/// ```
/// use userbook_server::TenantRouting;
///
/// assert_eq!("host:example.com".parse(), Ok(TenantRouting::Host("example.com".to_owned())));
/// assert_eq!("path".parse(), Ok(TenantRouting::Path(String::new())));
/// assert_eq!("path:/t".parse(), Ok(TenantRouting::Path("/t".to_owned())));
/// # Ok::<_, userbook_server::InvalidTenantRouting>(())
/// ```
///
/// Exhaustive: the server routes in each way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantRouting {
    /// `host:DOMAIN`: the label before this domain, as in `NAME.DOMAIN`.
    Host(String),
    /// `path` or `path:/PREFIX`: the first segment after this prefix, as in `/PREFIX/NAME/api/v3/…`.
    Path(String),
}

/// The text does not say what names the tenant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected host:DOMAIN, path, or path:/PREFIX")]
pub struct InvalidTenantRouting;

impl FromStr for TenantRouting {
    type Err = InvalidTenantRouting;

    fn from_str(text: &str) -> Result<Self, InvalidTenantRouting> {
        match text.split_once(':') {
            None if text == "path" => Ok(Self::Path(String::new())),
            Some(("path", prefix)) => {
                let is_segment = |segment: &str| {
                    !segment.is_empty()
                        && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
                };
                let is_valid = prefix.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment));
                if is_valid { Ok(Self::Path(prefix.to_owned())) } else { Err(InvalidTenantRouting) }
            }
            Some(("host", domain)) => {
                let domain = domain.to_ascii_lowercase();
                let is_label = |label: &str| {
                    !label.is_empty()
                        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                };
                if domain.split('.').all(is_label) {
                    Ok(Self::Host(domain))
                } else {
                    Err(InvalidTenantRouting)
                }
            }
            _ => Err(InvalidTenantRouting),
        }
    }
}

impl TenantRouting {
    /// Returns the tenant of a request, if the request names one.
    pub(crate) fn tenant_of(&self, uri: &Uri, headers: &HeaderMap) -> Option<TenantName> {
        match self {
            Self::Host(domain) => host(uri, headers)?.strip_suffix(domain)?.strip_suffix('.')?.parse().ok(),
            Self::Path(prefix) => Some(split_path(uri, prefix)?.0),
        }
    }

    /// Returns the tenant of a request, and makes the request the one that the tenant's own server would receive.
    /// `None` without a change if the request names no tenant.
    pub(super) fn resolve(&self, request: &mut Request) -> Option<TenantName> {
        let Self::Path(prefix) = self else { return self.tenant_of(request.uri(), request.headers()) };
        let (name, after) = split_path(request.uri(), prefix)?;
        let after = after.parse::<PathAndQuery>().ok()?;
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(after);
        *request.uri_mut() = Uri::from_parts(parts).ok()?;
        Some(name)
    }

    /// The path of the tenant's SCIM service, if it differs from the usual one.
    pub(super) fn scim_path(&self, name: &TenantName) -> Option<String> {
        match self {
            Self::Host(_) => None,
            Self::Path(prefix) => Some(format!("{prefix}/{name}/scim/v2")),
        }
    }
}

/// The host of a request, in lower case, without port and without the dot at the end of a complete name. A request with
/// a complete URL names the host there; a different `Host` header is ambiguous (RFC 9112 §3.2.2).
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let header = match headers.get(HOST) {
        Some(header) => Some(host_of(&header.to_str().ok()?.parse().ok()?)?),
        None => None,
    };
    let target = match uri.authority() {
        Some(authority) => Some(host_of(authority)?),
        None => None,
    };
    match (target, header) {
        (Some(target), Some(header)) if target != header => None,
        (target, header) => target.or(header),
    }
}

fn host_of(authority: &Authority) -> Option<String> {
    let (text, host) = (authority.as_str(), authority.host());
    // No user, and a port of digits only.
    let port = text.strip_prefix(host)?;
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_port {
        return None;
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    Some(host.to_ascii_lowercase())
}

/// The tenant in a path, and the rest of the target. Nothing is decoded: only the plain spelling names a tenant.
fn split_path<'u>(uri: &'u Uri, prefix: &str) -> Option<(TenantName, &'u str)> {
    let target = uri.path_and_query()?.as_str();
    let rest = target.strip_prefix(prefix)?.strip_prefix('/')?;
    let (name, _) = rest.split_once('/')?;
    Some((name.parse().ok()?, rest.strip_prefix(name)?))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(target: &str, host: Option<&str>) -> Request {
        let request = Request::builder().uri(target);
        let request = host.into_iter().fold(request, |request, host| request.header(HOST, host));
        request.body(Body::empty()).unwrap()
    }

    fn by_host(target: &str, host: Option<&str>) -> Option<String> {
        let routing = TenantRouting::Host("example.com".to_owned());
        routing.resolve(&mut request(target, host)).map(|name| name.to_string())
    }

    #[test]
    fn hosts_name_tenants() {
        for (host, expected) in [
            ("acme.example.com", Some("acme")),
            ("acme.example.com:9000", Some("acme")),
            ("acme.example.com:", Some("acme")),
            ("acme.example.com.", Some("acme")),
            ("ACME.Example.COM.:80", Some("acme")),
            ("acme.example.com..", None),
            ("acme.example.com:80:80", None),
            ("acme.example.com:x", None),
            ("example.com", None),
            (".example.com", None),
            ("acmeexample.com", None),
            ("a.acme.example.com", None),
            ("acme.example.com.evil.org", None),
            ("acme.example.com@globex.example.com", None),
            ("globex.example.com:1@acme.example.com", None),
            ("acme_.example.com", None),
            ("-acme.example.com", None),
            ("..example.com", None),
            ("%61cme.example.com", None),
            ("acme%2eexample.com", None),
            ("127.0.0.1", None),
            ("[::1]:80", None),
            ("", None),
        ] {
            assert_eq!(by_host("/api/v3/", Some(host)).as_deref(), expected, "{host}");
        }
        assert_eq!(by_host("/api/v3/", None), None);
    }

    #[test]
    fn complete_url_must_name_the_host_of_the_header() {
        let target = "http://acme.example.com:80/api/v3/";
        assert_eq!(by_host(target, None).as_deref(), Some("acme"));
        assert_eq!(by_host(target, Some("ACME.example.com")).as_deref(), Some("acme"));
        assert_eq!(by_host(target, Some("globex.example.com")), None);
    }

    #[test]
    fn paths_name_tenants() {
        for (prefix, target, expected) in [
            ("", "/acme/api/v3/?a=/b/", Some(("acme", "/api/v3/?a=/b/"))),
            ("", "/acme/", Some(("acme", "/"))),
            ("/t", "/t/acme/scim/v2/Users", Some(("acme", "/scim/v2/Users"))),
            ("", "/acme/../globex/api/v3/", Some(("acme", "/../globex/api/v3/"))),
            ("", "/acme//globex/", Some(("acme", "//globex/"))),
            ("", "/acme", None),
            ("", "/acme?/", None),
            ("", "/ACME/api/v3/", None),
            ("", "/%61cme/api/v3/", None),
            ("", "/acme%2fapi/v3/", None),
            ("", "//acme/api/v3/", None),
            ("", "/../acme/", None),
            ("", "/./acme/", None),
            ("", "/%2e%2e/acme/", None),
            ("", "/acme./api/v3/", None),
            ("", "/acme;x/api/v3/", None),
            ("", "/", None),
            ("/t", "/tacme/api/v3/", None),
            ("/t", "/acme/api/v3/", None),
        ] {
            let routing = TenantRouting::Path(prefix.to_owned());
            let mut request = request(target, Some("localhost"));
            let known = routing.tenant_of(request.uri(), request.headers());
            let resolved = routing.resolve(&mut request);
            assert_eq!(known, resolved, "{prefix} {target}");
            // A request without a tenant stays as it is.
            let (name, rest) = expected.map_or((None, target), |(name, rest)| (Some(name), rest));
            let resolved = (resolved.as_ref().map(TenantName::as_str), request.uri().to_string());
            assert_eq!(resolved, (name, rest.to_owned()), "{prefix} {target}");
        }
    }

    #[test]
    fn routings_are_read() {
        for (text, expected) in [
            ("host:Users.Example.com", Some(TenantRouting::Host("users.example.com".to_owned()))),
            ("host:localhost", Some(TenantRouting::Host("localhost".to_owned()))),
            ("path:/a/b-c", Some(TenantRouting::Path("/a/b-c".to_owned()))),
            ("host:", None),
            ("host:.com", None),
            ("host:a..b", None),
            ("path:", None),
            ("path:t", None),
            ("path:/", None),
            ("path:/..", None),
            ("header:X", None),
            ("", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
