//! A transaction of the host as a store.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use userbook::{
    UserId, UserStore,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, ProvisioningChange, ProvisioningStore,
        Snapshot, SnapshotQuery, StoreError, StoreErrorKind,
    },
};

use crate::{
    SqlStore, StoreConnection,
    backend::Backend,
    commit::{self, Owner},
    driver::Conn,
    host_transaction::HostTransaction,
    load, provision,
};

/// A job for the connection. Returns whether the transaction continues.
type Job<B> = Box<dyn for<'c> FnOnce(&'c mut Conn<B>) -> BoxFuture<'c, bool> + Send>;

/// The transaction is over: it was committed, a call of the store failed, or sqlx rolled back after a dropped future.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the transaction has ended")]
#[non_exhaustive]
pub struct TransactionEnded {
    /// The failure that ended it. A new transaction may succeed after a
    /// [`Transient`](StoreErrorKind::Transient) one.
    #[source]
    pub failure: Option<Arc<StoreError>>,
}

/// A request to the task that owns the connection.
enum Request<B: Backend> {
    Run(Job<B>),
    /// The answer is `None` if the transaction is over.
    Commit(oneshot::Sender<Option<Result<(), StoreError>>>),
}

/// One transaction as a store: updates and the host's own statements are committed together or not at all.
///
/// ```no_run
/// # use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService};
/// # use userbook_sqlx::SqliteStore;
/// # async fn sign_up(
/// #     service: &UserService<SqliteStore, PermissionAuthorizer<StaticPermissions>>,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let transaction = service.store().transaction().await?;
/// let in_transaction = service.with_store(transaction.clone());
/// let ada = in_transaction.insert_user(&Actor::system(), NewUser::new("ada", "Ada")).await?.view.user;
/// transaction
///     .run(move |connection| {
///         let insert = sqlx::query("INSERT INTO account (user_uuid) VALUES (?)").bind(ada.uuid.to_string());
///         Box::pin(insert.execute(connection))
///     })
///     .await??;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
///
/// Clones share the transaction. It is rolled back when the last one is dropped without [`commit`](Self::commit), when
/// a call of the store fails, and when statements of the host return an error. A call whose future is dropped ends in
/// the background.
///
/// Keep it short: it has a connection for itself, and other writers wait for its locks. An authorizer that reads the
/// database on another connection sees the state from before the transaction. With a pool of one connection it waits
/// until the pool gives up: give the service facts of its own there.
pub struct SqlTransaction<B: Backend> {
    requests: mpsc::Sender<Request<B>>,
    failure: Arc<OnceLock<Arc<StoreError>>>,
}

impl<B: Backend> SqlStore<B> {
    /// Begins a transaction that writes, as a store. Requires a runtime of tokio.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    pub async fn transaction(&self) -> Result<SqlTransaction<B>, StoreError> {
        let connection = self.acquire().await?;
        let (requests, receiver) = mpsc::channel(1);
        let (ready, begun) = oneshot::channel();
        tokio::spawn(serve(connection, ready, receiver));
        let transaction = SqlTransaction { requests, failure: Arc::default() };
        begun.await.map_err(|_| transaction.ended())??;
        Ok(transaction)
    }
}

impl<B: Backend> SqlTransaction<B> {
    /// Runs statements of the host in the transaction. `Err` ends it, so return the error of each statement that fails:
    /// the database may have undone the earlier ones.
    ///
    /// # Errors
    /// [`StoreError`] with [`TransactionEnded`] if the transaction is over.
    pub async fn run<T, E, F>(&self, statements: F) -> Result<Result<T, E>, StoreError>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn<B>) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        self.request(statements).await
    }

    /// Commits the transaction. No call follows.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails: nothing was written, except as
    /// [`Ambiguous`](StoreErrorKind::Ambiguous) states.
    pub async fn commit(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Commit(reply)).await.map_err(|_| self.ended())?;
        match answer.await {
            Ok(Some(answer)) => answer,
            Ok(None) => Err(self.ended()),
            // The task was stopped, perhaps in the middle of the commit.
            Err(stopped) => Err(StoreError::new(StoreErrorKind::Ambiguous, stopped)),
        }
    }

    /// Runs a call of the store. A failure ends the transaction.
    async fn call<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn<B>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.request(call).await?.map_err(|failure| {
            let (kind, failure) = (failure.kind, Arc::new(failure));
            _ = self.failure.set(Arc::clone(&failure));
            StoreError::new(kind, failure).without_retry()
        })
    }

    fn ended(&self) -> StoreError {
        let failure = self.failure.get().map(Arc::clone);
        let kind = failure.as_ref().map_or(StoreErrorKind::Other, |failure| failure.kind);
        StoreError::new(kind, TransactionEnded { failure }).without_retry()
    }

    /// Sends a job. The transaction continues after `Ok`.
    async fn request<T, E, F>(&self, job: F) -> Result<Result<T, E>, StoreError>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn<B>) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job<B> = Box::new(move |connection| {
            Box::pin(async move {
                let result = job(connection).await;
                let is_ok = result.is_ok();
                // The caller may have been dropped.
                _ = reply.send(result);
                is_ok
            })
        });
        self.requests.send(Request::Run(job)).await.map_err(|_| self.ended())?;
        answer.await.map_err(|_| self.ended())
    }
}

/// Owns the connection until the transaction ends.
async fn serve<B: Backend>(
    connection: StoreConnection<B>,
    ready: oneshot::Sender<Result<(), StoreError>>,
    mut requests: mpsc::Receiver<Request<B>>,
) {
    let mut transaction = match HostTransaction::begin(connection, B::BEGIN).await {
        Ok(transaction) => transaction,
        Err(error) => {
            _ = ready.send(Err(error.into()));
            return;
        }
    };
    if ready.send(Ok(())).is_err() {
        return;
    }
    let committed = loop {
        match requests.recv().await {
            Some(Request::Run(job)) => {
                if !job(&mut transaction).await {
                    break None;
                }
            }
            Some(Request::Commit(reply)) => break Some(reply),
            None => break None,
        }
    };
    if let Some(reply) = committed {
        _ = reply.send(Some(transaction.commit().await));
    } else {
        transaction.rollback().await;
    }
    requests.close();
    while let Some(request) = requests.recv().await {
        if let Request::Commit(reply) = request {
            _ = reply.send(None);
        }
    }
}

#[async_trait]
impl<B: Backend> UserStore for SqlTransaction<B> {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        let query = query.clone();
        self.call(|connection| Box::pin(async move { Ok(load::load::<B>(connection, &query).await?) })).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        let change = change.clone();
        self.call(|connection| {
            Box::pin(async move { commit::in_transaction::<B>(connection, &change, Owner::Batch).await })
        })
        .await
    }
}

#[async_trait]
impl<B: Backend> ProvisioningStore for SqlTransaction<B> {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        let query = query.clone();
        self.call(|connection| {
            Box::pin(async move { Ok(load::load_directory::<B>(connection, &query).await?) })
        })
        .await
    }

    async fn provision(&self, change: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        let change = change.clone();
        self.call(|connection| {
            Box::pin(async move { provision::provision::<B>(connection, &change, Owner::Batch).await })
        })
        .await
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        self.call(|connection| {
            Box::pin(async move { provision::reserve_user_id::<B>(connection, Owner::Batch).await })
        })
        .await
    }
}

impl<B: Backend> Clone for SqlTransaction<B> {
    fn clone(&self) -> Self {
        Self { requests: self.requests.clone(), failure: Arc::clone(&self.failure) }
    }
}

impl<B: Backend> fmt::Debug for SqlTransaction<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlTransaction").finish_non_exhaustive()
    }
}
