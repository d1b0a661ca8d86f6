//! A write of the store: the commit of an update or of a change of the directory, the acknowledgement of events, the
//! record of a login, or the reservation of a user's id.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use userbook::{
    Timestamp, UserId, UserRef,
    model::ChangeId,
    store::{ChangeSet, CommitOutcome, ProvisioningChange, StoreError},
};

use crate::{
    backend::Backend,
    commit::{self, Owner},
    connection_cache::ConnectionCache,
    driver::Conn,
    error::SqlError,
    outbox, provision, session,
};

/// A write that borrows its change.
#[derive(Debug, Clone, Copy)]
pub enum Write<'c> {
    Update(&'c ChangeSet),
    Provision(&'c ProvisioningChange),
    Acknowledge(&'c [ChangeId]),
    Login(UserRef, Timestamp),
    /// Stores the id that it reserves for a user.
    Reserve(&'c Arc<AtomicI64>),
}

impl Write<'_> {
    /// Writes in a transaction of its own, in the fastest way that the database has.
    pub(crate) async fn run<B: Backend>(self, conn: &mut Conn<B>) -> Result<CommitOutcome, StoreError> {
        match self {
            Self::Update(change) => B::commit(conn, change).await,
            Self::Provision(change) => provision::provision::<B>(conn, change, Owner::Store).await,
            Self::Acknowledge(events) => acknowledge::<B>(conn, events).await,
            Self::Login(user, time) => Ok(session::record_login::<B>(conn, user, time).await?),
            Self::Reserve(id) => reserve::<B>(conn, id, Owner::Store).await,
        }
    }

    /// Writes in an open transaction, in a savepoint.
    pub(crate) async fn run_in<B: Backend>(self, conn: &mut Conn<B>) -> Result<CommitOutcome, StoreError> {
        match self {
            Self::Update(change) => commit::in_transaction::<B>(conn, change, Owner::Host).await,
            Self::Provision(change) => provision::provision::<B>(conn, change, Owner::Host).await,
            Self::Acknowledge(events) => acknowledge::<B>(conn, events).await,
            Self::Login(user, time) => Ok(session::record_login::<B>(conn, user, time).await?),
            Self::Reserve(id) => reserve::<B>(conn, id, Owner::Host).await,
        }
    }

    /// Writes on a connection of the store.
    pub(crate) async fn run_on<B: Backend>(
        self,
        connections: &ConnectionCache<B>,
    ) -> Result<CommitOutcome, StoreError> {
        let mut connection = connections.acquire().await.map_err(SqlError::<B>::from)?;
        let answer = self.run::<B>(&mut connection).await;
        if answer.is_ok() {
            connection.release();
        }
        answer
    }
}

async fn reserve<B: Backend>(
    conn: &mut Conn<B>,
    id: &AtomicI64,
    owner: Owner,
) -> Result<CommitOutcome, StoreError> {
    let UserId(reserved) = provision::reserve_user_id::<B>(conn, owner).await?;
    id.store(reserved, Ordering::Relaxed);
    Ok(CommitOutcome::Applied)
}

/// One statement: it is applied as a whole or not at all.
async fn acknowledge<B: Backend>(
    conn: &mut Conn<B>,
    events: &[ChangeId],
) -> Result<CommitOutcome, StoreError> {
    outbox::ack::<B>(conn, events).await?;
    Ok(CommitOutcome::Applied)
}
