//! `--events stdout`: audit events as JSON Lines.

use std::{
    error::Error,
    io::{self, Write},
    sync::Arc,
};

use async_trait::async_trait;
use userbook::{event::Event, service::EventSink};

use super::of_tenant::{TenantSink, to_json};
use crate::writer::Writer;

/// Writes each event as one line to standard output, on a thread of its own. An event is delivered once the reader of
/// a pipe has room for the line.
#[derive(Debug)]
pub struct StdoutSink {
    writer: Writer,
    tenant: Option<Arc<str>>,
}

impl StdoutSink {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start() -> io::Result<Self> {
        let write = |line: &[u8]| {
            let mut out = io::stdout().lock();
            out.write_all(line)?;
            out.flush()
        };
        Ok(Self { writer: Writer::start("events-stdout", write)?, tenant: None })
    }
}

#[async_trait]
impl EventSink for StdoutSink {
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.writer.write(line(event, self.tenant.as_deref())?).await?)
    }
}

impl TenantSink for StdoutSink {
    fn of_tenant(&self, tenant: &str) -> Arc<dyn EventSink> {
        Arc::new(Self { writer: self.writer.clone(), tenant: Some(tenant.into()) })
    }
}

/// Returns the event as a line of JSON.
pub(super) fn line(event: &Event, tenant: Option<&str>) -> serde_json::Result<Vec<u8>> {
    let mut line = to_json(event, tenant)?;
    line.push(b'\n');
    Ok(line)
}
