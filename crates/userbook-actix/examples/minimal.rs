//! An actix-web application with its own sessions and routes, and Userbook's API beside them. The first administrator
//! is in a group that grants superuser status. The store is in memory: every start begins anew.

use std::{collections::HashMap, env, error::Error, sync::Arc};

use actix_web::{
    App, HttpServer, Responder,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::{ErrorInternalServerError, ErrorNotFound},
    http::header::COOKIE,
    middleware::{Next, from_fn},
    web,
};
use async_trait::async_trait;
use userbook::{
    AccessError, Actor, GroupId, NewGroup, NewUser, PermissionAuthorizer, StaticPermissions, UserId,
    UserService,
};
use userbook_http::{AuthenticationError, Authenticator, Failure, Representation, UserApi};
use userbook_memory::MemoryStore;
use uuid::Uuid;

type Service = UserService<MemoryStore, PermissionAuthorizer<StaticPermissions>>;

const ADMINS: GroupId = GroupId(Uuid::from_u128(1));

/// The users of your sessions, by the value of the session cookie.
type Sessions = HashMap<String, UserId>;

/// Your session middleware: passes the caller to Userbook and logs the cause of each 500 and 503.
async fn session(
    sessions: web::Data<Sessions>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let cookie = request.headers().get(COOKIE).and_then(|cookie| cookie.to_str().ok());
    let key = cookie.and_then(|cookie| cookie.strip_prefix("session="));
    if let Some(user) = key.and_then(|key| sessions.get(key)).copied() {
        userbook_actix::insert_extension(&request, user);
    }
    let response = next.call(request).await?;
    if let Some(shared) = response.response().extensions().get::<http::Extensions>()
        && let Some(failure) = shared.get::<Failure>()
    {
        tracing::error!(%failure, "request failed");
    }
    Ok(response)
}

/// Authenticates Userbook's requests by your session.
#[derive(Debug)]
struct BySession;

#[async_trait]
impl Authenticator for BySession {
    async fn authenticate(&self, head: &http::request::Parts) -> Result<Actor, AuthenticationError> {
        let user = head.extensions.get::<UserId>();
        Ok(user.map_or_else(Actor::anonymous, |id| Actor::user(*id)))
    }
}

/// Your own route, on the same service.
async fn greet(service: web::Data<Service>, id: web::Path<i64>) -> Result<impl Responder, actix_web::Error> {
    match service.retrieve(&Actor::system(), UserId(*id)).await {
        Ok(view) => Ok(format!("Hello, {}!", view.user.name)),
        Err(AccessError::NotFound) => Err(ErrorNotFound("no such user")),
        Err(error) => Err(ErrorInternalServerError(error)),
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let service = Arc::new(UserService::new(MemoryStore::new(), authorizer));
    let host = Actor::system(); // your own code; never build this actor from a request
    service.put_group(&host, ADMINS, NewGroup::new("admins").superuser(true)).await?;
    let admin = NewUser::new("admin", "Administrator").with(|user| user.groups([ADMINS]));
    let admin = service.insert_user(&host, admin).await?.view.user.id;

    let api = UserApi::new(Arc::clone(&service), BySession, Representation::new("my-install-id"));
    let service = web::Data::from(service);
    let sessions = web::Data::new(Sessions::from([("secret".to_owned(), admin)]));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(service.clone())
            .app_data(sessions.clone())
            .route("/greet/{id}", web::get().to(greet))
            .configure(userbook_actix::routes(api.clone()))
            .wrap(from_fn(session))
    });
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8000".to_owned());
    Ok(server.bind(address)?.run().await?)
}
