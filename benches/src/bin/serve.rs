//! A server process for a load generator: Userbook on the memory store, or one of the hosts that one writes by hand.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "prints the address, and errors")]

use std::{path::PathBuf, time::Duration};

use axum::{Json, Router, routing::put};
use clap::Parser;
use serde_json::Value;
use tokio::net::TcpListener;
use userbook::{UserId, json::SharedJson};
use userbook_benches::{
    Failure,
    baseline::{handwritten_host, mariadb_host, sqlite_host},
    directory::rows,
    traffic::{self, Api, HELPER, STRANGER},
};
use userbook_http::{DirectoryApi, USERS_PATH};

/// The number of users in memory.
const USERS: i64 = 1000;

/// What to serve.
#[derive(Debug, Parser)]
enum Kind {
    /// Userbook on the memory store; every caller may update every user
    Userbook,
    /// Userbook with lists
    Directory,
    /// Userbook for a caller without permissions
    Denied,
    /// A map behind a lock
    Handwritten {
        /// The number of users
        #[arg(long, default_value_t = USERS)]
        users: i64,
        /// The key of the only token
        #[arg(long)]
        token: Option<String>,
    },
    /// The parsed body as answer
    Echo,
    /// A user as answer, as long as that of Userbook
    Show,
    /// `rusqlite` and a database of the reference server
    Sqlite { file: PathBuf },
    /// MariaDB, with a database of the reference server
    Mariadb { url: String },
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let app = match Kind::parse() {
        Kind::Userbook => userbook_axum::router(delivered(HELPER)?),
        Kind::Directory => userbook_axum::router(DirectoryApi::from(delivered(HELPER)?)),
        Kind::Denied => userbook_axum::router(delivered(STRANGER)?),
        Kind::Handwritten { users, token } => handwritten_host::app(&rows(users), token.as_deref()),
        Kind::Echo => answer(put(|Json(body): Json<Value>| async { Json(body) })),
        Kind::Show => {
            let request = traffic::request(7, traffic::typical_put(7, true))?;
            let user: SharedJson =
                serde_json::from_slice(traffic::send(&traffic::api(USERS)?, request)?.body())?;
            answer(put(|Json(_): Json<Value>| async { Json(user) }))
        }
        Kind::Sqlite { file } => sqlite_host::app(&file)?,
        Kind::Mariadb { url } => mariadb_host::app(&url).await?,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

fn answer(handler: axum::routing::MethodRouter) -> Router {
    Router::new().route(&format!("{USERS_PATH}{{id}}/"), handler)
}

/// Returns Userbook, whose events are delivered.
fn delivered(caller: UserId) -> Result<Api, Failure> {
    let api = traffic::api_for(USERS, caller)?;
    tokio::spawn(deliver_events(api.clone()));
    Ok(api)
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
