//! The syntax of e-mail addresses in Django 5.0, which the contract records.
//!
//! The rule is narrower than the RFCs in some places (no blanks in quotes, a top-level label of at least two
//! characters) and wider in others (local parts of any length, `[::1]`, a top-level label that begins with a hyphen).
//! An address has at most 320 code points.
//!
//! IPv6 literals have two notations: Django's `[::1]`, and `[IPv6:::1]` of RFC 5321 §4.1.3.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The maximum length of an address in code points.
const MAX_ADDRESS: usize = 320;
/// The maximum length of a DNS label.
const MAX_LABEL: usize = 63;

/// Returns whether Django 5.0 accepts this text as an e-mail address.
pub(crate) fn is_django_email(text: &str) -> bool {
    has_valid_length(text)
        && text.rsplit_once('@').is_some_and(|(user, domain)| is_user(user) && is_domain(domain))
}

/// Returns whether the address has Django's local part and an IPv6 literal in the notation of RFC 5321, which Django
/// rejects.
pub(crate) fn has_tagged_ipv6_literal(text: &str) -> bool {
    has_valid_length(text)
        && text
            .rsplit_once('@')
            .is_some_and(|(user, domain)| is_user(user) && literal(domain).and_then(tagged_ipv6).is_some())
}

fn has_valid_length(text: &str) -> bool {
    // A text of at most this many bytes has at most this many code points.
    text.len() <= MAX_ADDRESS || text.chars().count() <= MAX_ADDRESS
}

/// Returns whether the domain has no brackets, or is an address literal by RFC 5321 §4.1.3.
pub(crate) fn has_rfc_domain(text: &str) -> bool {
    let domain = text.rsplit_once('@').map_or("", |(_, domain)| domain);
    literal(domain)
        .is_none_or(|address| address.parse::<Ipv4Addr>().is_ok() || tagged_ipv6(address).is_some())
}

/// Returns the content of a domain literal's brackets.
fn literal(domain: &str) -> Option<&str> {
    domain.strip_prefix('[')?.strip_suffix(']')
}

fn tagged_ipv6(address: &str) -> Option<Ipv6Addr> {
    let (tag, address) = address.split_at_checked(5)?;
    tag.eq_ignore_ascii_case("IPv6:").then(|| address.parse().ok())?
}

fn is_user(user: &str) -> bool {
    is_dot_atom(user) || is_quoted(user)
}

fn is_dot_atom(user: &str) -> bool {
    let is_atom_byte = |b: u8| b.is_ascii_alphanumeric() || b"-!#$%&'*+/=?^_`{}|~".contains(&b);
    user.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte))
}

/// Parses a quoted text; white space and the two special characters need a backslash, line ends are never allowed.
fn is_quoted(user: &str) -> bool {
    let Some(inner) = user.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return false;
    };
    let mut bytes = inner.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'\\' => bytes.next().is_some_and(|b| b.is_ascii() && !matches!(b, 0 | b'\n' | b'\r')),
            b'"' | b' ' | b'\t' => false,
            plain => plain.is_ascii() && !matches!(plain, 0 | b'\n' | b'\r'),
        };
        if !fits {
            return false;
        }
    }
    true
}

fn is_domain(domain: &str) -> bool {
    if domain.is_ascii() {
        return domain == "localhost" || is_hostname(domain) || is_address_literal(domain);
    }
    idna::domain_to_ascii(domain).is_ok_and(|encoded| is_hostname(&encoded))
}

fn is_hostname(domain: &str) -> bool {
    domain.rsplit_once('.').is_some_and(|(parents, top)| {
        (2..=MAX_LABEL).contains(&top.len())
            && top.bytes().all(is_label_byte)
            && !top.ends_with('-')
            && parents.split('.').all(is_label)
    })
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(is_label_byte)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn is_address_literal(domain: &str) -> bool {
    literal(domain).is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts() {
        for text in [
            "carol@example.com",
            "CAROL+tag@EXAMPLE.COM",
            "!#$%&'*+/=?^_`{}|~-@example.com",
            "a.b.c@x.y.example",
            "a@localhost",
            "a@example.123",
            "a@example.c-m",
            "a@b.-c",
            "a@[127.0.0.1]",
            "a@[::1]",
            "a@[::ffff:1.2.3.4]",
            "a@bücher.example",
            "a@例え。テスト",
            "a@xn--bcher-kva.example",
            r#""car\"ol"@example.com"#,
            r#""car\ ol"@example.com"#,
            r#""a@b"@example.com"#,
            r#"""@example.com"#,
        ] {
            assert!(is_django_email(text), "{text}");
        }
        assert!(is_django_email(&format!("{}@example.com", "a".repeat(200))));
        assert!(is_django_email(&format!("a@{}.{}", "b".repeat(63), "c".repeat(63))));
        assert!(is_django_email(&format!("{}@ä.co", "a".repeat(315))));
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "@",
            "carol",
            "@example.com",
            "carol@",
            "a@b@example.com",
            ".carol@example.com",
            "carol.@example.com",
            "ca..rol@example.com",
            "car ol@example.com",
            "cärol@example.com",
            "carol@example.com\n",
            "carol\0@example.com",
            "Carol <carol@example.com>",
            "a@LOCALHOST",
            "a@example",
            "a@example.c",
            "a@example.com.",
            "a@.com",
            "a@ex_ample.com",
            "a@-example.com",
            "a@example-.com",
            "a@example.com-",
            "a@127.0.0.1",
            "a@[127.0.0.01]",
            "a@[IPv6:::1]",
            "a@[::1%1]",
            "a@[]",
            "a@bücher",
            "a@bücher..example",
            "a@bü cher.example",
            r#""car ol"@example.com"#,
            r#""car"ol"@example.com"#,
            r#""carol\"@example.com"#,
            "\"a\\\nb\"@example.com",
            "\"a\tb\"@example.com",
            "\"é\"@example.com",
            "\"@example.com",
        ] {
            assert!(!is_django_email(text), "{text}");
        }
        assert!(!is_django_email(&format!("{}@ä.co", "a".repeat(316))));
        assert!(!has_tagged_ipv6_literal(&format!("{}@[IPv6:::1]", "a".repeat(310))));
        assert!(!is_django_email(&format!("a@{}.com", "b".repeat(64))));
        assert!(!is_django_email(&format!("a@b.{}", "c".repeat(64))));
        assert!(!is_django_email(&format!("a@{}.com", "ü".repeat(64))));
    }
}
