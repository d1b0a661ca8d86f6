//! The statement files of `userbook-sqlx`.

use std::{fs, path::Path};

use userbook_sqlx::{Placeholders, resolve};

/// A statement as a database takes it.
#[derive(Debug)]
pub struct SqlFile {
    /// The file's name without its extension.
    pub name: String,
    /// The text with placeholders.
    pub text: String,
    /// How many values it takes.
    pub parameters: usize,
}

/// All statements of a database: the files in its folder, and the shared ones that it does not replace.
///
/// # Panics
/// If a file cannot be read.
#[must_use]
pub fn sql_files(folder: &str, placeholders: Placeholders) -> Vec<SqlFile> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/userbook-sqlx/src");
    let mut files: Vec<SqlFile> = Vec::new();
    for folder in [source.join(folder).join("sql"), source.join("sql")] {
        for entry in fs::read_dir(folder).expect("the file can be read") {
            let path = entry.expect("the file can be read").path();
            let name = path.file_stem().expect("the file can be read").to_string_lossy().into_owned();
            if files.iter().any(|file| file.name == name) {
                continue;
            }
            // A file may hold several statements.
            for statement in fs::read_to_string(&path).expect("the file can be read").split(";\n") {
                let resolved = resolve(statement.to_owned().leak(), placeholders);
                let parameters = resolved.parameters.len();
                files.push(SqlFile { name: name.clone(), text: resolved.text, parameters });
            }
        }
    }
    files
}
