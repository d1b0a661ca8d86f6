//! The compared parts of a response.

use std::collections::BTreeMap;

use http::{HeaderMap, Response};
use http_body::Body;
use http_body_util::BodyExt;

use crate::hosts::Way;

/// A response without the headers that describe a server or a connection:
///
/// - `date` and `connection`, which servers add;
/// - `content-length`, unless the endpoint sends it itself (for HEAD). [`Answer::framed`] checks that the value is the
///   length of the body. A chunked response would differ by its `transfer-encoding` header, which is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    status: u16,
    headers: BTreeMap<String, Vec<Vec<u8>>>,
    body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        write!(f, "{}", self.status)?;
        for (name, values) in &self.headers {
            write!(f, " {name}={:?}", values.iter().map(|value| text(value)).collect::<Vec<_>>())?;
        }
        write!(f, " {}", text(&self.body))
    }
}

impl Answer {
    /// Reads the response of a function.
    pub(crate) async fn from_response<B: Body<Error: std::fmt::Debug>>(response: Response<B>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Self::new(head.status.as_u16(), &head.headers, body)
    }

    fn new(status: u16, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let mut lines: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for (name, value) in headers {
            lines.entry(name.to_string()).or_default().push(value.as_bytes().to_vec());
        }
        Self { status, headers: lines, body }
    }

    /// Reads a response from bytes; `None` if it is incomplete.
    pub(crate) fn from_wire(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let (head, body) = bytes.split_at(end);
        let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let status = std::str::from_utf8(lines.next()?.split(|byte| *byte == b' ').nth(1)?).ok()?;
        let mut headers: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for line in lines {
            let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
            let name = String::from_utf8(name.to_ascii_lowercase()).ok()?;
            headers.entry(name).or_default().push(value.get(1..)?.trim_ascii().to_vec());
        }
        Some(Self { status: status.parse().ok()?, headers, body: body.get(4..)?.to_vec() })
    }

    /// Removes the headers that a server added to the response of the `bare` endpoint. Fails for a wrong length.
    pub(crate) fn framed(mut self, bare: &Self, way: Way) -> Result<Self, String> {
        self.headers.remove("date");
        self.headers.remove("connection");
        if !bare.headers.contains_key("content-length") {
            let declared = self.headers.remove("content-length");
            // RFC 9110 §8.6: 304 and 204 have no length.
            let right =
                (![204, 304].contains(&self.status)).then(|| vec![self.body.len().to_string().into_bytes()]);
            // Without a socket, no server has added the length.
            if declared != right && !(way == Way::AxumCalled && declared.is_none()) {
                return Err(format!("its length is {declared:?} instead of {right:?}"));
            }
        }
        Ok(self)
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name)?.first().map(Vec::as_slice)
    }
}
