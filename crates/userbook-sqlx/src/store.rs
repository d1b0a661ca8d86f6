//! The store: one type for all databases, and its ports.

mod lists;

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::join;
use sqlx::Pool;
use tokio::sync::Semaphore;
use userbook::{
    Timestamp, UserId, UserRef, UserStore,
    event::Event,
    model::{ChangeId, SessionEpoch},
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, GroupListQuery, GroupPage, ImportData,
        ImportOutcome, ImportStore, Outbox, OutboxLimit, PathListQuery, PathPage, ProvisioningChange,
        ProvisioningStore, SessionStore, Snapshot, SnapshotQuery, StoreError, StoreErrorKind, UserListQuery,
        UserPage,
    },
};

use crate::{
    backend::Backend,
    batch::Batches,
    commit::{self, Owner},
    connection_cache::{ConnectionCache, StoreConnection},
    driver::Conn,
    error::SqlError,
    host_transaction::HostTransaction,
    import, listing, load,
    migration::{self, MigrateError},
    outbox, provision, session,
    write::Write,
};

/// Users, groups and events in a database of sqlx: `Sqlite`, `Postgres` or `MySql`.
pub struct SqlStore<B: Backend> {
    connections: ConnectionCache<B>,
    writer: B::Writer,
    /// Turns of lists: half of the pool's connections remain for everything else.
    lists: Arc<Semaphore>,
    batches: Batches,
}

impl<B: Backend> SqlStore<B> {
    /// Creates a store on the host's pool. The tables are up to date after [`migrate`](Self::migrate).
    pub fn new(pool: Pool<B>) -> Self {
        let lists = (pool.options().get_max_connections() / 2).max(1);
        let lists = Arc::new(Semaphore::new(usize::try_from(lists).unwrap_or(1)));
        let (writer, batches) = (B::writer(&pool), Batches::default());
        Self { lists, writer, batches, connections: ConnectionCache::new(pool, B::on_dirty) }
    }

    /// The pool.
    pub fn pool(&self) -> &Pool<B> {
        self.connections.pool()
    }

    /// Applies the pending migrations. Processes that start at once wait for each other.
    ///
    /// On SQLite and PostgreSQL all of them are applied or none. MariaDB commits each statement that creates
    /// a table by itself; an interrupted migration is repeated from its start. PostgreSQL creates the tables in the
    /// first schema of the search path. On a Galera cluster, migrate from one node at a time. The first migration of a
    /// SQLite file sets its `application_id`; a host may set another one afterwards.
    ///
    /// # Errors
    /// [`MigrateError`] if the pool's connections have incompatible settings, if the SQLite file belongs to another
    /// application, if the database is newer or was migrated
    /// with a different text, or if it fails.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        migration::migrate(self.pool(), "userbook", B::MIGRATIONS).await
    }

    /// Runs [`load`](UserStore::load) on a connection of the host, for an update inside the host's transaction.
    ///
    /// # Errors
    /// As [`load`](UserStore::load).
    pub async fn load_in(connection: &mut Conn<B>, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        Ok(load::load::<B>(connection, query).await?)
    }

    /// Runs [`load_directory`](ProvisioningStore::load_directory) on a connection of the host.
    ///
    /// # Errors
    /// As [`load_directory`](ProvisioningStore::load_directory).
    pub async fn load_directory_in(
        connection: &mut Conn<B>,
        query: &DirectoryQuery,
    ) -> Result<DirectorySnapshot, StoreError> {
        Ok(load::load_directory::<B>(connection, query).await?)
    }

    /// Runs [`list_users`](userbook::store::ListStore::list_users) on a connection of the host. Its statements see one
    /// state only in a transaction that repeats its reads.
    ///
    /// # Errors
    /// As [`list_users`](userbook::store::ListStore::list_users).
    pub async fn list_users_in(
        connection: &mut Conn<B>,
        query: &UserListQuery,
    ) -> Result<UserPage, StoreError> {
        Ok(listing::list_users::<B>(connection, query).await?)
    }

    /// Runs [`list_groups`](userbook::store::ListStore::list_groups) on a connection of the host, as
    /// [`list_users_in`](Self::list_users_in).
    ///
    /// # Errors
    /// As [`list_groups`](userbook::store::ListStore::list_groups).
    pub async fn list_groups_in(
        connection: &mut Conn<B>,
        query: &GroupListQuery,
    ) -> Result<GroupPage, StoreError> {
        Ok(listing::list_groups::<B>(connection, query).await?)
    }

    /// Runs [`list_paths`](userbook::store::ListStore::list_paths) on a connection of the host.
    ///
    /// # Errors
    /// As [`list_users`](userbook::store::ListStore::list_users).
    pub async fn list_paths_in(
        connection: &mut Conn<B>,
        query: &PathListQuery,
    ) -> Result<PathPage, StoreError> {
        Ok(listing::list_paths::<B>(connection, query).await?)
    }

    /// Runs [`commit`](UserStore::commit) inside the host's transaction, in a savepoint. Unless the outcome is
    /// [`Applied`](CommitOutcome::Applied), the change leaves no trace and the transaction continues.
    ///
    /// The module of each database states how to begin the transaction, and what holds after a dropped future.
    ///
    /// # Errors
    /// As [`commit`](UserStore::commit), but never `Ambiguous`: the host commits. Also if the connection is not in a
    /// transaction that was begun through sqlx.
    pub async fn commit_in(
        connection: &mut Conn<B>,
        change: &ChangeSet,
    ) -> Result<CommitOutcome, StoreError> {
        commit::in_transaction::<B>(connection, change, Owner::Host).await
    }

    /// Runs [`provision`](ProvisioningStore::provision) inside the host's transaction, as
    /// [`commit_in`](Self::commit_in).
    ///
    /// # Errors
    /// As [`commit_in`](Self::commit_in).
    pub async fn provision_in(
        connection: &mut Conn<B>,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        provision::provision::<B>(connection, change, Owner::Host).await
    }

    /// Begins a transaction that writes, for the `_in` methods and the host's own statements.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    pub async fn begin_write(&self) -> Result<HostTransaction<B>, StoreError> {
        self.begin(B::BEGIN).await
    }

    /// Begins a transaction for [`import_in`](Self::import_in): other writers wait for its end.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    pub async fn begin_import(&self) -> Result<HostTransaction<B>, StoreError> {
        let mut transaction = self.begin(B::BEGIN).await?;
        B::lock_for_import(&mut transaction).await?;
        Ok(transaction)
    }

    /// Begins a transaction whose statements all see one state of the database.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    pub async fn begin_read(&self) -> Result<HostTransaction<B>, StoreError> {
        self.begin(B::BEGIN_READ).await
    }

    /// Takes a connection for the host's own statements. The store keeps connections for up to 50 ms between
    /// operations, which spares a round trip: a host whose requests need the database beside the store shares them, and
    /// does not wait for the pool.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    pub async fn acquire(&self) -> Result<StoreConnection<B>, StoreError> {
        Ok(self.connections.acquire().await.map_err(SqlError::<B>::from)?)
    }

    /// Waits for running operations, of clones too, and closes all connections. Later operations fail.
    pub async fn close(&self) {
        // Both are closed for further operations at once.
        join(B::close_writer(&self.writer), self.connections.close()).await;
    }

    pub(crate) fn batches(&self) -> &Batches {
        &self.batches
    }

    async fn begin(&self, sql: &'static str) -> Result<HostTransaction<B>, StoreError> {
        Ok(HostTransaction::begin(self.acquire().await?, sql).await?)
    }

    /// Runs [`import`](ImportStore::import) in a transaction of [`begin_import`](Self::begin_import), so that a host
    /// can fill tables of its own in the same step. Roll the transaction back unless the outcome is
    /// [`Imported`](ImportOutcome::Imported).
    ///
    /// # Errors
    /// As [`import`](ImportStore::import).
    pub async fn import_in(connection: &mut Conn<B>, data: &ImportData) -> Result<ImportOutcome, StoreError> {
        Ok(import::import_in::<B>(connection, data).await?)
    }
}

/// The database did not take the next user's id.
#[derive(Debug, thiserror::Error)]
#[error("the database reserved no user id")]
struct NotReserved;

/// The pause between two statements that delete events.
const PRUNE_PAUSE: Duration = Duration::from_millis(20);

/// Releases a connection. After an error it may be dirty.
fn finish<B: Backend, T, E: Into<StoreError>>(
    mut connection: StoreConnection<B>,
    answer: Result<T, E>,
) -> Result<T, StoreError> {
    connection.end_turn();
    let answer = answer.map_err(Into::into)?;
    connection.release();
    Ok(answer)
}

#[async_trait]
impl<B: Backend> UserStore for SqlStore<B> {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        let mut connection = self.acquire().await?;
        let answer = load::load::<B>(&mut connection, query).await;
        finish(connection, answer)
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        B::write(&self.writer, &self.connections, Write::Update(change)).await
    }
}

#[async_trait]
impl<B: Backend> ProvisioningStore for SqlStore<B> {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        let mut connection = self.acquire().await?;
        let answer = load::load_directory::<B>(&mut connection, query).await;
        finish(connection, answer)
    }

    async fn provision(&self, change: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        B::write(&self.writer, &self.connections, Write::Provision(change)).await
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        let id = Arc::default();
        match B::write(&self.writer, &self.connections, Write::Reserve(&id)).await? {
            CommitOutcome::Applied => Ok(UserId(id.load(Ordering::Relaxed))),
            _ => Err(StoreError::new(StoreErrorKind::Other, NotReserved)),
        }
    }
}

#[async_trait]
impl<B: Backend> Outbox for SqlStore<B> {
    async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        let mut connection = self.acquire().await?;
        let answer = outbox::pending::<B>(&mut connection, limit).await;
        finish(connection, answer)
    }

    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        B::write(&self.writer, &self.connections, Write::Acknowledge(ids)).await.map(|_| ())
    }

    async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            let mut connection = self.acquire().await?;
            let answer = outbox::prune_some::<B>(&mut connection, time).await;
            let deleted = finish(connection, answer)?;
            pruned += deleted;
            if deleted < u64::from(outbox::PRUNED_AT_ONCE) {
                return Ok(pruned);
            }
            // Others write meanwhile.
            tokio::time::sleep(PRUNE_PAUSE).await;
        }
    }
}

#[async_trait]
impl<B: Backend> SessionStore for SqlStore<B> {
    async fn record_login(&self, user: UserRef, time: Timestamp) -> Result<bool, StoreError> {
        let outcome = B::write(&self.writer, &self.connections, Write::Login(user, time)).await?;
        Ok(outcome == CommitOutcome::Applied)
    }

    async fn session_epoch(&self, user: UserRef) -> Result<Option<SessionEpoch>, StoreError> {
        let mut connection = self.acquire().await?;
        let answer = session::session_epoch::<B>(&mut connection, user).await;
        finish(connection, answer)
    }
}

#[async_trait]
impl<B: Backend> ImportStore for SqlStore<B> {
    async fn import(&self, data: &ImportData) -> Result<ImportOutcome, StoreError> {
        let mut connection = self.acquire().await?;
        let answer = import::import::<B>(&mut connection, data).await;
        finish(connection, answer)
    }

    async fn install_id(&self) -> Result<Option<String>, StoreError> {
        let mut connection = self.acquire().await?;
        let answer = import::install_id::<B>(&mut connection).await;
        finish(connection, answer)
    }
}

impl<B: Backend> Clone for SqlStore<B> {
    fn clone(&self) -> Self {
        Self {
            connections: self.connections.clone(),
            writer: self.writer.clone(),
            lists: Arc::clone(&self.lists),
            batches: self.batches.clone(),
        }
    }
}

impl<B: Backend> fmt::Debug for SqlStore<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
