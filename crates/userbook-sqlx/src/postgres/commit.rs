//! Applying an update: one statement.

use sqlx::{PgConnection, Row};
use userbook::{
    UserType,
    field::{EmailAddress, Name, UserPath, Username},
    store::{ChangeSet, CommitOutcome, Guards, StoreError},
};

use super::{
    PostgresStore,
    bind::{self, Bound, uuids},
    error::{WriteError, commit_failure, failure},
    sql,
    transaction::{release, savepoint},
};
use crate::encode::{self, EncodeError};

impl PostgresStore {
    /// [`commit`](userbook::UserStore::commit) inside a transaction of the host's, which neither begins nor ends
    /// here. Unless the change is [`Applied`](CommitOutcome::Applied) it leaves no trace in the transaction, no
    /// lock either, and the transaction goes on; when the future is dropped, neither.
    ///
    /// In a transaction of a level above `READ COMMITTED` whose first statement saw an older state, the answer is
    /// [`Conflict`](CommitOutcome::Conflict), and only a new transaction helps. The same answer may come from the host's
    /// own commit: errors `40001` and `40P01`.
    ///
    /// # Errors
    /// As [`commit`](userbook::UserStore::commit), but never `Ambiguous`: the host commits. Also if the
    /// connection is not in a transaction that was begun through sqlx.
    pub async fn commit_in(
        connection: &mut PgConnection,
        change: &ChangeSet,
    ) -> Result<CommitOutcome, StoreError> {
        let mut savepoint = savepoint(connection).await?;
        let answer = apply(&mut savepoint, change).await;
        release(savepoint, answer).await
    }

    pub(super) async fn commit_one(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        let mut lease = self.leases.take().await.map_err(failure)?;
        match apply(&mut lease, change).await {
            Ok(outcome) => {
                lease.give_back();
                Ok(outcome)
            }
            Err(error) => error.outcome(commit_failure),
        }
    }
}

async fn apply(connection: &mut PgConnection, change: &ChangeSet) -> Result<CommitOutcome, WriteError> {
    let answer = statement(change)?.fetch_one(connection).await?;
    if answer.try_get("applied")? {
        return Ok(CommitOutcome::Applied);
    }
    Ok(if answer.try_get("is_there")? { CommitOutcome::Conflict } else { CommitOutcome::Gone })
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
