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
    trace::{Told, ToldError, step, told},
};
use crate::{
    Authorizer, ChangeId, DirectoryStore, Provision, ProvisionOutcome, StoreError, StoreErrorKind, Survey,
    SurveyQuery,
};

/// One kind of provisioning step: reads what it needs and decides, afresh in each attempt.
trait Task: Sync {
    /// What the caller gets.
    type Done: Told + Send;
    /// How it may fail.
    type Error: From<StoreError> + From<Exhausted> + ToldError + Send;

    /// The span around it.
    fn span(change: ChangeId) -> Span;

    fn plan<S: DirectoryStore, A: Authorizer>(
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
    Write(Box<Provision>, D),
    /// Two reads were of different moments.
    Again,
}

impl<S: DirectoryStore, A: Authorizer> UserService<S, A> {
    async fn carry_out<T: Task>(&self, task: T) -> Result<T::Done, T::Error> {
        let change = self.ids.next_change();
        told(T::span(change), self.attempt(task, change)).await
    }

    async fn attempt<T: Task>(&self, task: T, change: ChangeId) -> Result<T::Done, T::Error> {
        let mut attempts = Attempts::start(self);
        let mut in_doubt = None;
        loop {
            attempts.next(self).await?;
            if in_doubt.is_some() {
                match self.landed(change).await {
                    Ok(landed) => {
                        if let Some(done) = in_doubt.take_if(|_| landed) {
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
            match told(step!("commit"), self.store.provision(&provision)).await {
                Ok(ProvisionOutcome::Applied) => return Ok(done),
                Ok(
                    ProvisionOutcome::Stale
                    | ProvisionOutcome::Gone
                    | ProvisionOutcome::UsernameTaken
                    | ProvisionOutcome::MissingGroups(_)
                    | ProvisionOutcome::GuardFailed,
                ) => attempts.contended(),
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
    async fn survey(&self, query: &SurveyQuery) -> Result<Survey, StoreError> {
        told(step!("load"), self.store.survey(query)).await
    }

    async fn landed(&self, change: ChangeId) -> Result<bool, StoreError> {
        let query = SurveyQuery { change: Some(change), ..SurveyQuery::default() };
        Ok(self.survey(&query).await?.landed)
    }
}
