//! JSON in every form that a store might change.

use serde_json::{Map, Value, json};

use crate::{rng::Rng, values::name};

const KEYS: &[&str] =
    &["", "a", "A", "a ", "b", "\u{1f600}", "a/b", "~", "secret", "$", "a.b", "\u{e1}", "a\u{301}", "0"];

/// Numbers in every form, except integers above 2^53 that compete with doubles. Stores compare numbers as doubles, so
/// that the equality of two such numbers is not specified.
pub(crate) fn number(rng: &mut Rng) -> Value {
    let numbers = [
        json!(0),
        json!(-0.0),
        json!(1),
        json!(1.0),
        json!(-1.5),
        json!(0.1),
        json!(1e16),
        json!(1e22),
        json!(1e300),
        json!(f64::MAX),
        json!(f64::MIN_POSITIVE),
        json!(5e-324),
        json!(1e-7),
        json!(9_007_199_254_740_993_u64),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(123_456_789_012.345_67),
        json!(1e15),
    ];
    rng.pick(&numbers)
}

/// Any JSON up to this depth.
pub(crate) fn any_json(rng: &mut Rng, depth: usize) -> Value {
    match rng.below(if depth == 0 { 7 } else { 10 }) {
        0 => Value::Null,
        1 => json!(rng.percent(50)),
        2 => {
            json!(if rng.percent(3) { "a\0".to_owned() } else { name(rng).chars().take(40).collect() })
        }
        3..7 => number(rng),
        7 => rng.some(4, |rng| any_json(rng, depth - 1)).into(),
        _ => object(rng, depth - 1).into(),
    }
}

/// An object that nests at most one level deeper than `depth`.
pub(crate) fn object(rng: &mut Rng, depth: usize) -> Map<String, Value> {
    match rng.below(60) {
        // At the depth limit, or one level deeper.
        0 => nested(255 + rng.below(2)),
        1 => [("k\0".to_owned(), Value::Null)].into_iter().collect(),
        _ => rng.some(4, |rng| (key(rng).to_owned(), any_json(rng, depth))).into_iter().collect(),
    }
}

fn nested(levels: usize) -> Map<String, Value> {
    let inner = (0..levels).fold(json!(1), |inner, _| json!([inner]));
    [("deep".to_owned(), inner)].into_iter().collect()
}

/// A key, mostly from a small set, so that operations interact.
fn key(rng: &mut Rng) -> &'static str {
    let few = if rng.percent(70) { 3 } else { KEYS.len() };
    rng.pick(&KEYS[..few])
}

/// A key in the syntax of a JSON Pointer.
pub(crate) fn pointer(rng: &mut Rng) -> String {
    key(rng).replace('~', "~0").replace('/', "~1")
}
