//! A server as a process of its own, for a load generator: Userbook on the memory store, or an axum handler that
//! parses JSON and answers with the same.
#![allow(clippy::print_stdout, reason = "tells where it listens")]

use axum::{Json, Router, routing::put};
use serde_json::Value;
use tokio::net::TcpListener;
use userbook_benches::{Failure, traffic};
use userbook_http::USERS_PATH;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let kind = std::env::args().nth(1).ok_or("userbook or echo?")?;
    let app = if kind == "echo" {
        let echo = |Json(body): Json<Value>| async { Json(body) };
        Router::new().route(&format!("{USERS_PATH}{{id}}/"), put(echo))
    } else {
        userbook_axum::router(traffic::api(1000)?)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
