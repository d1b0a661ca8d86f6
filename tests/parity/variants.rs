//! Requests beyond the corpus: methods, unusual bytes in bodies and header values, repeated headers, escapes in paths,
//! queries, conditions.

use std::collections::BTreeSet;

use userbook::Policy;
use userbook_tests::corpus::{self, Case};

use crate::{
    faulty_bodies::answered_as,
    hosts::Hosts,
    recorded::differences,
    request::{Ending, Sent},
};

const JSON: (&str, &[u8]) = ("content-type", b"application/json");
const NAME: &[u8] = br#"{"name": "new"}"#;

/// Returns a case in which a permitted actor changes a user.
pub(crate) fn case() -> Case {
    let able = |case: &Case| {
        let recorded = &case.recorded;
        recorded.request.method == "PATCH" && recorded.response.status == 200 && recorded.after.user.is_some()
    };
    corpus::recorded().into_iter().find(able).expect("the corpus contains such a case")
}

/// Builds a request of the case's actor; `U` in `target` stands for the user's path.
pub(crate) fn sent(case: &Case, method: &str, target: &[u8], headers: &[(&str, &[u8])], body: &[u8]) -> Sent {
    let recorded = &case.recorded.request;
    let path = recorded.path.as_bytes();
    let target = target.split(|byte| *byte == b'U').collect::<Vec<_>>().join(path);
    let authorization = ("authorization".to_owned(), recorded.headers["authorization"].clone().into_bytes());
    let others = headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec()));
    let headers = std::iter::once(authorization).chain(others).collect();
    Sent { method: method.to_owned(), target, headers, body: body.to_vec() }
}

/// Checks that every request gets identical responses, and that each of `statuses` occurs.
pub(crate) fn check(statuses: &[u16], requests: impl FnOnce(&Case) -> Vec<Sent>) {
    check_as(&case(), statuses, requests);
}

/// Checks the requests of this case's actor.
pub(crate) fn check_as(case: &Case, statuses: &[u16], requests: impl FnOnce(&Case) -> Vec<Sent>) {
    let hosts = Hosts::start();
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    for sent in requests(case) {
        for policy in [Policy::authentik_2025_2(), Policy::hardened()] {
            let (status, others) = differences(&hosts, case, &policy, &sent);
            seen.insert(status);
            wrong.extend(others);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(seen, statuses.iter().copied().collect(), "the requests do not cover the expected statuses");
}

#[test]
fn methods() {
    check(&[200, 204, 400, 405], |case| {
        let methods = [
            "GET", "HEAD", "PUT", "PATCH", "OPTIONS", "DELETE", "POST", "TRACE", "PROPFIND", "patch",
            "M-SEARCH",
        ];
        methods.iter().map(|method| sent(case, method, b"U", &[JSON], b"{}")).collect()
    });
}

#[test]
fn bodies() {
    let bodies: &[&[u8]] = &[
        b"",
        b" ",
        b"\0",
        b"{\"name\": \"\0\"}",
        b"\xff\xfe{\0}\0",
        b"\xef\xbb\xbf{}",
        b"{\"name\": \"\xff\"}",
        b"{\"name\": \"\xed\xa0\x80\"}",
        "{\"name\": \"\u{1F600} \u{202e}\u{0301}\"}".as_bytes(),
        br#"{"name": "\u0000\ud83d\ude00\ud83d"}"#,
        b"{\"name\":\r\n\"a\r\nb\"}",
        b"{\"name\": \"x\", \"name\": \"y\"}",
        b"0\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ];
    check(&[200, 400], |case| {
        let long = [b"{\"attributes\": {\"a\": \"", "ä".repeat(300_000).as_bytes(), b"\"}}"].concat();
        let blank = vec![b' '; 100_000];
        let all = bodies.iter().copied().chain([long.as_slice(), blank.as_slice()]);
        all.map(|body| sent(case, "PATCH", b"U", &[JSON], body)).collect()
    });
}

#[test]
fn chunked_bodies() {
    let bodies: [(&[u8], &[u8]); 3] = [
        (b"0\r\n\r\n", b""),
        (b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"{}"),
        (b"3;x=\"y\"\r\n{\"n\r\nC\r\name\": \"new\"}\r\n0\r\nx: y\r\n\r\n", NAME),
    ];
    let (hosts, case) = (Hosts::start(), case());
    for (chunks, whole) in bodies {
        let chunked = sent(&case, "PATCH", b"U", &[JSON, ("transfer-encoding", b"chunked")], chunks);
        let whole = sent(&case, "PATCH", b"U", &[JSON], whole);
        // Called applications see no chunks, so each application is compared with the complete body.
        answered_as(&hosts, &case, &chunked, Ending::Waits, whole.request());
    }
}

#[test]
fn header_values() {
    let headers: &[&[(&str, &[u8])]] = &[
        &[JSON, ("x-request-id", b"id-1")],
        &[JSON, ("x-request-id", b"\xfc")],
        &[JSON, ("x-request-id", b"one"), ("x-request-id", b"two")],
        &[JSON, ("x-other", b"\x80\xff \t \xc3\xa4"), ("x-empty", b"")],
        &[("content-type", b"application/json; charset=\xff")],
        &[("content-type", b"text/plain; \xc3\xa4")],
        &[("content-type", b"application/json"), ("content-type", b"text/plain")],
        &[("content-type", b"text/plain"), ("content-type", b"application/json")],
        &[("content-type", b"APPLICATION/JSON;a=\"b;c\"")],
        &[("content-type", b"application/merge-patch+json")],
        &[],
        &[JSON, ("accept", b"text/html"), ("accept", b"application/json;q=0.1")],
        &[JSON, ("accept", b"text/html"), ("accept", b"image/*")],
        &[JSON, ("accept", b"application/problem+json")],
        &[JSON, ("accept", b"\xff")],
        &[JSON, ("accept", b"")],
        &[JSON, ("authorization", b"Bearer second")],
        &[JSON, ("cookie", b"a=b"), ("cookie", b"c=\xff")],
        &[JSON, ("content-encoding", b"gzip")],
        &[JSON, ("accept-encoding", b"gzip, br, zstd")],
        &[JSON, ("x-http-method-override", b"DELETE"), ("x-forwarded-prefix", b"/x")],
        &[JSON, ("range", b"bytes=0-1"), ("te", b"trailers"), ("upgrade-insecure-requests", b"1")],
    ];
    check(&[200, 406, 415], |case| {
        let body = |method| if method == "GET" { b"".as_slice() } else { NAME };
        let requests =
            |method| headers.iter().map(move |lines| sent(case, method, b"U", lines, body(method)));
        let mut requests: Vec<Sent> = requests("PATCH").chain(requests("GET")).collect();
        requests.push(sent(
            case,
            "PATCH",
            b"U",
            &[("content-type", b"application/json-patch+json")],
            br#"[
            {"op": "replace", "path": "/name", "value": "patched"}]"#,
        ));
        requests
    });
}

#[test]
fn credentials() {
    check(&[200, 403], |case| {
        let values: [&[u8]; 5] = [b"", b"Bearer", b"Bearer \xff\xfe", b"Basic YTpi", b"Bearer  x y"];
        let other = |value: &[u8]| {
            let mut sent = sent(case, "GET", b"U", &[], b"");
            sent.headers[0].1 = value.to_vec();
            sent
        };
        let mut without = sent(case, "GET", b"U", &[], b"");
        without.headers.clear();
        let mut requests: Vec<Sent> = values.into_iter().map(other).collect();
        requests.extend([without, sent(case, "GET", b"U", &[], b"")]);
        requests
    });
}

#[test]
fn conditions() {
    check(&[200, 304, 412], |case| {
        let hosts = Hosts::start();
        let api = hosts.runtime.block_on(crate::switch::api(case, &Policy::hardened()));
        hosts.switch.set(api);
        let known = hosts.ask_bare(&sent(case, "GET", b"U", &[], b""));
        let tag = known.header("etag").expect("it has a tag");
        let list = [b"\"x\", ".as_slice(), tag].concat();
        let mut requests = Vec::new();
        for method in ["GET", "HEAD", "PATCH", "PUT", "OPTIONS"] {
            let body: &[u8] =
                if ["GET", "HEAD"].contains(&method) { b"" } else { br#"{"username": "u", "name": "new"}"# };
            for name in ["if-match", "if-none-match"] {
                for value in [tag, &list, b"*", b"\"x\"", b"W/\"x\""] {
                    let lines = [JSON, (name, value)];
                    requests.push(sent(case, method, b"U", &lines, body));
                }
                let lines = [JSON, (name, b"\"x\"".as_slice()), (name, tag)];
                requests.push(sent(case, method, b"U", &lines, body));
            }
        }
        requests
    });
}

/// Targets contain only ASCII bytes (RFC 9112 §3); actix-web rejects others itself.
#[test]
fn targets() {
    let targets: &[&[u8]] = &[
        b"U",
        b"U?",
        b"U??",
        b"U?dry_run=true",
        b"U?dry_run=%74rue&dry_run=false",
        b"U?x=a+b%20c&%FF=%00&;=&&==",
        b"U?include_groups=false",
        b"U%2F",
        b"U/",
        b"U/x/",
        b"U%00",
        b"U%0A/",
        b"http://localhost:1U?dry_run=1",
        b"/api/v3/core/users/",
        b"/api/v3/core/users/1001",
        b"/api/v3/core/users/1001%2f",
        b"/api/v3/core/users/%31%30%30%31/",
        b"/api/v3/core/users/+1001/",
        b"/api/v3/core/users/%2B1001/",
        b"/api/v3/core/users/1001;a=b/",
        b"/api/v3/core/users/%zz/",
        b"/api/v3/core/users/%/",
        b"/api/v3/core/users/%FF/",
        b"/api/v3/core/users/%C3%28/",
        b"/api/v3/core/users/%D9%A7/",
        b"/api/v3/core/users/./1001/",
        b"/api/v3/core/users/../users/1001/",
        b"/api/v3/core/users/%2e%2e/",
        b"/api/v3/core/users/9223372036854775808/",
        b"/api/v3/core/users//1001/",
        b"//api/v3/core/users/1001/",
        b"/api/v3/core/%75sers/1001/",
        b"/api/v3/core/USERS/1001/",
        b"/other",
        b"/",
        b"*",
    ];
    check(&[200, 400, 404, 405], |case| {
        let mut requests = Vec::new();
        for method in ["GET", "HEAD", "PATCH", "OPTIONS"] {
            let all = targets.iter().filter(|target| method == "OPTIONS" || **target != b"*");
            let body = if ["GET", "HEAD"].contains(&method) { b"".as_slice() } else { NAME };
            requests.extend(all.map(|target| sent(case, method, target, &[JSON], body)));
        }
        requests
    });
}
