//! A statement that is built from pieces.
//!
//! Stricter than sqlx's `QueryBuilder`: only text of this program can be pushed.

use crate::{
    backend::Backend,
    driver::{Bound, bind_text},
    statement::Placeholders,
    value::Value,
};

/// Text and parameters. Values enter as parameters only.
#[derive(Debug, Clone)]
pub struct ListStatement {
    text: String,
    values: Vec<Value<'static>>,
    placeholders: Placeholders,
    has_conditions: bool,
}

impl ListStatement {
    pub(crate) fn new(text: &'static str, placeholders: Placeholders) -> Self {
        Self { text: text.to_owned(), values: Vec::new(), placeholders, has_conditions: false }
    }

    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn bind(&mut self, value: impl Into<Value<'static>>) -> &mut Self {
        self.values.push(value.into());
        match self.placeholders {
            Placeholders::Numbered => {
                self.text.push('$');
                self.text.push_str(&self.values.len().to_string());
            }
            Placeholders::Positional => self.text.push('?'),
        }
        self
    }

    /// Begins another condition. All conditions must hold.
    pub(crate) fn condition(&mut self) -> &mut Self {
        let link = if self.has_conditions { "\n    AND " } else { "\nWHERE " };
        self.has_conditions = true;
        self.push(link)
    }

    /// Binds values, separated by commas.
    pub(crate) fn bind_all(&mut self, values: impl IntoIterator<Item = Value<'static>>) -> &mut Self {
        for (n, value) in values.into_iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self
    }

    pub(crate) fn into_query<B: Backend>(self) -> Result<Bound<B>, sqlx::Error> {
        bind_text::<B>(self.text, &self.values)
    }

    #[cfg(test)]
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_never_text() {
        for (placeholders, expected) in [
            (Placeholders::Numbered, "SELECT\nWHERE a = $1\n    AND b IN ($2, $3)"),
            (Placeholders::Positional, "SELECT\nWHERE a = ?\n    AND b IN (?, ?)"),
        ] {
            let mut statement = ListStatement::new("SELECT", placeholders);
            statement.condition().push("a = ").bind("'; DROP TABLE");
            let values = [Value::from(1), Value::from(true)];
            statement.condition().push("b IN (").bind_all(values.clone()).push(")");
            assert_eq!(statement.text, expected);
            assert_eq!(statement.values, [vec![Value::from("'; DROP TABLE")], values.to_vec()].concat());
        }
    }
}
