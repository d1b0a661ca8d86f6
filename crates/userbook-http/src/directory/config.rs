//! The public configuration, available without authentication.

use bytes::Bytes;
use http::Response;
use serde::Serialize;

use super::json;
use crate::{Release, error::ApiError};

/// authentik's public configuration with the values of Userbook: no caches, no error reports, no capabilities.
#[derive(Debug, Serialize)]
struct Config {
    error_reporting: ErrorReporting,
    capabilities: [&'static str; 0],
    /// In seconds, like all timeouts.
    cache_timeout: u32,
    cache_timeout_flows: u32,
    cache_timeout_policies: u32,
    /// 2026.8 has no such timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_timeout_reputation: Option<u32>,
}

#[derive(Debug, Serialize)]
struct ErrorReporting {
    enabled: bool,
    sentry_dsn: &'static str,
    environment: &'static str,
    send_pii: bool,
    traces_sample_rate: f64,
}

const fn config(cache_timeout_reputation: Option<u32>) -> Config {
    let error_reporting = ErrorReporting {
        enabled: false,
        sentry_dsn: "",
        environment: "",
        send_pii: false,
        traces_sample_rate: 0.0,
    };
    Config {
        error_reporting,
        capabilities: [],
        cache_timeout: 0,
        cache_timeout_flows: 0,
        cache_timeout_policies: 0,
        cache_timeout_reputation,
    }
}

pub(super) fn show(release: Release) -> Result<Response<Bytes>, ApiError> {
    json(&config((!release.is_2026_8()).then_some(0)))
}
