//! The seed file: the content of a directory as JSON, with tokens and permissions.
//!
//! Rows are imported unchanged: stored rows may break current rules, for example by an unusual path or e-mail address.
//! The file itself is strict: every key except dates and the identifier of a token is required, unknown keys and
//! dangling references are refused.

mod check;
mod out;
mod permission;
pub(crate) mod rows;

use std::path::{Path, PathBuf};

use userbook::store::ImportData;

use self::rows::SeedFile;
pub(crate) use self::{
    out::{GroupOut, ObjectPermissionOut, PermissionOut, TokenOut, UserOut},
    permission::check as check_permission,
};
use crate::{ambient::Ambient, auth::AuthRows};

/// A reason why a seed file cannot be used. Every error names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// Reading the file failed.
    #[error("cannot read the seed file {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The content is not a valid seed.
    #[error("invalid seed file {file}: {place}{error}")]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The record and field, if known, with a colon.
        place: String,
        /// The violation and its position.
        error: serde_json::Error,
    },
    /// Records contradict each other.
    #[error("invalid seed file {0}: {1}")]
    Invalid(PathBuf, Problems),
}

/// What is wrong with the records of a file, each with record and field.
#[derive(Debug, Default)]
pub struct Problems(pub(crate) Vec<String>);

/// The number of problems that an error shows.
const SHOWN: usize = 20;

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = self.0.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
        f.write_str(&shown)?;
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// The content of a seed file.
#[derive(Debug)]
pub struct Seed {
    /// Users and groups.
    pub rows: ImportData,
    /// Tokens and permissions.
    pub auth: AuthRows,
    /// What an administrator should know before using this seed.
    pub warnings: Vec<String>,
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    /// [`SeedError`] with file, record and field of every violation.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        Self::read_with(path, &Ambient::default())
    }

    /// Reads a seed file. Time and ids that the file does not contain come from `ambient`.
    pub(crate) fn read_with(path: &Path, ambient: &Ambient) -> Result<Self, SeedError> {
        let text = std::fs::read(path).map_err(|error| SeedError::Unreadable(path.to_owned(), error))?;
        Self::parse(&text, path, ambient)
    }

    /// Reads the text of the named file. Time and ids that the file does not contain come from `ambient`.
    pub(crate) fn parse(text: &[u8], path: &Path, ambient: &Ambient) -> Result<Self, SeedError> {
        let file = parse(text, path)?;
        let warnings = check::warnings(&file);
        Ok(file.into_seed(warnings, ambient))
    }

    /// Reads the rows of a seed file.
    pub(crate) fn read_file(path: &Path) -> Result<SeedFile, SeedError> {
        let text = std::fs::read(path).map_err(|error| SeedError::Unreadable(path.to_owned(), error))?;
        parse(&text, path)
    }
}

fn parse(text: &[u8], path: &Path) -> Result<SeedFile, SeedError> {
    // Some editors write a byte order mark.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = serde_json::Deserializer::from_slice(text);
    // Stored attributes may exceed the default depth limit of serde_json.
    reader.disable_recursion_limit();
    let malformed = |place, error| SeedError::Malformed { file: path.to_owned(), place, error };
    let file: SeedFile = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = match error.path().to_string().as_str() {
            "." => String::new(),
            path => format!("{path}: "),
        };
        malformed(place, error.into_inner())
    })?;
    reader.end().map_err(|error| malformed(String::new(), error))?;
    let problems = check::problems(&file);
    if problems.0.is_empty() { Ok(file) } else { Err(SeedError::Invalid(path.to_owned(), problems)) }
}

#[cfg(test)]
mod tests;
