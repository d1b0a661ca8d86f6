//! Many operations on users, decided one by one and written in batches.

use std::{sync::Arc, time::Duration};

use super::{AccessError, Call, NewUser, Outcome, UpdateError, Updated, UserService, retry::Attempts};
use crate::{
    authz::{Actor, Authorizer},
    model::UserRef,
    store::{BatchStore, ProvisioningStore, SnapshotQuery, StoreError, StoreErrorKind, UserStore},
    update::UserUpdate,
};

/// The number of operations in a batch, by default.
const BATCH: usize = 256;

/// The time after which a batch ends, because other writers may wait for it.
const BATCH_TIME: Duration = Duration::from_millis(250);

/// One operation of a [`Bulk`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BulkOperation {
    /// Creates a user, as [`UserService::insert_user`].
    Insert(NewUser),
    /// Updates a user, as [`UserService::update_user`].
    Update(UserRef, UserUpdate),
    /// Deletes a user, as [`UserService::delete_user`].
    Delete(UserRef),
}

/// The result of one operation of a [`Bulk`].
pub type BulkResult = Result<Updated, UpdateError>;

/// Many operations on users; see [`UserService::bulk`].
#[derive(Debug)]
#[must_use = "a bulk does nothing until it runs"]
pub struct Bulk<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    batch: usize,
    dry_run: bool,
    request_id: Option<String>,
}

impl<S: BatchStore, A: Authorizer> UserService<S, A> {
    /// Runs many operations on users. Each is decided by itself, with its own outcome, event and safeguards, as if it
    /// had been called alone; the store writes them in batches.
    ///
    /// The authorizer is called while a batch is open and other writers may wait, so it should answer from local facts.
    /// An authorizer that reads the database on another connection sees the state from before the batch. For an
    /// authorizer on another machine, set [`batch_size`](Bulk::batch_size) to 1. A service with change rules writes
    /// each operation by itself, because a rule may wait for another service.
    pub fn bulk<'a>(&'a self, actor: &'a Actor) -> Bulk<'a, S, A> {
        Bulk { service: self, actor, batch: BATCH, dry_run: false, request_id: None }
    }
}

impl<S: BatchStore, A: Authorizer> Bulk<'_, S, A> {
    /// Limits the number of operations in a batch. With 1 each operation is written by itself. A batch also ends after
    /// 250 ms.
    pub fn batch_size(mut self, operations: usize) -> Self {
        self.batch = operations.max(1);
        self
    }

    /// Runs everything except the commits. An operation does not see the earlier ones then.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Records the host's request id in the events.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Runs the operations in their order and passes the result of each to `report`, with its position, as soon as it
    /// is final. A rejected operation does not affect the others. Only the operations of one batch are kept in memory.
    ///
    /// If this future is dropped, the operations up to the last report were written, and those of the current batch
    /// all or none.
    ///
    /// # Errors
    /// [`StoreError`] if the storage fails: the reported operations are final, the others were not written, except as
    /// [`Ambiguous`](StoreErrorKind::Ambiguous) states for the next ones.
    pub async fn run<I>(
        self,
        operations: I,
        mut report: impl FnMut(usize, BulkResult) + Send,
    ) -> Result<(), StoreError>
    where
        I: IntoIterator<Item = BulkOperation, IntoIter: Send> + Send,
    {
        let mut operations = operations.into_iter();
        let mut pending = Vec::new();
        let mut position = 0;
        loop {
            pending.extend(operations.by_ref().take(self.batch - pending.len()));
            if pending.is_empty() {
                return Ok(());
            }
            let mut report_next = |result| {
                report(position, result);
                position += 1;
            };
            if let Some(results) = self.write_batch(&pending).await? {
                pending.drain(..results.len());
                results.into_iter().for_each(report_next);
                continue;
            }
            for operation in pending.drain(..) {
                report_next(self.one(self.service, operation).await?);
            }
        }
    }

    /// Writes the operations that fit into the time of a batch, up to one at which the authorizer fails. `None`:
    /// nothing was written, they run one by one.
    async fn write_batch(&self, operations: &[BulkOperation]) -> Result<Option<Vec<BulkResult>>, StoreError> {
        let service = self.service;
        // A rule of the host may wait for another service, and a batch holds a transaction meanwhile.
        if self.dry_run || self.batch == 1 || !service.change_rules.is_empty() {
            return Ok(None);
        }
        let Ok(batch) = service.store.begin_batch().await else { return Ok(None) };
        let inner = service.with_store(Arc::clone(&batch));
        let until = service.clock.monotonic().saturating_add(BATCH_TIME);
        let mut results = Vec::with_capacity(operations.len());
        for operation in operations {
            match self.one(&inner, operation.clone()).await {
                Err(_) => return Ok(None),
                // A failing authorizer does not harm the batch. The operation runs once more by itself.
                Ok(Err(UpdateError::Access(AccessError::Authorizer(_)))) if results.is_empty() => {
                    return Ok(None);
                }
                Ok(Err(UpdateError::Access(AccessError::Authorizer(_)))) => break,
                Ok(result) => results.push(result),
            }
            if service.clock.monotonic() >= until {
                break;
            }
        }
        match batch.finish().await {
            Ok(()) => Ok(Some(results)),
            Err(error) if error.kind == StoreErrorKind::Ambiguous => {
                if self.was_written(&results).await {
                    Ok(Some(results))
                } else {
                    Err(error)
                }
            }
            Err(_) => Ok(None),
        }
    }

    /// Finds out whether a batch whose commit had an unknown outcome was written: its last change stands for all.
    async fn was_written(&self, results: &[BulkResult]) -> bool {
        let last = results.iter().rev().find_map(|result| match result {
            Ok(Updated { outcome: Outcome::Applied(change), view, .. }) => Some((*change, view.user.id)),
            _ => None,
        });
        let Some((change, user)) = last else { return true };
        let query = SnapshotQuery { change: Some(change), ..SnapshotQuery::user(user) };
        let until = self.service.clock.monotonic().saturating_add(self.service.deadline);
        let mut attempts = Attempts::start(until);
        while attempts.next(self.service).await.is_ok() {
            if self.service.store.load(&query).await.is_ok_and(|snapshot| snapshot.change_committed) {
                return true;
            }
            attempts.contended();
        }
        false
    }

    /// Runs one operation. Only a failure of the storage is an error.
    async fn one<T: ProvisioningStore>(
        &self,
        service: &UserService<T, A>,
        operation: BulkOperation,
    ) -> Result<BulkResult, StoreError> {
        let result = match operation {
            BulkOperation::Insert(user) => self.with_options(service.insert_user(self.actor, user)).await,
            BulkOperation::Update(user, update) => {
                self.with_options(service.update_user(self.actor, user, update)).await
            }
            BulkOperation::Delete(user) => self.with_options(service.delete_user(self.actor, user)).await,
        };
        match result {
            Err(UpdateError::Access(AccessError::Store(error))) => Err(error),
            result => Ok(result),
        }
    }

    fn with_options<'c, T: UserStore, O>(&self, mut call: Call<'c, T, A, O>) -> Call<'c, T, A, O> {
        if self.dry_run {
            call = call.dry_run();
        }
        match &self.request_id {
            Some(id) => call.request_id(id),
            None => call,
        }
    }
}
