//! Applying an update: one statement.

use sqlx::{Connection, PgConnection, Row, postgres::PgRow};
use userbook::{
    ChangeSet, CommitOutcome, EmailAddress, GroupId, Guards, Name, StoreError, StoreErrorKind, UserPath,
    UserType, Username,
};
use uuid::Uuid;

use super::{
    PostgresStore,
    bind::{self, Bound, uuids},
    error::{Failed, commit_failure, conflict, failure},
    sql,
};
use crate::encode::{self, EncodeError};

/// The host's connection is not in a transaction that sqlx knows of.
#[derive(Debug, thiserror::Error)]
#[error("the connection is not in a transaction begun through sqlx")]
struct NoTransaction;

impl PostgresStore {
    /// [`commit`](userbook::UserStore::commit) inside a transaction of the host's, which neither begins nor ends
    /// here. Unless the change is [`Applied`](CommitOutcome::Applied) it leaves no trace in the transaction, no
    /// lock either, and the transaction goes on; when the future is dropped, neither.
    ///
    /// In a transaction of a level above `READ COMMITTED` whose first statement saw an older state, the answer is
    /// [`Stale`](CommitOutcome::Conflict), and only a new transaction helps. The same answer may come from the host's
    /// own commit: errors `40001` and `40P01`.
    ///
    /// # Errors
    /// As [`commit`](userbook::UserStore::commit), but never `Ambiguous`: the host commits. Also if the
    /// connection is not in a transaction that was begun through sqlx.
    pub async fn commit_in(
        connection: &mut PgConnection,
        change: &ChangeSet,
    ) -> Result<CommitOutcome, StoreError> {
        if !connection.is_in_transaction() {
            return Err(StoreError::new(StoreErrorKind::Other, NoTransaction));
        }
        // A savepoint, since a transaction is open.
        let mut savepoint = connection.begin().await.map_err(failure)?;
        match apply(&mut savepoint, change).await {
            Ok(CommitOutcome::Applied) => {
                savepoint.commit().await.map_err(failure)?;
                Ok(CommitOutcome::Applied)
            }
            answer => {
                let undone = savepoint.rollback().await;
                let outcome = answer.or_else(|failed| failed.outcome(conflict, failure))?;
                undone.map_err(failure)?;
                Ok(outcome)
            }
        }
    }

    pub(super) async fn commit_one(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        let mut lease = self.leases.take().await.map_err(failure)?;
        match apply(&mut lease, change).await {
            Ok(outcome) => {
                lease.give_back();
                Ok(outcome)
            }
            Err(failed) => failed.outcome(conflict, commit_failure),
        }
    }
}

async fn apply(connection: &mut PgConnection, change: &ChangeSet) -> Result<CommitOutcome, Failed> {
    let answer = statement(change)?.fetch_one(connection).await?;
    Ok(outcome(&answer, change)?)
}

fn statement(change: &ChangeSet) -> Result<Bound<'_>, EncodeError> {
    let fields_alone = change.guards == Guards::default()
        && change.groups_added.is_empty()
        && change.groups_removed.is_empty();
    let statement = if fields_alone {
        fields(sql::COMMIT_FIELDS, change)?
    } else {
        bind::guards(fields(sql::COMMIT, change)?, &change.guards)?
            .bind(uuids(&change.groups_added))
            .bind(uuids(&change.groups_removed))
    };
    bind::event(statement.bind(change.event.id.0), &change.event)
}

/// A statement that begins with the columns that change.
fn fields<'q>(statement: &'static str, change: &'q ChangeSet) -> Result<Bound<'q>, EncodeError> {
    let fields = &change.fields;
    let attributes = fields.attributes.as_ref().map(|value| encode::attributes(value.as_value()));
    Ok(sqlx::query(statement)
        .bind(change.user.0)
        .bind(change.expected.0)
        .bind(change.change.0)
        .bind(encode::integer(change.version)?)
        .bind(fields.username.as_ref().map(Username::as_str))
        .bind(fields.name.as_ref().map(Name::as_str))
        .bind(fields.is_active)
        .bind(fields.last_login.is_some())
        .bind(fields.last_login.flatten())
        .bind(fields.email.as_ref().map(EmailAddress::as_str))
        .bind(attributes.transpose()?)
        .bind(fields.path.as_ref().map(UserPath::as_str))
        .bind(fields.user_type.map(UserType::as_str)))
}

/// How it ended. What is told besides `applied` is of the moment the statement began.
fn outcome(answer: &PgRow, change: &ChangeSet) -> Result<CommitOutcome, sqlx::Error> {
    if answer.try_get("applied")? {
        return Ok(CommitOutcome::Applied);
    }
    let Some(found) = answer.try_get::<Option<Uuid>, _>("found_revision")? else {
        return Ok(CommitOutcome::Gone);
    };
    if found != change.expected.0 || answer.try_get("has_changed_since")? {
        return Ok(CommitOutcome::Conflict);
    }
    if !answer.try_get::<bool, _>("guards_hold")? {
        return Ok(CommitOutcome::Conflict);
    }
    if answer.try_get("is_taken")? {
        return Ok(CommitOutcome::Conflict);
    }
    let missing: Vec<Uuid> = answer.try_get("missing")?;
    Ok(if missing.is_empty() { CommitOutcome::Conflict } else { CommitOutcome::Conflict })
}
