//! The handwritten directory over HTTP: what one writes with axum in an afternoon. With a token, it looks the caller up
//! by the digest of the token; it knows no rights.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::{get, put},
};
use sha2::{Digest, Sha256};
use userbook::store::ImportData;

use super::handwritten::Handwritten;

#[derive(Debug)]
struct Host {
    directory: Handwritten,
    /// The digest of the only token; without it, every caller may do everything.
    token: Option<[u8; 32]>,
}

/// Returns the application with these rows.
pub fn app(rows: &ImportData, token: Option<&str>) -> Router {
    let token = token.map(|token| Sha256::digest(token).into());
    let path = userbook_http::USERS_PATH;
    Router::new()
        .route(&format!("{path}{{id}}/"), put(update))
        .route(path, get(list))
        .with_state(Arc::new(Host { directory: Handwritten::new(rows), token }))
}

impl Host {
    fn knows(&self, headers: &HeaderMap) -> bool {
        let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        self.token
            .is_none_or(|known| token.is_some_and(|token| <[u8; 32]>::from(Sha256::digest(token)) == known))
    }
}

async fn update(
    State(host): State<Arc<Host>>,
    Path(id): Path<i64>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !host.knows(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    json(host.directory.put(id, &body))
}

async fn list(State(host): State<Arc<Host>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if !host.knows(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let size = query.and_then(|query| query.strip_prefix("page_size=")?.parse().ok());
    json(size.and_then(|size| host.directory.first_page(size)))
}

fn json(body: Option<Vec<u8>>) -> Response {
    match body {
        Some(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}
