//! Texts that the recorded release reads with Python's `int` and `uuid.UUID`.

use userbook::field::is_space;
use uuid::Uuid;

/// Reads a whole number: a sign, digits with single underscores between them, and white space around. `None` also for
/// numbers beyond 64 bits.
pub(crate) fn python_int(text: &str) -> Option<i64> {
    let text = text.trim_matches(is_space);
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_group = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    if !digits.split('_').all(is_group) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// Reads a UUID: without `urn:`, `uuid:`, surrounding braces and all hyphens, 32 hexadecimal digits must remain.
pub(crate) fn python_uuid(text: &str) -> Option<Uuid> {
    // The usual forms, without a copy: both parsers accept the same texts of these lengths.
    if let (32 | 36, Ok(id)) = (text.len(), Uuid::try_parse(text)) {
        return Some(id);
    }
    let text = text.replace("urn:", "").replace("uuid:", "");
    let digits = text.trim_matches(['{', '}']).replace('-', "");
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(&digits, 16).ok().filter(|_| is_hex)?;
    Some(Uuid::from_u128(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "c7a7d549-ab8b-527d-8541-2a6cfeb98294";

    #[test]
    fn forms_of_an_integer() {
        for (text, expected) in [
            ("7", Some(7)),
            (" -7\u{a0}", Some(-7)),
            ("+007", Some(7)),
            ("1_000", Some(1000)),
            ("", None),
            ("-", None),
            ("_1", None),
            ("1__0", None),
            ("1.0", None),
            ("- 1", None),
            ("9223372036854775808", None),
        ] {
            assert_eq!(python_int(text), expected, "{text}");
        }
    }

    #[test]
    fn forms_of_a_uuid() {
        let id = Uuid::try_parse(ID).unwrap();
        for text in [
            ID,
            "C7A7D549-AB8B-527D-8541-2A6CFEB98294",
            "c7a7d549ab8b527d85412a6cfeb98294",
            "c7a7-d549ab8b527d85412a6cfeb98294--",
            "urn:uuid:c7a7d549-ab8b-527d-8541-2a6cfeb98294",
            "uuid:c7a7d549-ab8b-527d-8541-2a6cfeb98294",
            "{c7a7d549-ab8b-527d-8541-2a6cfeb98294}",
            "{{c7a7d549ab8b527d85412a6cfeb98294",
            "urn:uuid:{c7a7d549-ab8b-527d-8541-2a6cfeb98294}",
        ] {
            assert_eq!(python_uuid(text), Some(id), "{text}");
        }
        for text in [
            "",
            "staff",
            " c7a7d549-ab8b-527d-8541-2a6cfeb98294",
            "c7a7d549-ab8b-527d-8541-2a6cfeb9829",
            "c7a7d549-ab8b-527d-8541-2a6cfeb982944",
            "+7a7d549ab8b527d85412a6cfeb98294",
            "c7a7d549ab8b527d85412a6cfeb9829g",
            "URN:UUID:c7a7d549-ab8b-527d-8541-2a6cfeb98294",
            "-{c7a7d549-ab8b-527d-8541-2a6cfeb98294}",
            "ééééééééééééééé",
        ] {
            assert_eq!(python_uuid(text), None, "{text}");
        }
    }
}
