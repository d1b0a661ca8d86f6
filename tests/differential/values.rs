//! Values, most of them odd.

use serde_json::{Map, Value, json};
use userbook::{GroupId, Timestamp, UserId};
use uuid::Uuid;

use crate::chance::Chance;

/// Names that some database takes for one another, and some that are wrong.
const NAMES: &[&str] = &[
    "ann",
    "Ann",
    "ANN",
    "ann ",
    " ann",
    "ann\u{200b}",
    "a\u{301}nn",
    "\u{e1}nn",
    "ann\u{0}",
    "",
    "  ",
    "ss",
    "\u{df}",
    "i",
    "I",
    "\u{130}",
    "\u{131}",
    "AnonymousUser",
    "anonymoususer",
    "\u{1f600}",
    "\u{1f601}",
    "\u{10ffff}",
    "\u{ffff}",
    "\u{feff}ann",
    "a\u{7f}b",
    "a\nb",
    "a'b\"c\\d",
    "%",
    "_",
    "user 1",
    "user 2",
    "root",
    "boss",
    "\u{645}\u{631}\u{62d}\u{628}\u{627}",
    "ａｎｎ",
    "{\"$\":1}",
    "$1 ? :x",
];

const EMAILS: &[&str] = &[
    "",
    "a@b.co",
    "A@B.co",
    " a@b.co ",
    "bad",
    "a@localhost",
    "\"q q\"@b.co",
    "\u{fc}@b.co",
    "a@\u{fc}.de",
    "a\0@b.co",
];

const PATHS: &[&str] =
    &["users", "a/b", "", "/x", "x/", "a//b", " p ", "\u{1f600}/\u{df}", "../..", "a\0", "Users"];

const KEYS: &[&str] =
    &["", "a", "A", "a ", "b", "\u{1f600}", "a/b", "~", "secret", "$", "a.b", "\u{e1}", "a\u{301}", "0"];

pub(crate) fn username(chance: &mut Chance) -> String {
    match chance.below(12) {
        0 => "\u{1f600}".repeat(150 + chance.below(2)),
        1 => text(chance),
        2 | 3 => format!("new {}", chance.below(1000)),
        _ => chance.pick(NAMES).to_owned(),
    }
}

pub(crate) fn name(chance: &mut Chance) -> String {
    match chance.below(40) {
        0 => "\u{df}".repeat(50_000),
        1..20 => chance.pick(NAMES).to_owned(),
        _ => text(chance),
    }
}

pub(crate) fn email(chance: &mut Chance) -> String {
    chance.pick(EMAILS).to_owned()
}

pub(crate) fn path(chance: &mut Chance) -> String {
    chance.pick(PATHS).to_owned()
}

/// Any characters but U+0000, which would make most texts wrong.
fn text(chance: &mut Chance) -> String {
    let ends = [0x20, 0x80, 0x250, 0x2100, 0xd7ff, 0x1_0000, 0x2_0000, 0x10_ffff];
    let letters = chance.some(12, |chance| {
        let end = chance.pick(&ends);
        let code = u32::try_from(chance.below(end) + 1).expect("it fits");
        char::from_u32(code).unwrap_or('\u{fffd}')
    });
    letters.into_iter().collect()
}

/// A moment that every store can keep, often at an end of what there is.
pub(crate) fn moment(chance: &mut Chance) -> Timestamp {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    let seconds = match chance.below(10) {
        0 => FIRST,
        1 => LAST,
        2 => -1,
        3 => 0,
        _ => FIRST + i64::try_from(chance.below(315_537_897_600)).expect("it fits"),
    };
    let micros = chance.pick(&[0, 1, 999_999, 123_456, 500_000]);
    Timestamp::from_timestamp(seconds, micros * 1000).expect("it is one")
}

/// A moment that may have to be cut or be refused.
pub(crate) fn any_moment(chance: &mut Chance) -> Timestamp {
    match chance.below(12) {
        0 => Timestamp::from_timestamp(-62_135_596_801, 999_999_000).expect("it is one"),
        1 => Timestamp::from_timestamp(253_402_300_800, 0).expect("it is one"),
        2 => Timestamp::from_timestamp(1_700_000_000, 123_456_789).expect("it is one"),
        3 => Timestamp::from_timestamp(-1, 999_999_999).expect("it is one"),
        _ => moment(chance),
    }
}

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

/// Users that are there, that are made on the way, and now and then one that never is.
pub(crate) fn user(chance: &mut Chance) -> UserId {
    match chance.below(30) {
        0 => chance.pick(&[UserId(0), UserId(-1), UserId(i64::MAX), UserId(99)]),
        1..4 => UserId(1 + i64::try_from(chance.below(20)).expect("it fits")),
        _ => chance.pick(&[1, 2, 2, 2, 3, 4, 5, 6].map(UserId)),
    }
}

/// A user whom the others can do without: it is there no more from then on.
pub(crate) fn dispensable(chance: &mut Chance) -> UserId {
    if chance.percent(80) {
        UserId(5 + i64::try_from(chance.below(8)).expect("it fits"))
    } else {
        user(chance)
    }
}

/// Groups that are there, or will be, and now and then one that never is.
pub(crate) fn group(chance: &mut Chance) -> GroupId {
    match chance.below(30) {
        0 => chance.pick(&[GroupId(Uuid::nil()), GroupId(Uuid::max()), GroupId(Uuid::from_u128(99))]),
        _ => GroupId(Uuid::from_u128(1 + u128::try_from(chance.below(9)).expect("it fits"))),
    }
}
