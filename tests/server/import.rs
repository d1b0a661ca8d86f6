//! `import` of many users into SQLite.

use std::{
    fmt::Write,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde_json::json;
use userbook_tests::{
    importing::{ImportFile, run, users},
    serving::administer,
};

use crate::support::Folder;

fn prepared() -> Folder {
    let folder = Folder::new();
    assert!(administer(&folder.database(), &["demo"]).status.success());
    folder
}

/// Loads the rows of all tables of the file with `.import` of SQLite's shell into a new file with the same tables and
/// indexes; returns the time. Binary values are loaded as hexadecimal text.
fn load(file: &Path, folder: &Path) -> Duration {
    let database = Connection::open(file).unwrap();
    let mut tables = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'userbook_%'")
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let schema = run("sqlite3", &[file.to_str().unwrap(), ".schema --nosys"], "");
    // Strict tables refuse hexadecimal text in binary columns.
    let schema = schema.replace(") STRICT, WITHOUT ROWID", ") WITHOUT ROWID").replace(") STRICT", ")");
    let mut dump = String::new();
    let mut script = format!("PRAGMA journal_mode = WAL;\n{schema}\n");
    for table in &tables {
        let sql = format!("SELECT name, type FROM pragma_table_info('{table}')");
        let mut columns = database.prepare(&sql).unwrap();
        let columns: Vec<String> = columns
            .query_map([], |row| {
                let (name, kind): (String, String) = (row.get(0)?, row.get(1)?);
                Ok(if kind == "BLOB" { format!("hex({name})") } else { name })
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let path = folder.join(format!("{table}.csv"));
        let (path, columns) = (path.display(), columns.join(", "));
        writeln!(dump, ".mode csv\n.output {path}\nSELECT {columns} FROM {table};").unwrap();
        writeln!(script, "DELETE FROM {table};\n.import --csv {path} {table}").unwrap();
    }
    run("sqlite3", &[file.to_str().unwrap()], &dump);
    let target = folder.join("loaded.db");
    let start = Instant::now();
    run("sqlite3", &[target.to_str().unwrap()], &script);
    let time = start.elapsed();
    let count = |path: &Path| -> i64 {
        let database = Connection::open(path).unwrap();
        database.query_row("SELECT count(*) FROM userbook_event", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&target), count(file));
    time
}

#[test]
#[ignore = "takes minutes with many users"]
fn import_of_many_users_takes_bounded_memory_and_time() {
    let (folder, file) = (prepared(), ImportFile::new(users()));
    file.compare(&folder.database(), || load(&folder.path("users.db"), file.folder()));
}

#[test]
#[ignore = "takes minutes with many users"]
fn interrupted_import_of_many_users_completes_without_duplicates() {
    let (folder, file) = (prepared(), ImportFile::new(users()));
    interrupt(&folder, &file);
}

#[test]
fn interrupted_import_completes_without_duplicates() {
    let (folder, file) = (prepared(), ImportFile::new(3_000));
    interrupt(&folder, &file);
}

fn interrupt(folder: &Folder, file: &ImportFile) {
    let path = folder.path("users.db");
    file.interrupt(&folder.database(), || {
        let database = Connection::open(&path).unwrap();
        database.busy_timeout(Duration::from_mins(1)).unwrap();
        let count = |table: &str| -> u64 {
            let sql = format!("SELECT count(*) FROM {table}");
            database.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
        };
        (count("userbook_user"), count("userbook_event"))
    });
}

#[test]
fn repeated_numbers_are_refused_with_file_line_and_field() {
    let folder = prepared();
    let group = uuid::Uuid::from_u128(77);
    let row = |name: &str| json!({"group": {"pk": group, "name": name, "is_superuser": false, "parent": null, "attributes": {}}});
    let rows = [
        row("First"),
        row("Second"),
        json!({"pk": 50, "username": "one"}),
        json!({"pk": 50, "username": "two"}),
        json!({"pk": 51, "username": "three"}),
    ];
    let path = folder.path("twice.jsonl");
    fs::write(&path, rows.map(|row| row.to_string()).join("\n")).unwrap();
    let output = administer(&folder.database(), &["import", path.to_str().unwrap()]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(error.contains("twice.jsonl: line 4: pk: 50 is in this file already"), "{error}");
    assert!(error.contains(&format!("twice.jsonl: line 2: pk: {group} is in this file already")), "{error}");
    let names = ["one", "two", "three"].map(|name| administer(&folder.database(), &["user", "show", name]));
    assert_eq!(names.map(|shown| shown.status.success()), [true, false, true]);
}
