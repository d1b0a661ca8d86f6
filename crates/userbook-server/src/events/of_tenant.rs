//! Events of several tenants in one destination: each names its tenant.

use std::sync::Arc;

use serde::Serialize;
use userbook::{event::Event, service::EventSink};

/// A destination that the tenants of a server share.
pub(crate) trait TenantSink: EventSink {
    /// The same destination, for the events of one tenant.
    fn of_tenant(&self, tenant: &str) -> Arc<dyn EventSink>;
}

/// An event as a destination gets it.
#[derive(Serialize)]
struct Labelled<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'e str>,
    #[serde(flatten)]
    event: &'e Event,
}

/// Returns the event as JSON, with its tenant.
pub(super) fn to_json(event: &Event, tenant: Option<&str>) -> serde_json::Result<Vec<u8>> {
    match tenant {
        None => serde_json::to_vec(event),
        tenant => serde_json::to_vec(&Labelled { tenant, event }),
    }
}
