//! Requests parsed from bytes, in a readable form that mutates well:
//!
//! ```text
//! PATCH /api/v3/core/users/2/?dry_run=true
//! authorization: Bearer helper
//! content-type: application/json
//!
//! {"name": "x"}
//! ```

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;

/// Separates two requests.
pub const SEPARATOR: &[u8] = b"\n%%\n";

/// The maximum number of requests of an input; further requests are ignored.
pub const MOST: usize = 6;

/// A request that HTTP can express.
#[derive(Debug, Clone)]
pub struct Message {
    /// The method.
    pub method: Method,
    /// The target.
    pub uri: Uri,
    /// The headers, in order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Bytes,
}

/// Returns the requests in an input.
pub fn messages(mut input: &[u8]) -> Vec<Message> {
    let mut found = Vec::new();
    while !input.is_empty() && found.len() < MOST {
        let (message, rest) = split(input, SEPARATOR);
        found.extend(Message::parse(message));
        input = rest;
    }
    found
}

impl Message {
    /// Parses a request. Skips invalid header lines; returns `None` for an invalid first line.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (head, body) = split(text, b"\n\n");
        let mut lines = head.split(|byte| *byte == b'\n');
        let (method, target) = split(lines.next()?, b" ");
        let headers = lines.filter_map(|line| {
            let (name, value) = split(line, b":");
            let value = value.strip_prefix(b" ").unwrap_or(value);
            Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
        });
        Some(Self {
            method: Method::from_bytes(method).ok()?,
            uri: Uri::try_from(target).ok()?,
            headers: headers.collect(),
            body: Bytes::copy_from_slice(body),
        })
    }

    /// Returns the request.
    pub fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        for (name, value) in &self.headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        request
    }
}

fn split<'a>(text: &'a [u8], at: &[u8]) -> (&'a [u8], &'a [u8]) {
    match text.windows(at.len()).position(|window| window == at) {
        Some(n) => (&text[..n], &text[n + at.len()..]),
        None => (text, &[]),
    }
}
