//! The URL of a database, which may contain a password.

use std::{convert::Infallible, fmt, str::FromStr};

/// A database URL. `Debug` shows only the scheme, because the rest may contain a password.
///
/// ```
/// use userbook_server::DatabaseUrl;
///
/// let url: DatabaseUrl = "postgres://ada:secret@localhost/users".parse()?;
/// assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres:..)");
/// assert_eq!(url.as_str(), "postgres://ada:secret@localhost/users");
/// # Ok::<_, std::convert::Infallible>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Returns the complete URL, password included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    /// Accepts any text; opening the database validates the URL.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_once(':') {
            Some((scheme, _)) => write!(f, "DatabaseUrl({scheme}:..)"),
            None => f.write_str("DatabaseUrl(..)"),
        }
    }
}
