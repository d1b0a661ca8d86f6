//! Tables of a host with foreign keys to users and groups.

use userbook::{
    Actor, GroupError, PermissionAuthorizer, StaticPermissions, UpdateError, UserId, UserRef, UserService,
    store::{Outbox, ProvisioningStore},
    violation::{Violation, ViolationKind},
};

use crate::rows::{NINE, group};

/// A deletion that a row of the host forbids is a violation, writes nothing, and succeeds after the row is gone. The
/// store has the rows of [`prepared`](crate::rows::prepared), and `execute` runs a statement of the host. `uuid` is the type of
/// group ids.
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

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, SqlitePool};
    use userbook::store::ImportStore;
    use userbook_sqlx::sqlite::{SqliteStore, connect_options};

    use super::*;
    use crate::rows::prepared_rows;

    #[tokio::test]
    async fn sqlite_rejects_deletions() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let file = format!("sqlite://{}", folder.path().join("users.db").display());
        let pool =
            SqlitePool::connect_with(connect_options(&file).expect("is an address")).await.expect("connects");
        let store = SqliteStore::new(pool);
        store.migrate().await.expect("migrates");
        store.import(&prepared_rows()).await.expect("imports");
        let execute = async |sql: String| {
            sqlx::query(AssertSqlSafe(sql)).execute(store.pool()).await.expect("is a statement");
        };
        deletions_are_rejected_while_rows_of_the_host_refer(&store, "BLOB", execute).await;
    }
}
