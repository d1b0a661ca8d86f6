//! A request as bytes for a socket, and as a value for a function.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use userbook_tests::{corpus::case, replay::target};

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    /// Ordered; names may repeat.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl From<&case::Request> for Sent {
    fn from(recorded: &case::Request) -> Self {
        let headers = recorded.headers.iter();
        Self {
            method: recorded.method.clone(),
            target: target(recorded).into_bytes(),
            headers: headers.map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect(),
            body: recorded.bytes(),
        }
    }
}

impl Sent {
    /// Returns all header lines on the wire: one connection per request, bodies with their length.
    fn lines(&self) -> Vec<(&str, Vec<u8>)> {
        let mut lines = vec![("host", b"localhost".to_vec()), ("connection", b"close".to_vec())];
        lines.extend(self.headers.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let has_length =
            self.headers.iter().any(|(name, _)| name == "content-length" || name == "transfer-encoding");
        if !has_length && (!self.body.is_empty() || ["PUT", "PATCH", "POST"].contains(&self.method.as_str()))
        {
            lines.push(("content-length", self.body.len().to_string().into_bytes()));
        }
        lines
    }

    /// Returns the request with another body, for comparisons of the head.
    pub(crate) fn with_body<B>(&self, body: B) -> Request<B> {
        let mut request = Request::builder().method(self.method.as_bytes());
        for (name, value) in self.lines() {
            request = request.header(name, value);
        }
        request.uri(Uri::try_from(self.target.as_slice()).expect("a target")).body(body).expect("a request")
    }

    /// Returns the request as a value.
    pub(crate) fn request(&self) -> Request<Full<Bytes>> {
        self.with_body(Full::from(self.body.clone()))
    }

    /// Sends the request and returns all received bytes.
    pub(crate) fn exchange(&self, address: SocketAddr, ending: Ending) -> Vec<u8> {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let mut bytes = [self.method.as_bytes(), b" ", &self.target, b" HTTP/1.1\r\n"].concat();
        for (name, value) in self.lines() {
            bytes.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        // A server may respond and close before it has received everything.
        let _ = stream.write_all(&bytes);
        if ending == Ending::BreaksOff {
            stream.shutdown(Shutdown::Write).unwrap();
        }
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        loop {
            match stream.read(&mut piece) {
                Ok(0) => return answer,
                Ok(length) => answer.extend(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return answer,
                Err(error) => panic!("{ending:?} {}: {error}", answer.escape_ascii()),
            }
            if ending == Ending::NeverEnds && is_whole(&answer) {
                return answer;
            }
        }
    }
}

/// Returns whether a response has as many bytes as its length states.
fn is_whole(answer: &[u8]) -> bool {
    let length = || {
        let (head, body) = std::str::from_utf8(answer).ok()?.split_once("\r\n\r\n")?;
        let (_, length) = head.split_once("content-length: ")?;
        Some(body.len() == length.split("\r\n").next()?.parse::<usize>().ok()?)
    };
    length() == Some(true)
}

/// The client's behaviour after the last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Waits until the server responds and closes the connection.
    Waits,
    /// Keeps sending while the response arrives.
    NeverEnds,
    /// Closes the sending half of the connection.
    BreaksOff,
}
