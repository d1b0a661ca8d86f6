//! A server for two tenants, its commands and requests to it.

use std::{io::Write, net::TcpStream, process::Command, time::Duration};

use serde_json::Value;
use userbook_tests::binary::{Answer, Server, command, receive};

pub(super) const USERS: &str = "/api/v3/core/users/";

/// An empty folder for tenants of SQLite, with its URL.
pub(super) fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("tenants").display());
    (folder, url)
}

/// Tenants `acme` and `globex` on a database, and a server for them.
pub(super) struct Site {
    pub server: Server,
    pub url: String,
    pub routing: &'static str,
    /// The administrators' tokens.
    pub acme: String,
    pub globex: String,
}

/// Runs a command and returns its standard output as JSON.
pub(super) fn done(url: &str, arguments: &[&str]) -> Value {
    let output = command().args(arguments).args(["--database", url, "--json"]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that fails, and returns its standard error.
pub(super) fn refused(url: &str, arguments: &[&str]) -> String {
    refused_by(command(), url, arguments)
}

pub(super) fn refused_by(mut command: Command, url: &str, arguments: &[&str]) -> String {
    let output = command.args(arguments).args(["--database", url]).output().unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Sends a request with this `Host`.
pub(super) fn raw(server: &Server, line: &str, hosts: &[&str], token: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut head = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
    for host in hosts {
        head.extend(["host: ", host, "\r\n"]);
    }
    let length = body.len();
    let rest = format!(
        "authorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all((head + &rest).as_bytes()).unwrap();
    receive(&mut stream).unwrap()
}

impl Site {
    pub(super) fn new(url: String, routing: &'static str, more: &[&str]) -> Self {
        let token =
            |tenant: &str| done(&url, &["tenant", "create", tenant])["token"].as_str().unwrap().to_owned();
        let (acme, globex) = (token("acme"), token("globex"));
        let mut arguments = vec!["--database", url.as_str(), "--tenants", routing, "--acquire-timeout", "60"];
        arguments.extend(more);
        let server = Server::start(&arguments);
        Self { server, url, routing, acme, globex }
    }

    /// Sends a request to a tenant as the routing needs.
    pub(super) fn ask(&self, tenant: &str, token: &str, method: &str, target: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if self.routing.starts_with("host:") {
            let host = format!("{tenant}.example.com");
            raw(&self.server, &format!("{method} {target}"), &[&host], token, &body)
        } else {
            raw(&self.server, &format!("{method} /{tenant}{target}"), &["localhost"], token, &body)
        }
    }

    pub(super) fn status(&self, tenant: &str, token: &str, target: &str) -> u16 {
        self.ask(tenant, token, "GET", target, &Value::Null).status
    }
}

pub(super) fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}
