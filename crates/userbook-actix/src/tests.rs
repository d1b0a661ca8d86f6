use std::{
    error::Error,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use actix_web::{
    App, HttpResponse,
    body::to_bytes,
    dev::{Payload, Service, ServiceResponse},
    error::PayloadError,
    http::StatusCode,
    rt::System,
    test::{TestRequest, call_service, init_service},
    web::{self, Bytes},
};
use async_trait::async_trait;
use futures_util::Stream;
use http::request::Parts;
use userbook::{
    Actor, Authorizer, NewUser, PermissionAuthorizer, StaticPermissions, User, UserId, UserService,
    authz::{AuthorizerError, Check, Resource, Verdicts},
    model::GroupGraph,
};
use userbook_http::{
    AuthenticationError, Authenticator, Endpoint, Failure, PathPattern, Representation, UserApi,
};
use userbook_memory::MemoryStore;

use super::{insert_extension, routes, service};

/// Responds with the target that it receives.
#[derive(Debug, Clone)]
struct Echo;

impl Endpoint for Echo {
    const PATHS: &'static [PathPattern] = &[
        PathPattern::Exactly("/v3/users/"),
        PathPattern::Below("/v3/users/"),
        PathPattern::Exactly("/v3/me/"),
    ];

    async fn respond<B>(&self, request: http::Request<B>) -> http::Response<Bytes>
    where
        B: http_body::Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        http::Response::new(format!("seen {}", request.uri()).into())
    }
}

#[test]
fn endpoint_receives_its_own_paths_as_sent() {
    System::new().block_on(async {
        let own = async || HttpResponse::Ok().body("the host's");
        let tenant = web::scope("/of/{rest}")
            .configure(routes(Echo))
            .service(web::scope("/all").default_service(service(Echo)));
        let app = App::new()
            .route("/v3/users/paths/", web::to(own))
            .configure(routes(Echo))
            .service(tenant)
            .default_service(web::to(own));
        let app = init_service(app).await;
        for (target, expected) in [
            ("/v3/users/", "seen /v3/users/"),
            ("/v3/users/7/?a=%41", "seen /v3/users/7/?a=%41"),
            ("/v3/users/%37%2F/x//", "seen /v3/users/%37%2F/x//"),
            ("/v3/users/%0A", "seen /v3/users/%0A"),
            ("/v3/me/", "seen /v3/me/"),
            ("/of/us/v3/users/7/", "seen /v3/users/7/"),
            ("/of/us/v3/me/?x", "seen /v3/me/?x"),
            ("/of/%C3%A4%20%2F%62/v3/users/%37/", "seen /v3/users/%37/"),
            ("/of/us/all/x//%79/", "seen /x//%79/"),
            ("/v3/users/paths/", "the host's"),
            ("/v3/users", "the host's"),
            ("/v3/me/7/", "the host's"),
            ("/", "the host's"),
        ] {
            let request = TestRequest::with_uri(target).to_request();
            let response = call_service(&app, request).await;
            assert_eq!(to_bytes(response.into_body()).await.unwrap(), expected, "{target}");
        }
    });
}

/// The same at another place.
#[derive(Debug, Clone)]
struct Moved;

impl Endpoint for Moved {
    const PATHS: &'static [PathPattern] = Echo::PATHS;

    fn mounted(&self, pattern: PathPattern) -> String {
        format!("/a/b{}", pattern.path())
    }

    async fn respond<B>(&self, request: http::Request<B>) -> http::Response<Bytes>
    where
        B: http_body::Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        Echo.respond(request).await
    }
}

#[test]
fn mounted_endpoint_receives_its_own_paths_as_sent() {
    System::new().block_on(async {
        let tenant = web::scope("/of/{rest}").configure(routes(Moved));
        let own = async || HttpResponse::Ok().body("the host's");
        let app = App::new().configure(routes(Moved)).service(tenant).default_service(web::to(own));
        let app = init_service(app).await;
        for (target, expected) in [
            ("/a/b/v3/users/", "seen /a/b/v3/users/"),
            ("/a/b/v3/users/7/?x", "seen /a/b/v3/users/7/?x"),
            ("/of/us/a/b/v3/users/%37/", "seen /a/b/v3/users/%37/"),
            ("/v3/users/7/", "the host's"),
        ] {
            let response = call_service(&app, TestRequest::with_uri(target).to_request()).await;
            assert_eq!(to_bytes(response.into_body()).await.unwrap(), expected, "{target}");
        }
    });
}

/// Authenticates the user in the request's extensions, or the host.
#[derive(Debug)]
struct Sessions;

#[async_trait]
impl Authenticator for Sessions {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        Ok(head.extensions.get().map_or_else(Actor::system, |id: &UserId| Actor::user(*id)))
    }
}

#[derive(Debug)]
struct Fails;

#[async_trait]
impl Authorizer for Fails {
    async fn authorize(&self, _: &Actor, _: Resource<'_>, _: &[Check]) -> Result<Verdicts, AuthorizerError> {
        Err(AuthorizerError::new(std::io::Error::other("connection lost")))
    }

    async fn can_grant_superuser(&self, _: &User, _: &GroupGraph) -> Result<bool, AuthorizerError> {
        Err(AuthorizerError::new(std::io::Error::other("connection lost")))
    }
}

async fn ask<A: Authorizer>(
    authorizer: A,
    request: TestRequest,
    payload: Option<Payload>,
) -> ServiceResponse {
    let service = UserService::new(MemoryStore::new(), authorizer);
    // The only user has the id 1.
    service.insert_user(&Actor::system(), NewUser::new("ann", "Ann")).run().await.ok();
    let api = UserApi::new(service, Sessions, Representation::new("")).with_body_limit(LIMIT);
    let mut request = request.to_request();
    *request.payload() = payload.unwrap_or(Payload::None);
    init_service(App::new().configure(routes(api))).await.call(request).await.unwrap()
}

fn no_permissions() -> PermissionAuthorizer<StaticPermissions> {
    PermissionAuthorizer::new(StaticPermissions::none())
}

const LIMIT: usize = 10 * 1024;

/// A payload of equal chunks that counts the polled chunks, and optionally ends with a failure.
struct Chunks {
    left: usize,
    fails: bool,
    taken: Arc<AtomicUsize>,
}

impl Stream for Chunks {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Ready(
                std::mem::take(&mut self.fails).then_some(Err(PayloadError::Incomplete(None))),
            );
        }
        self.left -= 1;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Bytes::from_static(&[b' '; 1024]))))
    }
}

fn chunks(left: usize, fails: bool) -> (Option<Payload>, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let stream = Chunks { left, fails, taken: Arc::clone(&taken) };
    (Some(Payload::Stream { payload: Box::pin(stream) }), taken)
}

fn patch(user: i64) -> TestRequest {
    let uri = format!("/api/v3/core/users/{user}/");
    TestRequest::patch().uri(&uri).insert_header(("content-type", "application/json"))
}

#[test]
fn payload_is_read_up_to_the_limit_and_at_most_one_chunk_ahead() {
    System::new().block_on(async {
        let (payload, taken) = chunks(1000, false);
        let answer = ask(no_permissions(), patch(1), payload).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let needed = LIMIT / 1024 + 1;
        assert!((needed..=needed + 1).contains(&taken.load(Ordering::Relaxed)), "{taken:?}");
    });
}

#[test]
fn payload_with_a_length_above_the_limit_is_not_read() {
    System::new().block_on(async {
        let (payload, taken) = chunks(1000, false);
        let announced = patch(1).insert_header(("content-length", LIMIT + 1));
        let answer = ask(no_permissions(), announced, payload).await;
        assert_eq!((answer.status(), taken.load(Ordering::Relaxed)), (StatusCode::PAYLOAD_TOO_LARGE, 0));
    });
}

#[test]
fn payload_of_a_caller_without_access_is_not_read() {
    System::new().block_on(async {
        let (payload, taken) = chunks(1000, false);
        let answer = ask(no_permissions(), patch(7), payload).await;
        assert_eq!((answer.status(), taken.load(Ordering::Relaxed)), (StatusCode::NOT_FOUND, 0));
        let (payload, taken) = chunks(1000, false);
        let answer = ask(Fails, patch(1), payload).await;
        assert_eq!((answer.status(), taken.load(Ordering::Relaxed)), (StatusCode::INTERNAL_SERVER_ERROR, 0));
    });
}

#[test]
fn incomplete_payload_is_an_error_and_a_complete_one_is_read_to_its_end() {
    System::new().block_on(async {
        for (fails, expected) in [(true, "unreadable_body"), (false, "JSON parse error")] {
            let (payload, taken) = chunks(3, fails);
            let answer = ask(no_permissions(), patch(1), payload).await;
            assert_eq!((answer.status(), taken.load(Ordering::Relaxed)), (StatusCode::BAD_REQUEST, 3));
            let body = to_bytes(answer.into_body()).await.unwrap();
            assert!(String::from_utf8_lossy(&body).contains(expected), "{body:?}");
        }
    });
}

#[test]
fn authenticator_sees_extensions_and_the_host_sees_failures() {
    System::new().block_on(async {
        let get = || TestRequest::get().uri("/api/v3/core/users/7/");
        let answer = ask(no_permissions(), get(), None).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let app = App::new().configure(routes(UserApi::new(
            UserService::new(MemoryStore::new(), no_permissions()),
            Sessions,
            Representation::new(""),
        )));
        let request = get().to_request();
        insert_extension(&request, "something else");
        insert_extension(&request, UserId(1));
        let answer = init_service(app).await.call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);

        let answer = ask(Fails, get(), None).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let extensions = answer.response().extensions();
        let failure = extensions.get::<http::Extensions>().and_then(|it| it.get::<Failure>()).unwrap();
        assert!(format!("{failure:?}").contains("connection lost"));
    });
}
