//! An actix-web application whose users an identity provider manages: a deleted user is only deactivated.
//!
//! `cargo run -p userbook-scim --example scim_actix`, then enter the printed URL and token in the identity provider.

use std::{env, error::Error, net::TcpListener, sync::Arc};

use actix_web::{App, HttpServer};
use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService, UserType};
use userbook_memory::MemoryStore;
use userbook_scim::{Connection, ConnectionAuthorizer, Deletion, ScimApi, StaticConnections};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (store, permissions) = (Arc::new(MemoryStore::new()), StaticPermissions::none());
    let authorizer = ConnectionAuthorizer::new(PermissionAuthorizer::new(permissions.clone()));
    let own_service = UserService::new(Arc::clone(&store), PermissionAuthorizer::new(permissions));

    // The events name this account, which has no rights of its own.
    let account = NewUser::new("scim-entra", "Entra").with(|user| user.user_type(UserType::ServiceAccount));
    let inserted = own_service.insert_user(&Actor::system(), account).await?;
    let connection = Connection::new("entra", Actor::user(inserted.view.user.id))?;
    let connection = connection.deletion(Deletion::Deactivate);
    let token = env::var("SCIM_TOKEN").unwrap_or_else(|_| "change-me".to_owned());
    let connections = StaticConnections::new().with(token, connection);

    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address)?;
    let url = format!("http://{}/scim/v2", listener.local_addr()?);
    let api = ScimApi::new(UserService::new(store, authorizer), connections).with_base_url(&url);
    #[allow(clippy::print_stdout, reason = "a program for the terminal")]
    {
        println!("listening on {url}");
    }
    let app = move || App::new().configure(userbook_actix::routes(api.clone()));
    Ok(HttpServer::new(app).listen(listener)?.run().await?)
}
