//! Reads whole tables for the administration commands: exports, audit events, contradictions.

mod check;
mod claims;
mod export;
mod further_addresses;
mod sql;

use std::fmt::Debug;

use async_trait::async_trait;
pub(crate) use sql::SqlMaintenance;
use userbook::{
    Group, Timestamp, User, UserId,
    event::Event,
    store::{DistinctNames, StoreError},
};

use crate::auth::{GrantRow, TokenRow};

/// Takes the rows of an export in this order: install id, groups, users, tokens, permissions.
pub(crate) trait ExportSink: Send {
    fn install_id(&mut self, id: &str) -> std::io::Result<()>;
    fn groups(&mut self, groups: &[Group]) -> std::io::Result<()>;
    fn users(&mut self, users: &[User]) -> std::io::Result<()>;
    fn tokens(&mut self, tokens: &[TokenRow]) -> std::io::Result<()>;
    fn grants(&mut self, grants: &[GrantRow]) -> std::io::Result<()>;
}

/// Selects audit events, newest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventQuery {
    pub user: Option<UserId>,
    pub since: Option<Timestamp>,
    pub pending: bool,
    pub limit: u32,
}

/// Work on whole tables.
#[async_trait]
pub(crate) trait Maintenance: Debug + Send + Sync {
    /// Hands all rows of one moment to the sink.
    async fn export(&self, sink: &mut dyn ExportSink) -> Result<(), StoreError>;

    /// Returns events with the information whether each is acknowledged.
    async fn events(&self, query: EventQuery) -> Result<Vec<(Event, bool)>, StoreError>;

    /// Returns the contradictions between tables, and stored names that are not distinct, each as a sentence.
    async fn problems(&self, distinct: DistinctNames) -> Result<Vec<String>, StoreError>;
}
