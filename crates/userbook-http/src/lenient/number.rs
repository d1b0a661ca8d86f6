//! Numbers in place of texts, in the form of Python's `str`.

use serde_json::Number;

/// The range of decimal exponents in which Python writes a double without an exponent.
const PLAIN_EXPONENTS: std::ops::Range<isize> = -4..16;

/// Formats the shortest text with the same value like Python: `42`, `1.0`, `1e+16`, `-2.5e-07`.
pub(crate) fn number_text(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(double) => double_text(double),
        None => number.to_string(),
    }
}

fn double_text(double: f64) -> String {
    let shortest = format!("{double:e}");
    let (mantissa, exponent) = split(&shortest);
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    // If two texts of this length are equally close to the double, Python chooses the even one. Rust does so only for
    // a given length, so format the number again.
    if PLAIN_EXPONENTS.contains(&exponent) {
        let decimals = decimals.saturating_add_signed(-exponent).max(1);
        return format!("{double:.decimals$}");
    }
    let even = format!("{double:.decimals$e}");
    let (mantissa, exponent) = split(&even);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}

/// Splits into mantissa and exponent.
fn split(scientific: &str) -> (&str, isize) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, ""));
    (mantissa, exponent.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_like_python() {
        for (json, expected) in [
            ("42", "42"),
            ("-7", "-7"),
            ("18446744073709551615", "18446744073709551615"),
            ("1180591620717411303424", "1.1805916207174113e+21"),
            ("1.0", "1.0"),
            ("-0.0", "-0.0"),
            ("1.50", "1.5"),
            ("1e3", "1000.0"),
            ("0.1", "0.1"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("-2.5e-7", "-2.5e-07"),
            ("1e15", "1000000000000000.0"),
            ("9999999999999998.0", "9999999999999998.0"),
            ("1e16", "1e+16"),
            ("123456789012345680.0", "1.2345678901234568e+17"),
            ("1e100", "1e+100"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("5e-324", "5e-324"),
            ("945388353261466.25", "945388353261466.2"),
        ] {
            assert_eq!(number_text(&serde_json::from_str(json).unwrap()), expected, "{json}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_back_as_the_same_double(double in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            proptest::prop_assert_eq!(double_text(double).parse(), Ok(double));
        }
    }
}
