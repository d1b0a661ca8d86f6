//! `.search` (RFC 7644 §3.4.3): a query whose parameters are in the body.

use std::error::Error;

use http_body::Body;
use userbook::{
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
};

use super::{Answer, Exchange, list::Window, payload::Payload};
use crate::{params::Params, resource::ResourceKind};

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    /// Searches in one type, or in all types: users first, then groups, each sorted.
    pub(super) async fn search<B>(&self, kind: Option<ResourceKind>, payload: Payload<'_, B>) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        self.require_account().await?;
        let body = payload.read(&self.provider.limits).await?;
        let exchange = Exchange {
            params: Params::from_body(&body, &self.provider.limits, self.connection.strictness)?,
            preconditions: self.preconditions.clone(),
            searches_all: kind.is_none(),
            ..*self
        };
        if let Some(kind) = kind {
            return exchange.list(kind).await;
        }
        let window = exchange.window();
        let (mut resources, users) = exchange.page(ResourceKind::User, window).await?;
        let left = window.limit.saturating_sub(u32::try_from(resources.len()).unwrap_or(u32::MAX));
        let rest = Window { offset: window.offset.saturating_sub(users), limit: left };
        let (groups, count) = exchange.page(ResourceKind::Group, rest).await?;
        resources.extend(groups);
        Ok(exchange.list_reply(&resources, users + count))
    }
}
