//! The examples that run to their end.

use sqlx::{ConnectOptions, SqlitePool};
use userbook::{
    UserId, UserStore,
    store::{Outbox, SnapshotQuery},
};
use userbook_sqlx::sqlite::{SqliteStore, connect_options};
use userbook_tests::{rows::NINE, servers::postgres::Database};

use crate::process::output;

/// Runs an example of a store twice and checks the output and the stored state.
async fn check_store(name: &str, url: &str, store: &(impl UserStore + Outbox)) {
    let first = output(name, &[url]);
    assert!(first.starts_with("imported\nApplied("), "{first}");
    assert!(first.contains("Ada Lovelace <ada@example.org>\nevent "), "{first}");
    assert!(first.ends_with("[\"email\", \"name\"]\n"), "{first}");
    assert_eq!(output(name, &[url]), "has users already\nUnchanged: Ada Lovelace <ada@example.org>\n");

    let user = store.load(&SnapshotQuery::user(UserId(7))).await.unwrap().user.unwrap();
    assert_eq!((user.name.as_str(), user.email.as_str()), ("Ada Lovelace", "ada@example.org"));
    assert!(store.pending(NINE).await.unwrap().is_empty());
}

#[tokio::test]
async fn sqlite_migrates_imports_updates_and_acknowledges_events() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("users.db").display());
    let pool = SqlitePool::connect_with(connect_options(&url).unwrap()).await.unwrap();
    check_store("sqlite", &url, &SqliteStore::new(pool)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_migrates_imports_updates_and_acknowledges_events() {
    let database = Database::blank().await;
    let url = database.options().to_url_lossy().to_string();
    check_store("postgres", &url, &*database.store).await;
}

#[test]
fn authorizer_allows_hides_and_denies() {
    let written = output("authorizer", &[]);
    let lines: Vec<&str> = written.lines().collect();
    let [email, path, stranger, missing] = lines[..] else { panic!("{written}") };
    assert!(email.starts_with("e-mail of a mate: Applied("), "{email}");
    assert!(path.starts_with("path of a mate: ") && path.contains("path"), "{path}");
    let reason = |line: &str| line.split_once(": ").unwrap().1.to_owned();
    assert_eq!(reason(stranger), reason(missing));
}

#[test]
fn outbox_delivers_each_change_once() {
    let written = output("outbox", &[]);
    let events: Vec<serde_json::Value> =
        written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let changes = events.iter().map(|event| (event["kind"].as_str(), event["request_id"].as_str()));
    let expected = [(Some("user_inserted"), Some("req-1")), (Some("user_updated"), Some("req-2"))];
    assert_eq!(changes.collect::<Vec<_>>(), expected);
}

#[test]
fn translate_shows_german_messages_with_their_fields() {
    let written = output("translate", &[]);
    let expected = [
        "username: Schon vergeben.",
        "name: Höchstens 1024 Zeichen.",
        "email: Bitte eine gültige E-Mail-Adresse angeben.",
        "-: Dafür fehlt Ihnen die Berechtigung.",
    ];
    assert_eq!(written.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn tenants_have_users_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let written = output("tenants", &[folder.path().to_str().unwrap()]);
    assert_eq!(written, "acme: user 1 is Ada\nglobex: user 1 is Grace\n");
    for tenant in ["acme.db", "globex.db"] {
        assert!(folder.path().join(tenant).is_file());
    }
}
