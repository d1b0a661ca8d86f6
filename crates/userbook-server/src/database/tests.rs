use std::{
    fs::{read_dir, read_link},
    path::Path,
};

use clap::Parser as _;

use super::*;
use crate::Settings;

/// Returns the number of open files in the folder.
fn open_files(folder: &Path) -> usize {
    // Another test may close a file meanwhile.
    let links = read_dir("/proc/self/fd").unwrap().filter_map(|entry| read_link(entry.ok()?.path()).ok());
    links.filter(|link| link.starts_with(folder)).count()
}

#[tokio::test]
async fn a_closed_database_has_only_its_handle() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("users.db").display());
    let limits = Settings::parse_from(["userbook-server", "--database", "memory:"]).limits;
    let database = Database::open(&url, &limits).await.unwrap();
    database.directory.reserve_user_id().await.unwrap();
    assert!(open_files(folder.path()) > 1);
    database.close().await;
    assert_eq!(open_files(folder.path()), 1, "the writer's connection is closed");
    drop(database);
    assert_eq!(open_files(folder.path()), 0);
}
