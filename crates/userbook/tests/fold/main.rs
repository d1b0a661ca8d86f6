//! `field::fold` against other implementations of Unicode; see `README.md`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use userbook::field::fold;

/// Rows: their kind, a text and the expected text.
fn rows() -> impl Iterator<Item = (&'static str, String, String)> {
    include_str!("names.tsv").lines().map(|line| {
        let [kind, text, expected] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        (kind, text_of(text), text_of(expected))
    })
}

fn text_of(code_points: &str) -> String {
    code_points
        .split_ascii_whitespace()
        .map(|code| char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap())
        .collect()
}

#[test]
fn names_fold_like_the_unicode_standard_and_precis_say() {
    let (mut folds, mut precis) = (0, 0);
    for (kind, text, expected) in rows() {
        match kind {
            "fold" => {
                folds += 1;
                assert_eq!(fold(&text), expected, "{}", text.escape_unicode());
                assert_eq!(fold(&expected), expected, "{} folds twice", text.escape_unicode());
            }
            "precis" => {
                precis += 1;
                assert_eq!(fold(&text), fold(&expected), "{}", text.escape_unicode());
            }
            kind => panic!("{kind}"),
        }
    }
    assert!(folds > 2_000 && precis > 100, "{folds} {precis}");
}
