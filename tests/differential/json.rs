//! JSON, in every form that a store might change.

use serde_json::{Map, Value, json};

use crate::{chance::Chance, values::name};

const KEYS: &[&str] =
    &["", "a", "A", "a ", "b", "\u{1f600}", "a/b", "~", "secret", "$", "a.b", "\u{e1}", "a\u{301}", "0"];

/// Numbers in every form. An integer beyond 2^53 next to a double is not among them: stores keep numbers *by value
/// as doubles*, so whether the two are equal is nobody's to say.
pub(crate) fn number(chance: &mut Chance) -> Value {
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
    chance.pick(&numbers)
}

/// Any JSON that nests at most so deep.
pub(crate) fn any_json(chance: &mut Chance, depth: usize) -> Value {
    match chance.below(if depth == 0 { 7 } else { 10 }) {
        0 => Value::Null,
        1 => json!(chance.percent(50)),
        2 => {
            json!(if chance.percent(3) { "a\0".to_owned() } else { name(chance).chars().take(40).collect() })
        }
        3..7 => number(chance),
        7 => chance.some(4, |chance| any_json(chance, depth - 1)).into(),
        _ => object(chance, depth - 1).into(),
    }
}

/// An object that nests at most one level deeper than this.
pub(crate) fn object(chance: &mut Chance, depth: usize) -> Map<String, Value> {
    match chance.below(60) {
        // As deep as is allowed, and one level too deep.
        0 => nested(255 + chance.below(2)),
        1 => [("k\0".to_owned(), Value::Null)].into_iter().collect(),
        _ => chance.some(4, |chance| (key(chance).to_owned(), any_json(chance, depth))).into_iter().collect(),
    }
}

fn nested(levels: usize) -> Map<String, Value> {
    let inner = (0..levels).fold(json!(1), |inner, _| json!([inner]));
    [("deep".to_owned(), inner)].into_iter().collect()
}

/// A key, mostly one of few: steps shall meet.
fn key(chance: &mut Chance) -> &'static str {
    let few = if chance.percent(70) { 3 } else { KEYS.len() };
    chance.pick(&KEYS[..few])
}

/// A key as a JSON pointer has it.
pub(crate) fn pointer(chance: &mut Chance) -> String {
    key(chance).replace('~', "~0").replace('/', "~1")
}
