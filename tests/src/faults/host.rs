//! Faults inside the host: a clock that jumps, an authorizer that hangs or fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU8, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use http::{header::AUTHORIZATION, request::Parts};
use userbook::{
    Actor, Authorizer, PermissionAuthorizer, StaticPermissions, Timestamp, User, UserId, UserService,
    authz::{AuthorizerError, Check, Resource, Verdicts},
    clock::{Clock, SystemClock},
    model::GroupGraph,
    store::ImportStore,
};
use userbook_http::{AuthenticationError, Authenticator, Representation, UserApi};
use userbook_sqlx::sqlite::{SqliteStore, connect_options};

use super::{
    Outcome,
    client::Kind,
    cluster_fixture::{ClusterFixture, runtime, some_time},
    directory::{ADMINS, key, rows},
    scenarios::Rounds,
};

/// Runs a host on SQLite with a scripted clock and a scripted authorizer.
pub(super) fn all(rounds: &Rounds) -> Outcome {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let url = format!("sqlite:{}", folder.path().join("users.db").display());
    let runtime = runtime();
    let (clock, authorizer) = (JumpyClock::default(), ScriptedAuthorizer::default());
    let service = runtime.block_on(async {
        let options = connect_options(&url).expect("the URL can be read");
        let pool = sqlx::SqlitePool::connect_with(options).await.expect("the database can be made");
        let store = SqliteStore::new(pool);
        store.migrate().await.expect("the database can be migrated");
        store.import(&rows()).await.expect("the rows can be kept");
        UserService::new(store, authorizer.clone()).with_clock(clock.clone())
    });
    let api = UserApi::new(service, Keys, Representation::new("the host of the faults"));
    let address = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let serve = axum::serve(listener, userbook_axum::router(api)).into_future();
        tokio::spawn(serve);
        address
    });
    let mut fixture = ClusterFixture::in_folder(runtime, folder, vec![], &url, true);
    fixture.talk_to(address);
    for _ in 0..5 * rounds.others {
        fixture.round(|fixture| {
            for _ in 0..20 {
                clock.jump();
                fixture.outcome.fault("clock jumped");
                some_time(2, 6);
            }
            clock.behave();
        });
        fixture.round(|fixture| {
            authorizer.be(HANGING);
            fixture.outcome.fault("authorizer hung");
            some_time(100, 200);
            // Clients that do not wait for the response.
            for _ in 0..5 {
                fixture.send_part(Kind::Overwrite, 1000);
            }
            authorizer.be(FAILING);
            fixture.outcome.fault("authorizer failed");
            some_time(20, 60);
            authorizer.be(WELL);
            fixture.wait_until_serving(0);
        });
    }
    fixture.outcome
}

/// Authenticates the administrators by their tokens.
#[derive(Debug)]
struct Keys;

#[async_trait]
impl Authenticator for Keys {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        let bearer = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|bearer| bearer.strip_prefix("Bearer "));
        let admin = ADMINS.into_iter().find(|admin| Some(key(*admin).as_str()) == token);
        admin.map(|admin| Actor::user(UserId(admin))).ok_or(AuthenticationError::token_invalid())
    }
}

/// Jumps by years, forwards and backwards.
#[derive(Debug, Clone, Default)]
struct JumpyClock(Arc<AtomicI64>);

impl JumpyClock {
    fn jump(&self) {
        self.0.store(fastrand::i64(-1_000_000_000..1_000_000_000), Ordering::SeqCst);
    }

    fn behave(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

impl Clock for JumpyClock {
    fn now(&self) -> Timestamp {
        let offset = Duration::from_secs(self.0.load(Ordering::SeqCst).unsigned_abs());
        let now = SystemClock.now();
        if self.0.load(Ordering::SeqCst) < 0 { now - offset } else { now + offset }
    }

    fn monotonic(&self) -> Duration {
        // Like a suspended machine, the monotonic clock only jumps forwards.
        let slept = u64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or_default();
        SystemClock.monotonic() + Duration::from_secs(slept)
    }
}

const WELL: u8 = 0;
const HANGING: u8 = 1;
const FAILING: u8 = 2;

/// Returns the usual verdicts while the mode is `WELL`.
#[derive(Debug, Clone, Default)]
struct ScriptedAuthorizer(Arc<AtomicU8>);

impl ScriptedAuthorizer {
    fn be(&self, mood: u8) {
        self.0.store(mood, Ordering::SeqCst);
    }
}

#[async_trait]
impl Authorizer for ScriptedAuthorizer {
    async fn authorize(
        &self,
        actor: &Actor,
        target: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        while self.0.load(Ordering::SeqCst) == HANGING {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if self.0.load(Ordering::SeqCst) == FAILING {
            return Err(AuthorizerError::new("it is not well"));
        }
        PermissionAuthorizer::new(StaticPermissions::none()).authorize(actor, target, checks).await
    }

    async fn can_grant_superuser(&self, _: &User, _: &GroupGraph) -> Result<bool, AuthorizerError> {
        Ok(false)
    }
}
