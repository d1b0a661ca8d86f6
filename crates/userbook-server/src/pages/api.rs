//! The API page: Swagger UI with the schema at `/api/v3/schema/`. A package contains the files of Swagger UI.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use userbook_http::ExtensionSet;
use userbook_http::openapi;
use utoipa_swagger_ui::{Config, serve};

use super::{SAME_ORIGIN_STYLED, file};

/// The path of the page; its files are directly below.
const PATH: &str = "/api/v3/";

/// The path of the schema.
const SCHEMA: &str = "/api/v3/schema/";

/// The media type of OpenAPI documents, as authentik sends it.
const OPENAPI: &str = "application/vnd.oai.openapi+json";

pub(super) fn router(extensions: ExtensionSet) -> Router {
    let schema = openapi::schema(extensions).to_string();
    let config = Arc::new(Config::new([SCHEMA]).try_it_out_enabled(true).persist_authorization(true));
    let index = Arc::clone(&config);
    Router::new()
        .route(PATH, get(async move || asset("", &index)))
        .route("/api/v3/{file}", get(async move |Path(name): Path<String>| asset(&name, &config)))
        .route(SCHEMA, get(async move || ([(CONTENT_TYPE, OPENAPI)], schema.clone())))
}

/// Serves a file of Swagger UI.
fn asset(name: &str, config: &Arc<Config<'static>>) -> Response {
    match serve(name, Arc::clone(config)) {
        Ok(Some(found)) => file(&found.content_type, SAME_ORIGIN_STYLED, found.bytes.into_owned()),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(error = &*error, "cannot serve a file of the API page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
