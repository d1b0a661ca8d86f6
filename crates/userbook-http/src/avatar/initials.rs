//! The mode `initials`: the letters and the colour of a user.

use userbook::field::is_space;

use super::{md5, svg};

/// The letters of a user without any name.
const NAMELESS: &str = "a k";

/// The range of background channels, which excludes black and white.
const DARKEST: u8 = 55;
const BRIGHTEST: u8 = 200;

/// Returns the image as a `data:` URI.
pub(super) fn draw(name: &str, username: &str) -> String {
    let source = [name, username]
        .map(|text| text.trim_matches(is_space))
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or(NAMELESS);
    svg::data_uri(&initials(source), background(source))
}

/// Returns the first letters of the first and the last word, or the first two letters of a single word.
fn initials(source: &str) -> String {
    let mut words = source.split(is_space).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().chars();
    match words.next_back() {
        None => first.take(2).flat_map(char::to_uppercase).collect(),
        Some(last) => first.take(1).chain(last.chars().take(1)).flat_map(char::to_uppercase).collect(),
    }
}

/// Red, green, blue.
fn background(source: &str) -> [u8; 3] {
    let hash = md5(&source.to_lowercase()) % 0xFF_FFFF;
    [16, 8, 0].map(|shift| u8::try_from(hash >> shift & 0xFF).unwrap_or(BRIGHTEST).clamp(DARKEST, BRIGHTEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_as_recorded() {
        // Recorded: name, username, background, letters.
        for (name, username, fill, letters) in [
            ("Alice Example", "alice", [0x3f, 0xc8, 0xb2], "AE"),
            ("Three Part Name", "alice", [0x37, 0xb4, 0x6f], "TN"),
            ("Ann    Bee", "alice", [0x5b, 0xb1, 0xb9], "AB"),
            ("A\nB", "alice", [0x8b, 0x7e, 0x37], "AB"),
            ("padded", "x", [0x45, 0xa9, 0xa2], "PA"),
            ("x", "alice", [0xc8, 0x37, 0x37], "X"),
            ("2.5", "alice", [0x92, 0x40, 0x54], "2."),
            ("Plato", "alice", [0xc8, 0xc5, 0xa8], "PL"),
            ("", "alice", [0x37, 0x37, 0x92], "AL"),
            ("  ", "alice", [0x37, 0x37, 0x92], "AL"),
            ("", "Ünal", [0x93, 0x37, 0x8b], "ÜN"),
            ("ß ßtraße", "alice", [0x8a, 0xc8, 0xc8], "SSSS"),
            ("ıi İz", "alice", [0x37, 0x67, 0x37], "Iİ"),
            ("e\u{301}clair u\u{308}ber", "alice", [0x6e, 0x82, 0xc8], "EU"),
            ("山田 太郎", "alice", [0xc8, 0x4a, 0xbd], "山太"),
            ("ﬁnn ek", "alice", [0x37, 0xb1, 0xb0], "FIE"),
            ("👩\u{200d}💻 Dev", "alice", [0x37, 0x37, 0xc8], "👩D"),
            ("<script>&amp;\"", "alice", [0x92, 0x86, 0x8d], "<S"),
        ] {
            assert_eq!(draw(name, username), svg::data_uri(letters, fill), "{name:?} {username:?}");
        }
    }

    #[test]
    fn users_without_a_name_have_default_initials() {
        assert_eq!(draw(" ", "\u{1f}"), draw(NAMELESS, ""));
        assert_eq!(initials(NAMELESS), "AK");
    }

    proptest::proptest! {
        #[test]
        fn every_name_is_drawn(name: String, username: String) {
            let uri = draw(&name, &username);
            proptest::prop_assert!(uri.is_ascii() && uri.starts_with("data:image/svg+xml;base64,"));
        }
    }
}
