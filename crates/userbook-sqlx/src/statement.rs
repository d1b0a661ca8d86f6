//! Statements with named parameters.

use std::sync::OnceLock;

/// How a database writes parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholders {
    /// `$1`, `$2`, …: each name has one number.
    Numbered,
    /// `?` for each occurrence of a name.
    Positional,
}

/// A statement, usually the text of a file. Parameters are names with a colon: `:user`. Comments are lines of their
/// own.
#[derive(Debug)]
pub struct Statement {
    source: &'static str,
    constants: Constants,
    numbered: OnceLock<Resolved>,
    positional: OnceLock<Resolved>,
}

/// Parameters with literals in their place: the planner removes the parts of the statement that they make superfluous.
type Constants = &'static [(&'static str, &'static str)];

impl Statement {
    /// Uses this text.
    pub const fn new(source: &'static str) -> Self {
        Self::with_constants(source, &[])
    }

    /// Uses the text with literals in place of some parameters, each a name and a literal.
    pub(crate) const fn with_constants(source: &'static str, constants: Constants) -> Self {
        Self { source, constants, numbered: OnceLock::new(), positional: OnceLock::new() }
    }

    #[cfg(all(test, feature = "postgres"))]
    pub(crate) fn source(&self) -> &'static str {
        self.source
    }

    pub(crate) fn resolved(&'static self, placeholders: Placeholders) -> &'static Resolved {
        let cell = match placeholders {
            Placeholders::Numbered => &self.numbered,
            Placeholders::Positional => &self.positional,
        };
        cell.get_or_init(|| resolve_with(self.source, placeholders, self.constants))
    }
}

/// A statement as the database takes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The text without comments.
    pub text: String,
    /// The names of the values to bind, in order.
    pub parameters: Vec<&'static str>,
}

/// Replaces the named parameters of a statement. Comments must be lines of their own.
pub fn resolve(source: &'static str, placeholders: Placeholders) -> Resolved {
    resolve_with(source, placeholders, &[])
}

fn resolve_with(source: &'static str, placeholders: Placeholders, constants: Constants) -> Resolved {
    let mut resolved = Resolved { text: String::with_capacity(source.len()), parameters: Vec::new() };
    for line in source.lines().filter(|line| !line.trim_start().starts_with("--")) {
        for (n, part) in line.split('\'').enumerate() {
            if n > 0 {
                resolved.text.push('\'');
            }
            if n % 2 == 0 {
                resolved.push_code(part, placeholders, constants);
            } else {
                resolved.text.push_str(part);
            }
        }
        resolved.text.push('\n');
    }
    resolved
}

impl Resolved {
    /// Adds text outside of quotes.
    fn push_code(&mut self, code: &'static str, placeholders: Placeholders, constants: Constants) {
        let mut is_cast = false;
        for (n, piece) in code.split(':').enumerate() {
            if n == 0 || is_cast {
                self.text.push_str(piece);
                is_cast = false;
            } else if piece.is_empty() {
                self.text.push_str("::");
                is_cast = true;
            } else {
                let is_part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = piece.find(|c| !is_part_of_name(c)).unwrap_or(piece.len());
                let (name, after) = piece.split_at(end);
                match constants.iter().find(|(constant, _)| *constant == name) {
                    Some((_, literal)) => self.text.push_str(literal),
                    None => self.push_parameter(name, placeholders),
                }
                self.text.push_str(after);
            }
        }
    }

    fn push_parameter(&mut self, name: &'static str, placeholders: Placeholders) {
        let known = self.parameters.iter().position(|parameter| *parameter == name);
        match placeholders {
            Placeholders::Positional => {
                self.parameters.push(name);
                self.text.push('?');
            }
            Placeholders::Numbered => {
                let index = known.unwrap_or_else(|| {
                    self.parameters.push(name);
                    self.parameters.len() - 1
                });
                self.text.push('$');
                self.text.push_str(&(index + 1).to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_placeholders() {
        let source =
            "-- Not :this\nSELECT ':x', :b::uuid[], a::text\n    -- nor ':this\nWHERE c = :a AND d = :b";
        let numbered = resolve(source, Placeholders::Numbered);
        assert_eq!(numbered.text, "SELECT ':x', $1::uuid[], a::text\nWHERE c = $2 AND d = $1\n");
        assert_eq!(numbered.parameters, ["b", "a"]);
        let positional = resolve(source, Placeholders::Positional);
        assert_eq!(positional.text, "SELECT ':x', ?::uuid[], a::text\nWHERE c = ? AND d = ?\n");
        assert_eq!(positional.parameters, ["b", "a", "b"]);
    }

    #[test]
    fn constants_take_the_place_of_parameters() {
        let source = "SELECT ':b', :b::uuid[]\nWHERE c = :a AND d = :b AND e = :be";
        let resolved = resolve_with(source, Placeholders::Numbered, &[("b", "'{}'")]);
        assert_eq!(resolved.text, "SELECT ':b', '{}'::uuid[]\nWHERE c = $1 AND d = '{}' AND e = $2\n");
        assert_eq!(resolved.parameters, ["a", "be"]);
    }
}
