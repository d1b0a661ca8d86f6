//! Filters as clients send them: values without quotes, `not` without a space.

/// The operators that a value follows.
const COMPARISONS: [&str; 9] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

/// Puts a space between `not` and a parenthesis, which RFC 7644 does not require but the parser does. With `quotes`,
/// also puts quotes around values without quotes, and writes booleans and null in lower case. Other text stays.
///
/// A value without quotes ends at white space, a closing parenthesis or a closing bracket.
pub(super) fn normalized(text: &str, quotes: bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut follows_comparison = false;
    let mut first = true;
    while !rest.is_empty() {
        let blank = rest.find(|letter: char| !letter.is_whitespace()).unwrap_or(rest.len());
        let (spaces, behind) = rest.split_at_checked(blank).unwrap_or((rest, ""));
        out.push_str(spaces);
        let is_value = follows_comparison && !spaces.is_empty();
        let end = token_end(behind, is_value);
        let (token, behind) = behind.split_at_checked(end).unwrap_or((behind, ""));
        if is_value && quotes {
            push_value(&mut out, token);
        } else {
            out.push_str(token);
            if !is_value && token.eq_ignore_ascii_case("not") && behind.starts_with('(') {
                out.push(' ');
            }
        }
        let is_operator = COMPARISONS.iter().any(|it| it.eq_ignore_ascii_case(token));
        follows_comparison = is_operator && !is_value && !first && !spaces.is_empty();
        first = false;
        rest = behind;
    }
    out
}

/// Returns the length of the next token: a quoted text, or everything up to a delimiter.
fn token_end(text: &str, is_value: bool) -> usize {
    if text.starts_with('"') {
        let mut escaped = false;
        for (at, letter) in text.char_indices().skip(1) {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return at + 1,
                _ => {}
            }
        }
        return text.len();
    }
    let is_end = |letter: char| {
        letter.is_whitespace() || letter == ')' || letter == ']' || (!is_value && "([\"".contains(letter))
    };
    match text.find(is_end) {
        // A delimiter alone is a token.
        Some(0) => text.chars().next().map_or(0, char::len_utf8),
        Some(end) => end,
        None => text.len(),
    }
}

fn push_value(out: &mut String, token: &str) {
    let literal = ["true", "false", "null"].into_iter().find(|it| it.eq_ignore_ascii_case(token));
    if let Some(literal) = literal {
        out.push_str(literal);
    } else if token.starts_with('"') || token.starts_with([')', ']']) || is_number(token) {
        out.push_str(token);
    } else {
        // `Value` writes a text with quotes and escapes.
        out.push_str(&serde_json::Value::from(token).to_string());
    }
}

fn is_number(token: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(token).is_ok()
}
