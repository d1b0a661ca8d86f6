//! An axum application whose users and groups an identity provider manages.
//!
//! `cargo run -p userbook-scim --example scim_axum`, then enter the printed URL and token in the identity provider.

use std::error::Error;

use axum::Router;
use tokio::net::TcpListener;
use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService, UserType};
use userbook_memory::MemoryStore;
use userbook_scim::{Connection, ConnectionAuthorizer, ScimApi, StaticConnections};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = std::sync::Arc::new(MemoryStore::new());
    // The application's own service, with its own authorizer.
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let service = UserService::new(store.clone(), authorizer.clone());

    // A service account performs the changes of the connection. Without rights of its own it can do nothing else.
    let account = NewUser::new("scim-okta", "Okta").with(|user| user.user_type(UserType::ServiceAccount));
    let account = service.insert_user(&Actor::system(), account).await?.view.user;
    let token = std::env::var("SCIM_TOKEN").unwrap_or_else(|_| "change-me".to_owned());
    let connection = Connection::new("okta", Actor::user(account.id))?;

    let scim = UserService::new(store, ConnectionAuthorizer::new(authorizer));
    let listener =
        TcpListener::bind(std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned())).await?;
    let url = format!("http://{}/scim/v2", listener.local_addr()?);
    let api = ScimApi::new(scim, StaticConnections::new().with(token, connection)).with_base_url(&url);
    let app = Router::new().merge(userbook_axum::router(api));

    #[allow(clippy::print_stdout, reason = "a program for the terminal")]
    {
        println!("listening on {url}");
    }
    axum::serve(listener, app).await?;
    Ok(())
}
