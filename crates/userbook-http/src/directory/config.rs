//! The public configuration, available without authentication.

use bytes::Bytes;
use http::Response;
use serde::Serialize;

use super::json;
use crate::error::ApiError;

/// authentik's public configuration with the values of Userbook: no caches, no error reports, no capabilities.
#[derive(Debug, Serialize)]
struct Config {
    error_reporting: ErrorReporting,
    capabilities: [&'static str; 0],
    /// In seconds, like all timeouts.
    cache_timeout: u32,
    cache_timeout_flows: u32,
    cache_timeout_policies: u32,
    cache_timeout_reputation: u32,
}

#[derive(Debug, Serialize)]
struct ErrorReporting {
    enabled: bool,
    sentry_dsn: &'static str,
    environment: &'static str,
    send_pii: bool,
    traces_sample_rate: f64,
}

const CONFIG: Config = Config {
    error_reporting: ErrorReporting {
        enabled: false,
        sentry_dsn: "",
        environment: "",
        send_pii: false,
        traces_sample_rate: 0.0,
    },
    capabilities: [],
    cache_timeout: 0,
    cache_timeout_flows: 0,
    cache_timeout_policies: 0,
    cache_timeout_reputation: 0,
};

pub(super) fn show() -> Result<Response<Bytes>, ApiError> {
    json(&CONFIG)
}
