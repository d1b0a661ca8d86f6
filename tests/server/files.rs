//! The file of a SQLite database: its mode, foreign files, and a file that is deleted or replaced while it is open.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use rusqlite::Connection;
use serde_json::json;
use userbook_tests::binary::{Server, send};

use crate::support::{Folder, request, seed};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn served(folder: &Folder) -> Server {
    let path = folder.seed(&seed(1));
    Server::start(&["--database", &folder.database(), "--seed", &path])
}

fn rename(server: &Server, name: &str) -> u16 {
    request(server, "PATCH", "101/", &json!({"name": name})).status
}

fn readiness(server: &Server) -> u16 {
    send(server.address, "GET", "/-/health/ready/", &[], None).unwrap().status
}

#[test]
fn only_the_owner_can_read_the_files() {
    let folder = Folder::new();
    let server = served(&folder);
    assert_eq!(rename(&server, "Ada"), 200);
    for file in ["users.db", "users.db-wal", "users.db-shm"] {
        assert_eq!(mode(&folder.path(file)), 0o600, "{file}");
    }
}

#[test]
fn deleted_file_is_not_replaced_by_an_empty_one() {
    let folder = Folder::new();
    let server = served(&folder);
    assert_eq!((rename(&server, "Ada"), readiness(&server)), (200, 200));
    for file in ["users.db", "users.db-wal", "users.db-shm"] {
        fs::remove_file(folder.path(file)).unwrap();
    }
    assert_eq!(rename(&server, "Bob"), 503);
    assert_eq!(readiness(&server), 503);
    assert!(!folder.path("users.db").exists());
    let (_, log) = server.log();
    assert_eq!(log.matches("deleted or replaced").count(), 1, "{log}");
}

#[test]
fn replaced_file_gets_no_write() {
    let folder = Folder::new();
    let server = served(&folder);
    assert_eq!(rename(&server, "Ada"), 200);
    let other = Folder::new();
    served(&other).stop("TERM");
    fs::rename(folder.path("users.db"), folder.path("moved.db")).unwrap();
    fs::copy(other.path("users.db"), folder.path("users.db")).unwrap();
    assert_eq!((rename(&server, "Bob"), readiness(&server)), (503, 503));
    // The file comes back: the server works again, with all that it acknowledged.
    fs::rename(folder.path("moved.db"), folder.path("users.db")).unwrap();
    assert_eq!((rename(&server, "Cleo"), readiness(&server)), (200, 200));
}

#[test]
fn files_of_other_programs_are_refused_and_stay_as_they_are() {
    let folder = Folder::new();
    let foreign = Connection::open(folder.path("users.db")).unwrap();
    foreign.execute_batch("CREATE TABLE customers (name TEXT)").unwrap();
    drop(foreign);
    let before = fs::read(folder.path("users.db")).unwrap();
    let error = Server::try_start(&["--database", &folder.database()]).unwrap_err();
    assert!(error.contains("a database of another program"), "{error}");
    assert!(error.contains("users.db"), "{error}");
    assert_eq!(fs::read(folder.path("users.db")).unwrap(), before);

    fs::write(folder.path("users.db"), "these are notes and no database").unwrap();
    let error = Server::try_start(&["--database", &folder.database()]).unwrap_err();
    assert_eq!(error.matches("is not a SQLite database").count(), 1, "{error}");
}

#[test]
fn url_without_a_file_name_is_refused() {
    for url in ["sqlite:", "sqlite://", "sqlite:?mode=rwc"] {
        let error = Server::try_start(&["--database", url]).unwrap_err();
        assert!(error.contains("names no file"), "{url}: {error}");
    }
}

#[test]
fn file_of_another_user_is_named_in_the_error() {
    let folder = Folder::new();
    let missing = format!("sqlite:{}", folder.path("missing/users.db").display());
    let error = Server::try_start(&["--database", &missing]).unwrap_err();
    assert!(error.contains("missing/users.db"), "{error}");
    assert!(Command::new("ls").arg(folder.path("missing")).output().is_ok_and(|ls| !ls.status.success()));
}
