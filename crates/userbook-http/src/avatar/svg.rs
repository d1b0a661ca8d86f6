//! Draws letters on a coloured disc.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

/// Capacity for the frame and a few letters.
const CAPACITY: usize = 640;

/// Returns the SVG, one line of ASCII, as a `data:` URI.
pub(super) fn data_uri(letters: &str, fill: [u8; 3]) -> String {
    let mut uri = String::with_capacity(CAPACITY * 3 / 2);
    uri.push_str("data:image/svg+xml;base64,");
    STANDARD.encode_string(svg(letters, fill), &mut uri);
    uri
}

fn svg(letters: &str, fill: [u8; 3]) -> String {
    let [red, green, blue] = fill;
    let ink = ink(fill);
    let mut svg = String::with_capacity(CAPACITY);
    // Writing to a string never fails.
    _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"64px\" height=\"64px\" viewBox=\"0 0 64 64\" \
         version=\"1.1\"><rect fill=\"#{red:02x}{green:02x}{blue:02x}\" cx=\"32\" cy=\"32\" width=\"64\" \
         height=\"64\" r=\"32\"/><text x=\"50%\" y=\"50%\" style=\"color: #{ink}; line-height: 1; font-family: \
         'RedHatText','Overpass',overpass,helvetica,arial,sans-serif; \" fill=\"#{ink}\" \
         alignment-baseline=\"middle\" dominant-baseline=\"middle\" text-anchor=\"middle\" font-size=\"28\" \
         font-weight=\"400\" dy=\".1em\">"
    );
    letters.chars().for_each(|letter| push_escaped(&mut svg, letter));
    svg.push_str("</text></svg>");
    svg
}

/// Returns black for bright colours and white for others.
fn ink(fill: [u8; 3]) -> &'static str {
    let [red, green, blue] = fill.map(u32::from);
    if red * 299 + green * 587 + blue * 114 > 186_000 { "000" } else { "fff" }
}

/// Replaces characters that XML forbids by U+FFFD.
fn push_escaped(svg: &mut String, letter: char) {
    match letter {
        '&' => svg.push_str("&amp;"),
        '<' => svg.push_str("&lt;"),
        '>' => svg.push_str("&gt;"),
        ' '..='\u{7f}' => svg.push(letter),
        '\0'..' ' | '\u{fffe}' | '\u{ffff}' => push_escaped(svg, char::REPLACEMENT_CHARACTER),
        _ => _ = write!(svg, "&#{};", u32::from(letter)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_the_recorded_one() {
        // The recorded response for a user named "Alice Example".
        let recorded = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI2NHB4I\
            iBoZWlnaHQ9IjY0cHgiIHZpZXdCb3g9IjAgMCA2NCA2NCIgdmVyc2lvbj0iMS4xIj48cmVjdCBmaWxsPSIjM2ZjOGIyIiBj\
            eD0iMzIiIGN5PSIzMiIgd2lkdGg9IjY0IiBoZWlnaHQ9IjY0IiByPSIzMiIvPjx0ZXh0IHg9IjUwJSIgeT0iNTAlIiBzdHl\
            sZT0iY29sb3I6ICNmZmY7IGxpbmUtaGVpZ2h0OiAxOyBmb250LWZhbWlseTogJ1JlZEhhdFRleHQnLCdPdmVycGFzcycsb3\
            ZlcnBhc3MsaGVsdmV0aWNhLGFyaWFsLHNhbnMtc2VyaWY7ICIgZmlsbD0iI2ZmZiIgYWxpZ25tZW50LWJhc2VsaW5lPSJta\
            WRkbGUiIGRvbWluYW50LWJhc2VsaW5lPSJtaWRkbGUiIHRleHQtYW5jaG9yPSJtaWRkbGUiIGZvbnQtc2l6ZT0iMjgiIGZv\
            bnQtd2VpZ2h0PSI0MDAiIGR5PSIuMWVtIj5BRTwvdGV4dD48L3N2Zz4=";
        assert_eq!(data_uri("AE", [0x3f, 0xc8, 0xb2]), recorded);
    }

    #[test]
    fn escapes() {
        for (letters, expected) in [
            ("&<>", "&amp;&lt;&gt;"),
            ("\"'\u{7f}", "\"'\u{7f}"),
            ("Ü\u{80}😀", "&#220;&#128;&#128512;"),
            ("\0\u{1}\u{1b}\u{fffe}\u{ffff}", "&#65533;&#65533;&#65533;&#65533;&#65533;"),
        ] {
            let svg = svg(letters, [55; 3]);
            assert!(svg.ends_with(&format!(">{expected}</text></svg>")), "{svg}");
            assert!(svg.is_ascii() && svg.len() < CAPACITY);
        }
    }

    #[test]
    fn ink_stands_out() {
        assert_eq!(ink([0xc8, 0xc5, 0xa8]), "000");
        assert_eq!(ink([0x8a, 0xc8, 0xc8]), "fff");
    }
}
