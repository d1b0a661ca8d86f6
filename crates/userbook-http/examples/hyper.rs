//! The API on hyper without a framework: the API is a `tower` service.
//!
//! ```sh
//! cargo run -p userbook-http --example hyper
//! ```
#![allow(clippy::print_stdout, reason = "an example talks to its reader")]

use std::{convert::Infallible, error::Error, future::Future, pin::pin};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower_service::Service;
use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService};
use userbook_http::{AuthenticationError, Authenticator, Endpoint, Representation, UserApi};
use userbook_memory::MemoryStore;

/// Authenticates every request as the host itself. Use it only in examples on the loopback interface.
#[derive(Debug)]
struct AlwaysHost;

#[async_trait]
impl Authenticator for AlwaysHost {
    async fn authenticate(&self, _head: &Parts) -> Result<Actor, AuthenticationError> {
        Ok(Actor::system())
    }
}

type Api = UserApi<MemoryStore, PermissionAuthorizer<StaticPermissions>, AlwaysHost>;

/// Returns the API over a store with one user, and the user's id.
async fn api() -> Result<(Api, i64), Box<dyn Error + Send + Sync>> {
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let service = UserService::new(MemoryStore::new(), authorizer);
    let ada = service.insert_user(&Actor::system(), NewUser::new("ada", "Ada Lovelace")).await?.view.user.id;
    Ok((UserApi::new(service, AlwaysHost, Representation::new("an example")), ada.0))
}

/// Serves until `stop` is ready, then finishes running requests.
async fn serve<S>(listener: TcpListener, service: S, stop: impl Future<Output = ()>) -> std::io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<Full<Bytes>>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            () = &mut stop => break,
        };
        let service = TowerToHyperService::new(service.clone());
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // A broken connection concerns only its client.
        tokio::spawn(graceful.watch(connection));
    }
    drop(listener);
    graceful.shutdown().await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (api, ada) = api().await?;
    let listener = TcpListener::bind("127.0.0.1:9001").await?;
    println!("Try it, and stop it with Ctrl-C:\n");
    println!("    curl -X PATCH http://{}/api/v3/core/users/{ada}/ \\", listener.local_addr()?);
    println!("        -H 'content-type: application/json' -d '{{\"email\": \"ada@example.com\"}}'");
    let stop = async {
        // Without signal handling, the server runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    serve(listener, api.into_service(), stop).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::oneshot,
    };

    use super::*;

    #[tokio::test]
    async fn serves_an_update_and_stops_on_request() {
        let (api, ada) = api().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, api.into_service(), async { stopped.await.unwrap() }));

        let mut client = TcpStream::connect(address).await.unwrap();
        let body = r#"{"email": "ada@example.com"}"#;
        let head = format!(
            "PATCH /api/v3/core/users/{ada}/ HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        client.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut answer = [0; 17];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK\r\n");

        // The connection is kept alive; stopping closes it after the response.
        stop.send(()).unwrap();
        let mut rest = String::new();
        client.read_to_string(&mut rest).await.unwrap();
        let (_, json) = rest.split_once("\r\n\r\n").unwrap();
        let user: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!((&user["username"], &user["email"]), (&"ada".into(), &"ada@example.com".into()));
        serving.await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
