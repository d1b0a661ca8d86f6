//! The files of certificates that the URL of a database names.

use std::{fs::File, path::Path};

use super::DatabaseError;

/// Parameters that name a file: those of PostgreSQL, then those of MariaDB.
const FILES: [&str; 6] = ["sslrootcert", "sslcert", "sslkey", "ssl-ca", "ssl-cert", "ssl-key"];

/// How a value starts that is a certificate or key itself.
const INLINE: &str = "-----BEGIN";

/// Checks that the files can be read. Otherwise the failure of a connection would not name the file.
///
/// # Errors
/// [`DatabaseError::Certificate`].
pub(crate) fn check(url: &str) -> Result<(), DatabaseError> {
    let Some((_, query)) = url.split_once('?') else { return Ok(()) };
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if FILES.contains(&&*key) && !value.trim_start().starts_with(INLINE) {
            let path = Path::new(&*value);
            File::open(path)
                .map_err(|source| DatabaseError::Certificate { path: path.to_owned(), source })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_cannot_be_read_are_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let present = file.path().display();
        for (query, expected) in [
            ("", None),
            (&*format!("?sslmode=verify-full&sslrootcert={present}"), None),
            ("?sslrootcert=/no/ca.pem", Some("cannot read the certificate or key /no/ca.pem")),
            ("?ssl-ca=%2Fno%2Fca.pem", Some("cannot read the certificate or key /no/ca.pem")),
            ("?ssl-ca=-----BEGIN%20CERTIFICATE-----", None),
            ("?application_name=/no/ca.pem", None),
        ] {
            let outcome = check(&format!("postgres://a@b/c{query}"));
            assert_eq!(outcome.err().map(|error| error.to_string()).as_deref(), expected, "{query}");
        }
    }
}
