//! Measures the size of a document without writing its text.

use std::{fmt, ops::ControlFlow};

use serde_json::{Number, Value};

/// The size of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Size {
    /// Bytes of compact JSON.
    pub(crate) bytes: usize,
    /// Values at any depth, the document itself included.
    pub(crate) nodes: usize,
}

impl Size {
    /// Measures a document.
    pub(crate) fn of(value: &Value) -> Self {
        let mut size = Self::default();
        let _ = for_each_value(value, 1, &mut |_, _, bytes| {
            size.bytes += bytes;
            size.nodes += 1;
            ControlFlow::<()>::Continue(())
        });
        size
    }
}

/// Returns the number of values at any depth, the document included.
pub(crate) fn count_nodes(value: &Value) -> usize {
    Size::of(value).nodes
}

/// Calls `visit` with each value, its level and its bytes, parents first, until `visit` breaks. The bytes are those of
/// compact JSON: brackets and commas of a container, and the key of a member. `value` is at level `level`.
pub(crate) fn for_each_value<B>(
    value: &Value,
    level: usize,
    visit: &mut impl FnMut(&Value, usize, usize) -> ControlFlow<B>,
) -> ControlFlow<B> {
    walk(0, value, level, visit)
}

fn walk<B>(
    key_bytes: usize,
    value: &Value,
    level: usize,
    visit: &mut impl FnMut(&Value, usize, usize) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let brackets = |length: usize| 2 + length.saturating_sub(1);
    match value {
        Value::Null => visit(value, level, key_bytes + 4),
        Value::Bool(boolean) => visit(value, level, key_bytes + if *boolean { 4 } else { 5 }),
        Value::Number(number) => visit(value, level, key_bytes + number_bytes(number)),
        Value::String(text) => visit(value, level, key_bytes + text_bytes(text)),
        Value::Array(items) => {
            visit(value, level, key_bytes + brackets(items.len()))?;
            items.iter().try_for_each(|item| walk(0, item, level + 1, visit))
        }
        Value::Object(members) => {
            visit(value, level, key_bytes + brackets(members.len()))?;
            members.iter().try_for_each(|(key, member)| walk(text_bytes(key) + 1, member, level + 1, visit))
        }
    }
}

/// Returns the bytes of a text with quotes and escapes.
fn text_bytes(text: &str) -> usize {
    let escapes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0C => 1,
        0x00..=0x1F => 5,
        _ => 0_usize,
    });
    text.len() + 2 + escapes.sum::<usize>()
}

fn number_bytes(number: &Number) -> usize {
    /// Counts the written bytes.
    struct Counter(usize);

    impl fmt::Write for Counter {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }

    let mut counter = Counter(0);
    // The counter never fails.
    let _ = fmt::write(&mut counter, format_args!("{number}"));
    counter.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_size_is_that_of_the_text() {
        let controls: String = (0..=0x7F_u8).map(char::from).collect();
        for (value, nodes) in [
            (json!(null), 1),
            (json!([true, false]), 3),
            (json!([]), 1),
            (json!({}), 1),
            (json!([0, -1, 1.0, 1e300, -0.0, 1e-7, u64::MAX, i64::MIN, 0.1]), 10),
            (json!("é😀\u{7f}\u{2028}"), 1),
            (json!({ controls.clone(): controls }), 2),
            (json!({"a": {"b": [1, {"c": null}]}, "d": ""}), 7),
        ] {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(Size::of(&value), Size { bytes: text.len(), nodes }, "{text}");
            assert_eq!(count_nodes(&value), nodes, "{text}");
        }
    }

    #[test]
    fn levels_are_counted_and_a_break_ends_the_walk() {
        let mut levels = Vec::new();
        let value = json!([[1], 2, [[3]]]);
        let end = for_each_value(&value, 1, &mut |_, level, _| {
            levels.push(level);
            if level == 4 { ControlFlow::Break("deep") } else { ControlFlow::Continue(()) }
        });
        assert_eq!(end, ControlFlow::Break("deep"));
        assert_eq!(levels, [1, 2, 3, 2, 2, 3, 4]);
    }

    #[test]
    fn a_deep_document_needs_little_stack() {
        let deep = (0..500).fold(json!(1), |inner, _| json!([inner]));
        let thread = std::thread::Builder::new().stack_size(512 * 1024);
        let measured = thread.spawn(move || Size::of(&deep)).unwrap().join().unwrap();
        assert_eq!(measured, Size { bytes: 1001, nodes: 501 });
    }
}
