//! Making and unmaking users and groups: the same three steps as an update, on another port.

mod delete_user;
mod group;
mod insert_user;

use std::future::Future;

pub use group::NewGroup;
pub use insert_user::NewUser;

use tracing::Span;

use super::{
    UserService,
    retry::{Attempts, Exhausted},
    trace::{SpanError, SpanOutcome, step, traced},
};
use crate::{
    Authorizer, ChangeId, CommitOutcome, DirectoryQuery, DirectorySnapshot, ProvisioningChange,
    ProvisioningStore, StoreError, StoreErrorKind, Violations,
};

/// One kind of provisioning step: reads what it needs and decides, afresh in each attempt.
trait Task: Sync {
    /// What the caller gets.
    type Done: SpanOutcome + Send;
    /// How it may fail.
    type Error: From<StoreError> + From<Violations> + From<Exhausted> + SpanError + Send;

    /// The span around it.
    fn span(change: ChangeId) -> Span;

    fn plan<S: ProvisioningStore, A: Authorizer>(
        &self,
        service: &UserService<S, A>,
        change: ChangeId,
    ) -> impl Future<Output = Result<Plan<Self::Done>, Self::Error>> + Send;
}

/// What an attempt came to.
#[derive(Debug)]
enum Plan<D> {
    /// There is nothing to write.
    Done(D),
    /// Write this, and it is done.
    Write(Box<ProvisioningChange>, D),
    /// Two reads were of different moments.
    Again,
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    async fn carry_out<T: Task>(&self, task: T) -> Result<T::Done, T::Error> {
        let change = self.ids.next_change();
        traced(T::span(change), self.attempt(task, change)).await
    }

    async fn attempt<T: Task>(&self, task: T, change: ChangeId) -> Result<T::Done, T::Error> {
        let mut attempts = Attempts::start(self);
        let mut in_doubt = None;
        loop {
            attempts.next(self).await?;
            if in_doubt.is_some() {
                match self.change_committed(change).await {
                    Ok(change_committed) => {
                        if let Some(done) = in_doubt.take_if(|_| change_committed) {
                            return Ok(done);
                        }
                    }
                    Err(error) => {
                        attempts.failed(error)?;
                        continue;
                    }
                }
            }
            let (provision, done) = match task.plan(self, change).await? {
                Plan::Done(done) => return Ok(done),
                Plan::Write(provision, done) => (provision, done),
                Plan::Again => {
                    attempts.contended();
                    continue;
                }
            };
            match traced(step!("commit"), self.store.provision(&provision)).await {
                Ok(CommitOutcome::Applied) => return Ok(done),
                Ok(CommitOutcome::Conflict | CommitOutcome::Gone) => attempts.contended(),
                Ok(CommitOutcome::Rejected(violations)) => return Err(violations.into()),
                Err(error) => {
                    if error.kind == StoreErrorKind::Ambiguous {
                        in_doubt = Some(done);
                    }
                    attempts.failed(error)?;
                }
            }
        }
    }

    /// Reads the directory as a whole.
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        traced(step!("load"), self.store.load_directory(query)).await
    }

    async fn change_committed(&self, change: ChangeId) -> Result<bool, StoreError> {
        let query = DirectoryQuery { change: Some(change), ..DirectoryQuery::default() };
        Ok(self.load_directory(&query).await?.change_committed)
    }
}
