//! Random values, most of them unusual.

use userbook::{GroupId, Timestamp, UserId, UserRef};
use uuid::Uuid;

use crate::rng::Rng;

/// Names that some databases consider equal, and some invalid names.
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

pub(crate) fn username(rng: &mut Rng) -> String {
    match rng.below(12) {
        0 => "\u{1f600}".repeat(150 + rng.below(2)),
        1 => text(rng),
        2 | 3 => format!("new {}", rng.below(1000)),
        _ => rng.pick(NAMES).to_owned(),
    }
}

pub(crate) fn name(rng: &mut Rng) -> String {
    match rng.below(40) {
        0 => "\u{df}".repeat(50_000),
        1..20 => rng.pick(NAMES).to_owned(),
        _ => text(rng),
    }
}

pub(crate) fn email(rng: &mut Rng) -> String {
    rng.pick(EMAILS).to_owned()
}

pub(crate) fn path(rng: &mut Rng) -> String {
    rng.pick(PATHS).to_owned()
}

/// Any characters except U+0000, which would make most texts invalid.
fn text(rng: &mut Rng) -> String {
    let ends = [0x20, 0x80, 0x250, 0x2100, 0xd7ff, 0x1_0000, 0x2_0000, 0x10_ffff];
    let letters = rng.some(12, |rng| {
        let end = rng.pick(&ends);
        let code = u32::try_from(rng.below(end) + 1).expect("it fits");
        char::from_u32(code).unwrap_or('\u{fffd}')
    });
    letters.into_iter().collect()
}

/// A time that every store can represent, often at a limit of the range.
pub(crate) fn moment(rng: &mut Rng) -> Timestamp {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    let seconds = match rng.below(10) {
        0 => FIRST,
        1 => LAST,
        2 => -1,
        3 => 0,
        _ => FIRST + i64::try_from(rng.below(315_537_897_600)).expect("it fits"),
    };
    let micros = rng.pick(&[0, 1, 999_999, 123_456, 500_000]);
    Timestamp::from_timestamp(seconds, micros * 1000).expect("it is one")
}

/// A time that may have to be truncated or rejected.
pub(crate) fn any_moment(rng: &mut Rng) -> Timestamp {
    match rng.below(12) {
        0 => Timestamp::from_timestamp(-62_135_596_801, 999_999_000).expect("it is one"),
        1 => Timestamp::from_timestamp(253_402_300_800, 0).expect("it is one"),
        2 => Timestamp::from_timestamp(1_700_000_000, 123_456_789).expect("it is one"),
        3 => Timestamp::from_timestamp(-1, 999_999_999).expect("it is one"),
        _ => moment(rng),
    }
}

/// Existing users, users that operations create, and sometimes a missing user.
pub(crate) fn user(rng: &mut Rng) -> UserId {
    match rng.below(30) {
        0 => rng.pick(&[UserId(0), UserId(-1), UserId(i64::MAX), UserId(99)]),
        1..4 => UserId(1 + i64::try_from(rng.below(20)).expect("it fits")),
        _ => rng.pick(&[1, 2, 2, 2, 3, 4, 5, 6].map(UserId)),
    }
}

/// The UUID of an initial user.
pub(crate) fn uuid(user: UserId) -> Uuid {
    Uuid::from_u128(0xA000_0000_0000_4000_8000_0000_0000_0000 + u128::from(user.0.unsigned_abs()))
}

/// An initial user.
pub(crate) fn first_user(rng: &mut Rng) -> UserId {
    rng.pick(&[1, 2, 3, 4, 5, 6].map(UserId))
}

/// A user reference by id or UUID.
pub(crate) fn user_ref(rng: &mut Rng) -> UserRef {
    if rng.percent(30) { uuid(first_user(rng)).into() } else { user(rng).into() }
}

/// A user to delete: mostly one that no other operation needs, because a deletion is final.
pub(crate) fn dispensable(rng: &mut Rng) -> UserId {
    if rng.percent(80) { UserId(5 + i64::try_from(rng.below(8)).expect("it fits")) } else { user(rng) }
}

/// Existing groups, groups that operations create, and sometimes a missing group.
pub(crate) fn group(rng: &mut Rng) -> GroupId {
    match rng.below(30) {
        0 => rng.pick(&[GroupId(Uuid::nil()), GroupId(Uuid::max()), GroupId(Uuid::from_u128(99))]),
        _ => GroupId(Uuid::from_u128(1 + u128::try_from(rng.below(9)).expect("it fits"))),
    }
}
