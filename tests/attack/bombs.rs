//! C1 and H4: bodies of anonymous and denied callers cost the server nothing, whatever their size and shape.
//!
//! The server runs with a limited address space. Each kind of body comes from 64 clients at once.

use std::{fmt::Write as _, net::SocketAddr, sync::OnceLock};

use serde_json::{Value, json};
use userbook_tests::binary::{Server, exchange, request};

use crate::{fixture::*, server::Served};

const CLIENTS: usize = 64;

/// The growth of the peak of resident memory that a run of all clients may cause, in KiB.
const GROWTH: u64 = 32 * 1024;

/// The address space of the server, in MiB: without a limit, a bomb takes the whole machine.
pub(crate) const ADDRESS_SPACE: u64 = 6 * 1024;

pub(crate) struct Bomb {
    pub(crate) name: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) body: Vec<u8>,
}

fn doubling(text: usize) -> Vec<u8> {
    let mut operations = vec![json!({"op": "add", "path": "/attributes/a", "value": "x".repeat(text)})];
    operations.extend(
        (0..18).map(|n| json!({"op": "copy", "from": "/attributes", "path": format!("/attributes/c{n}")})),
    );
    Value::from(operations).to_string().into_bytes()
}

fn repeated(before: &str, element: &str, times: usize, after: &str) -> Vec<u8> {
    let elements = vec![element; times].join(",");
    format!("{before}{elements}{after}").into_bytes()
}

fn shifting() -> Vec<u8> {
    let zeros = vec!["0"; 990_000].join(",");
    let mut text = format!(r#"[{{"op":"add","path":"/attributes/a","value":[{zeros}]}}"#);
    for _ in 0..255 {
        text.push_str(r#",{"op":"add","path":"/attributes/a/0","value":0}"#);
    }
    text.push(']');
    text.into_bytes()
}

fn many_groups() -> Vec<u8> {
    let mut text = r#"{"groups":["#.to_owned();
    for n in 1..=100_000_u128 {
        let separator = if n > 1 { "," } else { "" };
        write!(text, "{separator}\"{}\"", uuid::Uuid::from_u128(n)).unwrap();
    }
    text.push_str("]}");
    text.into_bytes()
}

/// The bodies of the review, and others of their kind.
pub(crate) fn bombs() -> &'static [Bomb] {
    static BOMBS: OnceLock<Vec<Bomb>> = OnceLock::new();
    BOMBS.get_or_init(|| {
        let bomb = |name, media_type, body| Bomb { name, media_type, body };
        let deep = |open: &str, close: &str, depth: usize| {
            format!(r#"{{"attributes":{{"a":{}{}}}}}"#, open.repeat(depth), close.repeat(depth)).into_bytes()
        };
        vec![
            bomb("JSON Patch that doubles 64 KiB", JSON_PATCH, doubling(65_536)),
            bomb("JSON Patch that doubles 16 KiB", JSON_PATCH, doubling(16_384)),
            bomb("JSON Patch that doubles 4 MB", JSON_PATCH, doubling(4_000_000)),
            bomb("JSON Patch that shifts a list", JSON_PATCH, shifting()),
            bomb("deep arrays", JSON, deep("[", "]", 1_000_000)),
            bomb("deep objects", JSON, deep(r#"{"":"#, "}", 500_000)),
            bomb("unclosed objects", JSON, b"{".repeat(4_000_000)),
            bomb("wide objects", JSON, repeated(r#"{"attributes":{"a":["#, r#"{"":0}"#, 590_000, "]}}")),
            bomb("wide lists", MERGE_PATCH, repeated(r#"{"attributes":{"a":["#, "[0]", 990_000, "]}}")),
            bomb("many groups", JSON, many_groups()),
        ]
    })
}

/// Sends a body from many clients at once; every one of them reads the denial.
fn attack(address: SocketAddr, bomb: &Bomb, token: Option<&str>, expected: u16) {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", bomb.media_type)];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    let bytes =
        request(address, "PATCH", &format!("/api/v3/core/users/{ADMIN}/"), &headers, Some(&bomb.body));
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let answer =
                    exchange(address, &bytes).unwrap_or_else(|error| panic!("{}: {error}", bomb.name));
                assert_eq!(answer.status, expected, "{}", bomb.name);
                assert!(serde_json::from_slice::<Value>(&answer.body).is_ok(), "{}", bomb.name);
            });
        }
    });
}

fn grows_little(server: &Server, bomb: &Bomb, token: Option<&str>, expected: u16) {
    let before = server.peak_memory();
    attack(server.address, bomb, token, expected);
    let growth = server.peak_memory().saturating_sub(before);
    println!("{}, {}: {growth} KiB", bomb.name, token.unwrap_or("anonymous"));
    assert!(growth < GROWTH, "{}, {token:?}: grew by {growth} KiB", bomb.name);
}

/// Opens all connections once, so that what they cost themselves is not counted.
fn warm_up(server: &Server) {
    let small = Bomb { name: "warm-up", media_type: JSON, body: vec![b' '; 200_000] };
    attack(server.address, &small, None, 403);
}

#[test]
fn c1_h4_bombs_of_anonymous_callers_are_denied_without_work() {
    let served = Served::within(ADDRESS_SPACE, &[]);
    warm_up(&served.server);
    for bomb in bombs() {
        grows_little(&served.server, bomb, None, 403);
    }
    assert_eq!(served.patch(DESK, ALICE, &json!({"name": "after"})), 200);
}

#[test]
fn c1_h4_bombs_of_denied_callers_are_denied_without_work() {
    let served = Served::within(ADDRESS_SPACE, &["--max-waiting", "1000", "--wait-timeout", "60"]);
    warm_up(&served.server);
    for bomb in bombs() {
        // One who sees no user, one who sees this user, one who does not see this user.
        for (caller, expected) in [(NO_RIGHTS, 403), (VIEWER, 403), (SELF_ONLY, 404)] {
            grows_little(&served.server, bomb, Some(&format!("t-{caller}")), expected);
        }
    }
    assert_eq!(served.patch(DESK, ALICE, &json!({"name": "after"})), 200);
}

/// One authorized caller costs no more than the parser's budget allows.
#[test]
fn c1_bombs_of_authorized_callers_are_refused() {
    let served = Served::within(ADDRESS_SPACE, &[]);
    for bomb in bombs() {
        let before = served.server.peak_memory();
        let status = served.patch_with(DESK, ALICE, bomb.media_type, &bomb.body);
        assert_eq!(status, 400, "{}", bomb.name);
        let growth = served.server.peak_memory().saturating_sub(before);
        println!("{}: {growth} KiB", bomb.name);
        assert!(growth < GROWTH, "{}: grew by {growth} KiB", bomb.name);
    }
}
