//! A statement that is put together.

use uuid::Uuid;

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    #[cfg(feature = "mysql")]
    Bytes(Vec<u8>),
    Flag(bool),
    Integer(i64),
    Uuid(Uuid),
    /// Ids of users, as one parameter.
    Users(Vec<i64>),
    /// Ids of groups, as one parameter.
    Groups(Vec<Uuid>),
}

/// Text and parameters. The text consists of pieces that stand in this program: values come in as parameters and in
/// no other way.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
    numbered: bool,
    conditions: bool,
}

impl Statement {
    /// Begins so; `numbered` tells whether parameters are `$1`, `$2` or all `?`.
    pub(crate) fn new(text: &'static str, numbered: bool) -> Self {
        Self { text: text.to_owned(), values: Vec::new(), numbered, conditions: false }
    }

    /// One that stands in a file.
    pub(crate) fn fixed(text: &'static str, values: Vec<Value>) -> Self {
        Self { text: text.to_owned(), values, numbered: true, conditions: false }
    }

    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn bind(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        if self.numbered {
            self.text.push('$');
            self.text.push_str(&self.values.len().to_string());
        } else {
            self.text.push('?');
        }
        self
    }

    /// Begins a condition more: all of them hold at once.
    pub(crate) fn condition(&mut self) -> &mut Self {
        let link = if self.conditions { "\n    AND " } else { "\nWHERE " };
        self.conditions = true;
        self.push(link)
    }

    /// These values, separated by commas.
    pub(crate) fn bind_all(&mut self, values: impl IntoIterator<Item = Value>) -> &mut Self {
        for (n, value) in values.into_iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self
    }

    pub(crate) fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_never_text() {
        for (numbered, expected) in [
            (true, "SELECT\nWHERE a = $1\n    AND b IN ($2, $3)"),
            (false, "SELECT\nWHERE a = ?\n    AND b IN (?, ?)"),
        ] {
            let mut statement = Statement::new("SELECT", numbered);
            statement.condition().push("a = ").bind(Value::Text("'; DROP TABLE".to_owned()));
            let values = [Value::Integer(1), Value::Flag(true)];
            statement.condition().push("b IN (").bind_all(values.clone()).push(")");
            let (text, bound) = statement.into_parts();
            assert_eq!(text, expected);
            assert_eq!(bound, [vec![Value::Text("'; DROP TABLE".to_owned())], values.to_vec()].concat());
        }
    }
}
