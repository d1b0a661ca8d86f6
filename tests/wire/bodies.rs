//! Request bodies: size, depth, and bodies that never arrive.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::{Body, Frame};
use serde_json::{Value, json};
use userbook::Policy;
use userbook_http::DEFAULT_BODY_LIMIT;
use userbook_tests::fixture::{
    ANN, Kind, ROOT, UNPRIVILEGED, api, path, raw_request, request, row, send, store,
};

on_every_store!(
    bodies_above_the_limit_return_413,
    bodies_with_a_length_above_the_limit_are_not_polled,
    incomplete_bodies_return_400,
    attributes_of_256_levels_are_accepted,
    bodies_of_methods_without_body_are_not_polled,
);

/// A body of equal chunks that counts the polled chunks, and optionally ends with a failure.
struct Chunks {
    left: usize,
    fails: bool,
    taken: Arc<AtomicUsize>,
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.left == 0 {
            let failure = std::io::Error::other("connection reset");
            return Poll::Ready(std::mem::take(&mut self.fails).then_some(Err(failure)));
        }
        self.left -= 1;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 1024])))))
    }
}

fn chunks(left: usize, fails: bool) -> (Chunks, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    (Chunks { left, fails, taken: Arc::clone(&taken) }, taken)
}

fn patch<B>(length: Option<&str>, body: B) -> Request<B> {
    let mut request = Request::patch(path(ANN)).header("authorization", "Bearer 1");
    if let Some(length) = length {
        request = request.header("content-length", length);
    }
    request.header("content-type", "application/json").body(body).unwrap()
}

async fn bodies_above_the_limit_return_413(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::authentik_2025_2());
    let blank = |length| vec![b' '; length];
    let fits = send(&api, raw_request(ROOT, "PATCH 2", &[], blank(DEFAULT_BODY_LIMIT))).await;
    assert!(fits.json["detail"].as_str().unwrap().starts_with("JSON parse error"));
    let large = send(&api, raw_request(ROOT, "PATCH 2", &[], blank(DEFAULT_BODY_LIMIT + 1))).await;
    assert_eq!((large.status.as_u16(), large.header("content-type")), (413, Some("application/json")));
    assert!(large.json["detail"].is_string());
    let small = api.clone().with_body_limit(1);
    assert_eq!(send(&small, request(ROOT, "PATCH 2", &[], &json!({}))).await.status, 413);
    // Without a length, the body is read up to the limit.
    let (body, taken) = chunks(100, false);
    let answer = api.with_body_limit(10 * 1024).handle(patch(None, body)).await;
    assert_eq!((answer.status(), taken.load(Ordering::Relaxed)), (StatusCode::PAYLOAD_TOO_LARGE, 11));
}

async fn bodies_with_a_length_above_the_limit_are_not_polled(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for length in ["4194305", "18446744073709551615"] {
        let (body, taken) = chunks(1, false);
        let answer = api.handle(patch(Some(length), body)).await;
        assert_eq!((answer.status(), taken.load(Ordering::Relaxed)), (StatusCode::PAYLOAD_TOO_LARGE, 0));
    }
}

async fn incomplete_bodies_return_400(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let answer = api.handle(patch(None, chunks(1, true).0)).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(!String::from_utf8_lossy(answer.body()).contains("dead"));
}

async fn attributes_of_256_levels_are_accepted(kind: Kind) {
    let store = store(kind).await;
    for policy in [Policy::hardened(), Policy::authentik_2025_2()] {
        let api = api(&store, policy);
        // The object around the attributes counts as one more level, so that a shown user can be sent again.
        let deep = |levels: usize| {
            let inner = format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
            format!("{{\"attributes\":{inner}}}").into_bytes()
        };
        let answer = send(&api, raw_request(ROOT, "PATCH 2", &[], deep(256))).await;
        assert_eq!(answer.status, 200);
        let get = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await;
        assert_eq!(get.json["attributes"], row(&store, ANN).await.attributes);
        for levels in [257, 300, 5000, 100_000] {
            let answer = send(&api, raw_request(ROOT, "PATCH 2", &[], deep(levels))).await;
            assert_eq!(answer.status, 400, "{levels}");
            assert!(answer.json["detail"].as_str().unwrap().starts_with("JSON parse error"));
        }
        assert_eq!(get.json["attributes"], row(&store, ANN).await.attributes);
    }
}

async fn bodies_of_methods_without_body_are_not_polled(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for method in ["GET", "HEAD", "OPTIONS", "DELETE"] {
        let (body, taken) = chunks(1, true);
        let mut request = patch(Some("99999999999"), body);
        *request.method_mut() = method.parse().unwrap();
        let answer = api.handle(request).await;
        let expected = if method == "DELETE" { 405 } else { 200 };
        assert_eq!((answer.status().as_u16(), taken.load(Ordering::Relaxed)), (expected, 0), "{method}");
    }
    // A broken body of a caller without access is not parsed.
    let answer = send(&api, raw_request(UNPRIVILEGED, "PATCH 2", &[], b"{".to_vec())).await;
    assert_eq!(answer.status, 403);
}
