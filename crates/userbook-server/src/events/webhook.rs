//! `--events https://…`: a signed HTTP request for each event.

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use http_body_util::Full;
use hyper::{
    Method, Request, StatusCode, Uri,
    body::Bytes,
    header::{CONTENT_TYPE, USER_AGENT},
    http::uri::InvalidUri,
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time::timeout;
use userbook::{
    clock::{Clock, SystemClock},
    event::Event,
    service::EventSink,
};

use super::{
    of_tenant::{TenantSink, to_json},
    signature::Secret,
};

/// The maximum time until the receiver has answered.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A reason why a webhook cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The URL cannot be read.
    #[error("invalid URL of a webhook")]
    Url(#[from] InvalidUri),
    /// The system's certificates cannot be read.
    #[error("cannot read the certificates of the system")]
    Certificates(#[source] std::io::Error),
}

/// The receiver answered, and did not accept the event. Repeating may not help.
#[derive(Debug, thiserror::Error)]
#[error("the receiver answered {0}")]
pub struct EventRejected(pub(super) StatusCode);

/// The receiver cannot answer now.
#[derive(Debug, thiserror::Error)]
enum NotNow {
    #[error("the receiver answered {0}")]
    Status(StatusCode),
    #[error("no answer within {TIMEOUT:?}")]
    TimedOut,
}

/// Sends each event as JSON to a URL. With a secret, each request is signed as [Standard
/// Webhooks](https://www.standardwebhooks.com) describes: headers `webhook-id`, `webhook-timestamp` and
/// `webhook-signature`. The id is that of the event, so that the receiver recognizes a repeated event. Redirects are
/// not followed.
#[derive(Debug)]
pub struct WebhookSink {
    url: Uri,
    secret: Option<Arc<Secret>>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    tenant: Option<Arc<str>>,
}

impl WebhookSink {
    /// Prepares requests to `url`. The secret is `whsec_` and Base64, or any other text.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub fn new(url: &str, secret: Option<&str>) -> Result<Self, WebhookError> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(WebhookError::Certificates)?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self {
            url: url.parse()?,
            secret: secret.map(|secret| Arc::new(Secret::new(secret))),
            client,
            tenant: None,
        })
    }

    fn request(&self, event: &Event) -> Result<Request<Full<Bytes>>, Box<dyn Error + Send + Sync>> {
        let body = to_json(event, self.tenant.as_deref())?;
        let (id, time) = (event.id.to_string(), SystemClock.now().timestamp());
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("userbook-server/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &id)
            .header("webhook-timestamp", time);
        if let Some(signature) = self.secret.as_ref().and_then(|secret| secret.sign(&id, time, &body)) {
            request = request.header("webhook-signature", signature);
        }
        Ok(request.body(Full::new(body.into()))?)
    }
}

#[async_trait]
impl EventSink for WebhookSink {
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        let answer = timeout(TIMEOUT, self.client.request(self.request(event)?)).await;
        let status = answer.map_err(|_| NotNow::TimedOut)??.status();
        if status.is_success() {
            Ok(())
        } else if is_temporary(status) {
            Err(NotNow::Status(status).into())
        } else {
            Err(EventRejected(status).into())
        }
    }
}

impl TenantSink for WebhookSink {
    fn of_tenant(&self, tenant: &str) -> Arc<dyn EventSink> {
        let (url, secret, client) = (self.url.clone(), self.secret.clone(), self.client.clone());
        Arc::new(Self { url, secret, client, tenant: Some(tenant.into()) })
    }
}

/// Whether the answer comes from a receiver, or a proxy before the receiver, that is overloaded or down.
fn is_temporary(status: StatusCode) -> bool {
    [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ]
    .contains(&status)
}
