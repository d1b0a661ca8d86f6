//! The API page: Swagger UI with the schema at `/api/v3/schema/`. A package contains the files of Swagger UI.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use userbook_http::{ExtensionSet, Release, openapi, unknown_operation};
use utoipa_swagger_ui::{Config, serve};

use super::{SAME_ORIGIN, SAME_ORIGIN_STYLED, file};

/// The path of the page; its files are directly below.
const PATH: &str = "/api/v3/";

/// The path of the schema.
const SCHEMA: &str = "/api/v3/schema/";

/// The media type of OpenAPI documents, as authentik sends it.
const OPENAPI: &str = "application/vnd.oai.openapi+json";

pub(super) fn router(release: Release, extensions: ExtensionSet) -> Router {
    let schema = openapi::schema(release, extensions).to_string();
    let config = Arc::new(Config::new([SCHEMA]).try_it_out_enabled(true).persist_authorization(false));
    let index = Arc::clone(&config);
    let other = async move |request: Request| unknown_operation(&request, extensions).map(Body::from);
    Router::new()
        .route(
            PATH,
            get(async move |request: Request| asset("", &index, &request, extensions)).fallback(other),
        )
        .route(
            "/api/v3/{file}",
            get(async move |name: Result<Path<String>, PathRejection>, request: Request| match name {
                Ok(Path(name)) => asset(&name, &config, &request, extensions),
                // It is not UTF-8.
                Err(_) => unknown_operation(&request, extensions).map(Body::from),
            })
            .fallback(other),
        )
        .route(SCHEMA, get(async move || file(OPENAPI, SAME_ORIGIN, schema.clone())).fallback(other))
}

/// Serves a file of Swagger UI.
fn asset(name: &str, config: &Arc<Config<'static>>, request: &Request, extensions: ExtensionSet) -> Response {
    match serve(name, Arc::clone(config)) {
        Ok(Some(found)) => file(&found.content_type, SAME_ORIGIN_STYLED, found.bytes.into_owned()),
        Ok(None) => unknown_operation(request, extensions).map(Body::from),
        Err(error) => {
            tracing::error!(error = &*error, "cannot serve a file of the API page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
