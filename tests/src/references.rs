//! Statements of a host: foreign keys to users and groups, and statements that change users.

use userbook::{
    Actor, GroupError, PermissionAuthorizer, StaticPermissions, Timestamp, UpdateError, User, UserId,
    UserRef, UserService, UserStore,
    store::{CommitOutcome, Outbox, ProvisioningStore, SessionStore, SnapshotQuery},
    violation::{Violation, ViolationKind},
};

use crate::rows::{NINE, group, rename, user};

/// A deletion that a row of the host forbids is a violation, writes nothing, and succeeds after the row is gone. The
/// store has the rows of [`prepared`](crate::rows::prepared), and `execute` runs a statement of the host. `uuid` is the
/// type of group ids.
pub async fn deletions_are_rejected_while_rows_of_the_host_refer<S: ProvisioningStore + Outbox + Clone>(
    store: &S,
    uuid: &str,
    execute: impl AsyncFn(String),
) {
    let service = UserService::new(store.clone(), PermissionAuthorizer::new(StaticPermissions::none()));
    let host = Actor::system();
    for (table, key, parent) in [("accounts", "BIGINT", "userbook_user"), ("teams", uuid, "userbook_group")] {
        let sql = format!(
            "CREATE TABLE {table} (owner {key} NOT NULL, CONSTRAINT {table}_owner FOREIGN KEY (owner) REFERENCES {parent} (id))"
        );
        execute(sql).await;
        execute(format!("INSERT INTO {table} SELECT id FROM {parent}")).await;
    }
    let (user, id) = (UserRef::from(UserId(2)), group(1).id);
    let Err(UpdateError::Invalid(violations)) = service.delete_user(&host, user).await else {
        panic!("the account refers to the user")
    };
    let expected = Violation { field: None, kind: ViolationKind::Referenced };
    assert_eq!(violations.iter().collect::<Vec<_>>(), [&expected]);
    let Err(GroupError::Invalid(violations)) = service.delete_group(&host, id).await else {
        panic!("the team refers to the group")
    };
    assert_eq!(violations.iter().map(|it| &it.kind).collect::<Vec<_>>(), [&ViolationKind::Referenced]);
    let kept = service.retrieve(&host, user).await.expect("the user stays").user;
    assert!(kept.groups.contains(&id), "the user stays a member");
    assert_eq!(store.pending(NINE).await.expect("has events"), []);

    for table in ["accounts", "teams"] {
        execute(format!("DELETE FROM {table}")).await;
    }
    service.delete_group(&host, id).await.expect("no row refers to the group");
    service.delete_user(&host, user).await.expect("no row refers to the user");
    assert_eq!(store.pending(NINE).await.expect("has events").len(), 3);
}

/// With the trigger, a statement of the host renews the revision. The store has the rows of
/// [`prepared`](crate::rows::prepared).
pub async fn statements_of_the_host_renew_the_revision<S: SessionStore + UserStore>(
    store: &S,
    trigger: &str,
    execute: impl AsyncFn(String),
) {
    let load = async || store.load(&SnapshotQuery::user(UserId(1))).await.expect("loads");
    execute(trigger.to_owned()).await;
    execute(trigger.to_owned()).await;

    // Writes of the library are as before.
    assert!(store.record_login(UserId(1).into(), Timestamp::UNIX_EPOCH).await.expect("writes"));
    let with_login = User { last_login: Some(Timestamp::UNIX_EPOCH), ..user(1) };
    assert_eq!(load().await.user, Some(with_login));
    let change = rename(&user(1), 1);
    assert_eq!(store.commit(&change).await.expect("writes"), CommitOutcome::Applied);
    let before = load().await;
    let stored = before.user.expect("the user exists");
    assert_eq!((stored.revision, stored.updated_at), (change.change.into(), change.event.time));

    execute("UPDATE userbook_user SET name = 'Direct' WHERE id = 1".to_owned()).await;
    let late = rename(&stored, 2);
    assert_eq!(store.commit(&late).await.expect("answers"), CommitOutcome::Conflict);
    let after = load().await;
    let renewed = after.user.expect("the user exists");
    assert_eq!(renewed.name, "Direct");
    assert_ne!(renewed.revision, stored.revision);
    assert!(renewed.updated_at > stored.updated_at);
    assert_eq!((renewed.session_epoch, after.epochs), (stored.session_epoch, before.epochs));

    execute("UPDATE userbook_user SET is_active = FALSE WHERE id = 1".to_owned()).await;
    let ended = load().await;
    let inactive = ended.user.expect("the user exists");
    assert_ne!((inactive.revision, inactive.session_epoch), (renewed.revision, renewed.session_epoch));
    assert_ne!(inactive.session_epoch, renewed.session_epoch);
    assert_eq!(ended.epochs.superusers, before.epochs.superusers + 1);
    execute("UPDATE userbook_user SET is_active = FALSE WHERE id = 1".to_owned()).await;
    assert_eq!(load().await.user.as_ref(), Some(&inactive), "nothing changes");
    let next = rename(&inactive, 3);
    assert_eq!(store.commit(&next).await.expect("writes"), CommitOutcome::Applied);
}

#[cfg(test)]
pub(crate) mod tests {
    use sqlx::{AssertSqlSafe, SqlitePool};
    use tempfile::TempDir;
    use userbook::store::ImportStore;
    use userbook_sqlx::sqlite::{REVISION_TRIGGER, SqliteStore, connect_options};

    use super::*;
    use crate::rows::prepared_rows;

    pub(crate) async fn opened() -> (SqliteStore, TempDir) {
        let folder = tempfile::tempdir().expect("makes a folder");
        let file = format!("sqlite://{}", folder.path().join("users.db").display());
        let pool =
            SqlitePool::connect_with(connect_options(&file).expect("is an address")).await.expect("connects");
        let store = SqliteStore::new(pool);
        store.migrate().await.expect("migrates");
        store.import(&prepared_rows()).await.expect("imports");
        (store, folder)
    }

    #[tokio::test]
    async fn sqlite_rejects_deletions() {
        let (store, _folder) = opened().await;
        let execute = async |sql: String| {
            sqlx::query(AssertSqlSafe(sql)).execute(store.pool()).await.expect("is a statement");
        };
        deletions_are_rejected_while_rows_of_the_host_refer(&store, "BLOB", execute).await;
    }

    #[tokio::test]
    async fn sqlite_renews_revisions() {
        let (store, _folder) = opened().await;
        let execute = async |sql: String| {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(store.pool()).await.expect("is a statement");
        };
        statements_of_the_host_renew_the_revision(&store, REVISION_TRIGGER, execute).await;
    }
}
