//! Bodies that are too large, and bodies that never arrive.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use http_body_util::Full;
use userbook::Policy;
use userbook_http::{DEFAULT_BODY_LIMIT, Endpoint};
use userbook_tests::corpus::Case;

use crate::{
    answer::Answer,
    hosts::{Hosts, WAYS},
    request::{Ending, Sent},
    switch::{Api, api, left},
    variants::{case, sent},
};

const JSON: (&str, &[u8]) = ("content-type", b"application/json");
const CHUNKED: (&str, &[u8]) = ("transfer-encoding", b"chunked");

/// A body of one piece, followed by a connection error.
struct Broken(Option<Bytes>);

impl Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let piece = self.0.take().map(Frame::data);
        Poll::Ready(Some(piece.ok_or_else(|| std::io::Error::other("connection reset"))))
    }
}

/// Puts a fresh directory behind the endpoint of the hosts.
fn fresh(hosts: &Hosts, case: &Case) -> Api {
    let api = hosts.runtime.block_on(api(case, &Policy::hardened()));
    hosts.switch.set(api.clone());
    api
}

/// Checks that every server answers `sent` as the bare endpoint answers `like`, with the same state afterwards.
/// Returns the response.
pub(crate) fn answered_as<B>(
    hosts: &Hosts,
    case: &Case,
    sent: &Sent,
    ending: Ending,
    like: Request<B>,
) -> Answer
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
{
    let api = fresh(hosts, case);
    let expected =
        hosts.runtime.block_on(async { Answer::from_response(api.respond(like).await.map(Full::new)).await });
    let expected_left = hosts.runtime.block_on(left(case, &api));
    for way in WAYS {
        let api = fresh(hosts, case);
        let Some(address) = hosts.address(way) else { continue };
        let bytes = sent.exchange(address, ending);
        let answer = Answer::from_wire(&bytes).unwrap_or_else(|| panic!("{way:?}: {}", bytes.escape_ascii()));
        assert_eq!(answer.framed(&expected, way), Ok(expected.clone()), "{way:?}");
        assert_eq!(hosts.runtime.block_on(left(case, &api)), expected_left, "{way:?}");
    }
    expected
}

/// The client sends nothing of the body and waits: the server must not wait for the body.
#[test]
fn body_with_a_length_above_the_limit_is_rejected_immediately() {
    let (hosts, case) = (Hosts::start(), case());
    let length = (DEFAULT_BODY_LIMIT + 1).to_string();
    let sent = sent(&case, "PATCH", b"U", &[JSON, ("content-length", length.as_bytes())], b"");
    let answer = answered_as(&hosts, &case, &sent, Ending::Waits, sent.request());
    assert_eq!(answer.status(), 413);
}

/// The body is endless; the response comes when the limit is exceeded.
#[test]
fn endless_body_is_rejected_at_the_limit() {
    let (hosts, case) = (Hosts::start(), case());
    let body = vec![b' '; DEFAULT_BODY_LIMIT + 1];
    let first_chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n"].concat();
    let endless = sent(&case, "PATCH", b"U", &[JSON, CHUNKED], &first_chunk);
    let like = sent(&case, "PATCH", b"U", &[JSON], b"").with_body(Full::<Bytes>::from(body));
    let answer = answered_as(&hosts, &case, &endless, Ending::NeverEnds, like);
    assert_eq!(answer.status(), 413);
}

#[test]
fn incomplete_body_is_rejected() {
    let (hosts, case) = (Hosts::start(), case());
    let piece = b"{\"name\": \"new\"}";
    let like = || sent(&case, "PATCH", b"U", &[JSON], b"").with_body(Broken(Some(Bytes::from_static(piece))));
    for (length, body) in [
        (("content-length", b"100".as_slice()), piece.as_slice()),
        (CHUNKED, b"f\r\n{\"name\": \"new\"}\r\n"),
        (CHUNKED, b"ff\r\n{\"name\": \"new\"}"),
    ] {
        let sent = sent(&case, "PATCH", b"U", &[JSON, length], body);
        let answer = answered_as(&hosts, &case, &sent, Ending::BreaksOff, like());
        assert_eq!(answer.status(), 400);
    }
}
