//! Serves SCIM for validators and for the comparison of `PATCH` requests, on any store and framework.
//!
//! | variable | values |
//! | --- | --- |
//! | `SCIM_STORE` | `memory` (default), `sqlite`, `postgres`, `mariadb` |
//! | `SCIM_FRAMEWORK` | `axum` (default), `actix` |
//! | `SCIM_STRICTNESS` | `lenient` (default), `strict` |
//! | `SCIM_TOKEN` | the bearer token |
//! | `LISTEN` | the address; by default a free port of the loopback interface |

use std::{env, net::TcpListener, sync::Arc};

use actix_web::{App, HttpServer};
use userbook::{
    Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService, UserType, store::ImportData,
};
use userbook_scim::{Connection, ConnectionAuthorizer, ScimApi, StaticConnections, Strictness};
use userbook_tests::fixture::{AnyStore, Kind, store_with};

type Api =
    ScimApi<AnyStore, ConnectionAuthorizer<PermissionAuthorizer<StaticPermissions>>, StaticConnections>;

/// Returns a variable, or the default if the variable is not set.
fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// Returns the provider over an empty store, with one connection.
async fn api(url: &str) -> Api {
    let kind = match setting("SCIM_STORE", "memory").as_str() {
        "memory" => Kind::Memory,
        "sqlite" => Kind::Sqlite,
        "postgres" => Kind::Postgres,
        "mariadb" => Kind::MariaDb,
        other => panic!("no store {other:?}"),
    };
    let strictness = match setting("SCIM_STRICTNESS", "lenient").as_str() {
        "lenient" => Strictness::lenient(),
        "strict" => Strictness::strict(),
        other => panic!("no strictness {other:?}"),
    };
    let empty = ImportData { install_id: "scim".to_owned(), groups: Vec::new(), users: Vec::new() };
    let store = store_with(kind, &empty).await;
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let own = UserService::new(Arc::clone(&store), authorizer.clone());
    let account = NewUser::new("scim-okta", "").with(|user| user.user_type(UserType::ServiceAccount));
    let account = own.insert_user(&Actor::system(), account).await.expect("an account");
    let connection = Connection::new("okta", Actor::user(account.view.user.id)).expect("a name");
    let token = setting("SCIM_TOKEN", "change-me");
    let connections = StaticConnections::new().with(token, connection.strictness(strictness));
    let scim = UserService::new(store, ConnectionAuthorizer::new(authorizer));
    ScimApi::new(scim, connections).with_base_url(url)
}

fn main() -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(serve())
}

async fn serve() -> std::io::Result<()> {
    let listener = TcpListener::bind(setting("LISTEN", "127.0.0.1:0"))?;
    let url = format!("http://{}/scim/v2", listener.local_addr()?);
    let api = api(&url).await;
    println!("listening on {url}");
    match setting("SCIM_FRAMEWORK", "axum").as_str() {
        "axum" => {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            axum::serve(listener, userbook_axum::router(api)).await
        }
        "actix" => {
            let app = move || App::new().configure(userbook_actix::routes(api.clone()));
            HttpServer::new(app).workers(2).listen(listener)?.run().await
        }
        other => panic!("no framework {other:?}"),
    }
}
