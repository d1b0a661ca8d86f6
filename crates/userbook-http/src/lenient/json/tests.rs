//! Accepted and rejected texts, and stack use.

use serde_json::json;

use super::*;

/// Returns nested arrays or objects of this depth.
fn nested(open: &str, depth: usize, close: &str) -> Vec<u8> {
    format!("{}1{}", open.repeat(depth), close.repeat(depth)).into_bytes()
}

fn bounds(levels: usize, nodes: usize) -> JsonBounds {
    JsonBounds { levels, nodes }
}

/// Parses in both ways, which must have the same result.
fn read(body: &[u8], max_depth: usize) -> Result<Value, String> {
    let bounds = bounds(max_depth, usize::MAX);
    let value = parse(body, bounds).map_err(|fault| fault.to_string());
    let members = parse_members(body, bounds, |_| true).map_err(|fault| fault.to_string());
    let other = members.map(|found| match found {
        Ok(members) => members.into_iter().map(|(key, value)| (key.into_owned(), value)).collect(),
        Err(value) => value,
    });
    assert_eq!(value, other, "{}", String::from_utf8_lossy(body));
    // Unknown members have the same errors.
    let skipped = parse_members(body, bounds, |_| false).map_err(|fault| fault.to_string());
    assert_eq!(value.as_ref().err(), skipped.as_ref().err(), "{}", String::from_utf8_lossy(body));
    if let Ok(Ok(members)) = skipped {
        assert!(members.is_empty());
    }
    value
}

#[test]
fn only_values_of_known_members_count() {
    let read = |body: &str, nodes| {
        let members = parse_members(body.as_bytes(), bounds(8, nodes), |key| key == "a");
        members.map_err(|fault| fault.to_string()).map(|found| found.map(|members| members.len()))
    };
    let too_many = |nodes| format!("more than {nodes} JSON values at line 1 column ");
    assert_eq!(read(r#"{"a": [1, {"b": 2}]}"#, 4), Ok(Ok(1)));
    assert!(read(r#"{"a": [1, {"b": 2}]}"#, 3).unwrap_err().starts_with(&too_many(3)));
    assert_eq!(read(r#"{"x": [1, 2, 3, {"y": [[]]}], "a": 1, "z": {}}"#, 1), Ok(Ok(1)));
    // Both of two members with the same key count.
    assert!(read(r#"{"a": 1, "a": 2}"#, 1).unwrap_err().starts_with(&too_many(1)));
    assert!(read("[1, 2]", 2).unwrap_err().starts_with(&too_many(2)));
    assert!(parse(b"[1, 2]", bounds(8, 3)).is_ok() && parse(b"[1, 2]", bounds(8, 2)).is_err());
    let many = format!("{{\"a\": [{}0]}}", "0,".repeat(65_535));
    assert!(read(&many, 65_536).unwrap_err().starts_with("more than 65536 JSON values"));
    assert_eq!(read(&many, 65_537), Ok(Ok(1)));
}

#[test]
fn reads() {
    for (body, expected) in [
        (" \r\n\t{\"a\": [1, 2.5, null]} \n", json!({ "a": [1, 2.5, null] })),
        ("\"\\u00e9\\ud83d\\ude00\"", json!("é😀")),
        ("{\"a\": 1, \"b\": 2, \"a\": 3}", json!({ "a": 3, "b": 2 })),
        ("{\"\\u0061\": 1}", json!({ "a": 1 })),
        ("18446744073709551615", json!(u64::MAX)),
        ("1180591620717411303424", json!(1_180_591_620_717_411_303_424.0)),
        ("-9223372036854775809", json!(-9_223_372_036_854_775_808.0)),
        ("1e-400", json!(0.0)),
        ("\"\\u0000\"", json!("\0")),
    ] {
        assert_eq!(read(body.as_bytes(), 256).unwrap(), expected, "{body}");
    }
}

#[test]
fn refuses() {
    for body in [
        &b""[..],
        b" \n",
        b"{",
        b"}",
        b"alice",
        b"{\"a\": ",
        b"{\"a\": \"b",
        b"{\"a\": 1,}",
        b"{\"a\" /* c */: 1}",
        b"{'a': 1}",
        b"{a: 1}",
        b"{\"a\" 1}",
        b"{\"a\": 1 \"b\": 2}",
        b"{\"a\": [1}",
        b"{\"a\": True}",
        b"{} x",
        b"{}{}",
        b"[NaN]",
        b"[Infinity]",
        b"[01]",
        b"[+1]",
        b"[1.]",
        b"[1e400]",
        b"\"\\x41\"",
        b"\"a\nb\"",
        b"\"a\tb\"",
        b"\"a\\ud83d\"",
        b"\"\\ude00\"",
        b"\"\xff\xfe\"",
        b"\"\xc0\xaf\"",
        b"\xef\xbb\xbf{}",
    ] {
        let fault = read(body, 256).unwrap_err();
        assert!(fault.contains(" at line "), "{fault} in {}", String::from_utf8_lossy(body));
    }
}

#[test]
fn nesting_is_limited() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"]\\\"}\":", "}]")] {
        let step = open.matches(['[', '{']).count();
        assert!(read(&nested(open, 256 / step, close), 256).is_ok());
        let fault = read(&nested(open, 256 / step + 1, close), 256).unwrap_err();
        assert!(fault.starts_with("nested too deeply at line 1 column "), "{fault}");
    }
    assert!(read(&nested("[", 1_000_000, ""), 256).is_err());
    assert!(read(b"\"[[[\"", 0).is_ok() && read(b"[[],[],{}]", 2).is_ok() && read(b"[]", 0).is_err());
}

#[test]
fn small_stack_suffices() {
    let body = nested("[{\"a\":", 128, "}]");
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread.spawn(move || assert!(read(&body, 256).is_ok())).unwrap().join().unwrap();
}

#[test]
fn private_keys_are_rejected() {
    for body in [
        r#"{"$serde_json::private::RawValue": "[1]"}"#,
        r#"{"a": 1, "\u0024serde_json::private::Number": "1"}"#,
        r#"[{"a": 1, "\u0024serde_json::private::Number": "1"}]"#,
    ] {
        assert!(read(body.as_bytes(), 256).unwrap_err().starts_with("reserved key"), "{body}");
    }
}

#[test]
fn the_integer_minus_zero_is_zero() {
    for (body, expected) in [
        ("-0", " 0"),
        ("[-0,-0.0,-0e1,-01,-1,0]", "[ 0,-0.0,-0e1,-01,-1,0]"),
        (r#"{"-0":"-0\"-0","a":-0}"#, r#"{"-0":"-0\"-0","a": 0}"#),
        (r#""\\",-0"#, r#""\\", 0"#),
        ("", ""),
        ("-", "-"),
    ] {
        let replaced = without_negative_zero(body.as_bytes().to_vec().into());
        assert_eq!(std::str::from_utf8(&replaced), Ok(expected));
    }
}
