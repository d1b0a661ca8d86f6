//! Connections of the reference server to a database with TLS.

use crate::{
    binary::{Server, send},
    servers::certificates::Certificates,
};

/// How URLs of a database ask for TLS: a mode that checks the name, one that does not, and the file of issuers.
#[derive(Debug, Clone, Copy)]
pub struct Parameters {
    /// Checks issuer and name.
    pub identity: &'static str,
    /// Checks the issuer.
    pub issuer: &'static str,
    /// The parameter for the file.
    pub file: &'static str,
}

/// Starts the server on a database with TLS, with the right and with wrong certificates. `url`: the URL for a host
/// name, without a query.
pub fn certificates_decide(
    certificates: &Certificates,
    parameters: Parameters,
    url: impl Fn(&str) -> String,
) {
    let Parameters { identity, issuer, file } = parameters;
    let [ca, other] = ["ca.pem", "other.pem"].map(|name| format!("{file}={}", certificates.path(name)));
    for (host, mode, file) in [("localhost", identity, &ca), ("127.0.0.1", issuer, &ca)] {
        let url = format!("{}?{mode}&{file}", url(host));
        let patient = ["--health-timeout", "60", "--acquire-timeout", "60"];
        let server = Server::start(&[&["--database", &url], &patient[..]].concat());
        let ready = send(server.address, "GET", "/-/health/ready/", &[], None).expect("the server answers");
        assert_eq!(ready.status, 200, "{host} {mode}");
    }
    let missing = format!("{}=/no/ca.pem", parameters.file);
    for (host, mode, file, expected) in [
        ("localhost", identity, other.as_str(), "certificate"),
        ("localhost", issuer, other.as_str(), "certificate"),
        // The issuers of the system do not contain the test's.
        ("localhost", identity, "", "certificate"),
        ("127.0.0.1", identity, ca.as_str(), "certificate not valid for name"),
        ("localhost", identity, missing.as_str(), "cannot read the certificate or key /no/ca.pem"),
    ] {
        rejects(&format!("{}?{mode}&{file}", url(host)), expected);
    }
}

/// The server does not start, says why, and does not wait for the database.
pub fn rejects(url: &str, expected: &str) {
    let start = std::time::Instant::now();
    let error = Server::try_start(&["--database", url, "--start-timeout", "3600"]).err();
    let error = error.unwrap_or_else(|| panic!("the server starts at {url}"));
    assert!(error.contains(expected), "{url}: {error}");
    assert!(!error.contains("trying again"), "{url}: {error}");
    assert!(start.elapsed().as_secs() < 600, "{url}");
}
