//! A server process for a load generator: Userbook on the memory store, or an axum handler that parses JSON and
//! returns the same JSON, or a user like Userbook's, or a handwritten host that uses a SQLite file.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tells where it listens, and what failed")]

use std::time::Duration;

use axum::{Json, Router, routing::put};
use serde_json::Value;
use tokio::net::TcpListener;
use userbook::json::SharedJson;
use userbook_benches::{
    Failure,
    baseline::sqlite_host,
    traffic::{self, Api},
};
use userbook_http::USERS_PATH;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let kind = std::env::args().nth(1).ok_or("userbook, echo, show or sqlite FILE?")?;
    let path = format!("{USERS_PATH}{{id}}/");
    let api = traffic::api(1000)?;
    let app = match kind.as_str() {
        "echo" => Router::new().route(&path, put(|Json(body): Json<Value>| async { Json(body) })),
        "sqlite" => {
            let file = std::env::args().nth(2).ok_or("which database?")?;
            sqlite_host::app(file.as_ref())?
        }
        "show" => {
            let request = traffic::request(7, traffic::typical_put(7, true))?;
            let user: SharedJson = serde_json::from_slice(traffic::send(&api, request)?.body())?;
            Router::new().route(&path, put(|Json(_): Json<Value>| async { Json(user) }))
        }
        _ => {
            tokio::spawn(deliver_events(api.clone()));
            userbook_axum::router(api)
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

/// Delivers events like a host; otherwise memory would grow during the measurement.
async fn deliver_events(api: Api) {
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    loop {
        pause.tick().await;
        if let Err(error) = traffic::drain(api.service().store()) {
            eprintln!("{error}");
        }
    }
}
