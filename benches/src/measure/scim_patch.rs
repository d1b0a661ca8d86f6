//! A SCIM PATCH of one attribute, compared with the same change by PATCH of the other API: the same users in the same
//! store, in one process, without a network.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE, request::Parts};
use http_body_util::Full;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use userbook::{
    Actor, PermissionAuthorizer, StaticPermissions, UserService,
    model::ExternalSource,
    store::{ImportData, ImportStore, ListStore, ProvisioningStore},
};
use userbook_http::{AuthenticationError, Representation, USERS_PATH, UserApi};
use userbook_memory::MemoryStore;
use userbook_scim::{Connection, ConnectionAuthorizer, Connections, SCIM_PATH, ScimApi};
use userbook_tests::servers::postgres::Database;
use uuid::Uuid;

use super::{Found, Setting, seeds};
use crate::{
    Failure,
    directory::rows,
    figure::{Bound, Figure},
    stats::{Paired, try_paired},
    traffic::{Always, HELPER, drain, permissions},
};

/// The updates of one round. All users of a round differ.
const UPDATES: i64 = 200;

type Plain<S> = UserApi<S, PermissionAuthorizer<StaticPermissions>, Always>;
type Scim<S> = ScimApi<S, ConnectionAuthorizer<PermissionAuthorizer<StaticPermissions>>, OneConnection>;

/// Every request belongs to this connection, because the cost of tokens belongs to the host.
#[derive(Debug)]
struct OneConnection(Arc<Connection>);

#[async_trait]
impl Connections for OneConnection {
    async fn authenticate(&self, _head: &Parts) -> Result<Option<Arc<Connection>>, AuthenticationError> {
        Ok(Some(Arc::clone(&self.0)))
    }
}

/// A change of the display name.
#[derive(Debug, Clone, Copy)]
enum Form {
    WithPath,
    WithoutPath,
    /// Of the other API.
    Plain,
}

impl Form {
    const SCIM: [(&str, Self); 2] = [("with_path", Self::WithPath), ("without_path", Self::WithoutPath)];

    fn request(self, user: i64, name: &str) -> Result<Request<Full<Bytes>>, Failure> {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        let scim = |operation: Value| json!({"schemas": schemas, "Operations": [operation]});
        let body = match self {
            Self::WithPath => scim(json!({"op": "replace", "path": "displayName", "value": name})),
            Self::WithoutPath => scim(json!({"op": "replace", "value": {"displayName": name}})),
            Self::Plain => json!({"name": name}),
        };
        let (uri, media_type) = match self {
            Self::Plain => (format!("{USERS_PATH}{user}/"), "application/json"),
            Self::WithPath | Self::WithoutPath => {
                let id = Uuid::from_u128(user.unsigned_abs().into());
                (format!("{SCIM_PATH}Users/{id}"), "application/scim+json")
            }
        };
        let request = Request::builder().method(Method::PATCH).uri(uri).header(CONTENT_TYPE, media_type);
        Ok(request.body(Full::new(body.to_string().into()))?)
    }
}

/// Both APIs over one store.
struct Apis<S> {
    store: Arc<S>,
    plain: Plain<Arc<S>>,
    scim: Scim<Arc<S>>,
}

impl<S: ImportStore + ListStore + ProvisioningStore> Apis<S> {
    /// Fills an empty store with users and groups that a connection manages.
    async fn new(store: Arc<S>) -> Result<Self, Failure> {
        let connection = Connection::new("okta", Actor::user(HELPER))?;
        store.import(&managed(connection.source())).await?;
        let service = UserService::new(Arc::clone(&store), permissions());
        let plain = UserApi::new(service, Always(HELPER), Representation::new("bench"));
        let service = UserService::new(Arc::clone(&store), ConnectionAuthorizer::new(permissions()));
        let scim = ScimApi::new(service, OneConnection(Arc::new(connection)));
        Ok(Self { store, plain, scim })
    }

    /// Gives each user a new name, and returns the time of one update in microseconds.
    async fn rename_all(&self, form: Form, turn: &mut u32) -> Result<f64, Failure> {
        *turn += 1;
        let name = format!("User Number {turn}");
        let requests = (1..=UPDATES).map(|user| form.request(user, &name)).collect::<Result<Vec<_>, _>>()?;
        let start = Instant::now();
        for request in requests {
            let response = match form {
                Form::Plain => self.plain.handle(request).await,
                Form::WithPath | Form::WithoutPath => self.scim.handle(request).await,
            };
            expect_success(&response)?;
        }
        Ok(start.elapsed().as_secs_f64() * 1e6 / UPDATES as f64)
    }
}

fn expect_success(response: &Response<Bytes>) -> Result<(), Failure> {
    match response.status() {
        StatusCode::OK => Ok(()),
        status => Err(format!("{status}: {:?}", response.body()).into()),
    }
}

/// Returns users and groups that a connection manages.
fn managed(source: &ExternalSource) -> ImportData {
    let mut data = rows(UPDATES);
    for group in &mut data.groups {
        group.external_ids.insert(source.clone(), None);
    }
    for user in &mut data.users {
        user.external_ids.insert(source.clone(), Some(format!("ext-{}", user.id)));
    }
    data
}

/// Measures both forms of the SCIM PATCH, alternating with the other API. `clean` runs after each round.
fn ratios<S: ImportStore + ListStore + ProvisioningStore>(
    runtime: &Runtime,
    rounds: usize,
    store: Arc<S>,
    clean: impl Fn(&S) -> Result<(), Failure>,
) -> Result<Vec<(&'static str, Paired)>, Failure> {
    let apis = runtime.block_on(Apis::new(store))?;
    // Each name is new, so that each request changes the user.
    let turn = std::cell::Cell::new(0);
    let round = |form| {
        let mut next = turn.get();
        let time = runtime.block_on(apis.rename_all(form, &mut next))?;
        turn.set(next);
        clean(&apis.store)?;
        Ok::<_, Failure>(time)
    };
    for form in [Form::WithPath, Form::WithoutPath, Form::Plain] {
        round(form)?;
    }
    let measured = Form::SCIM.map(|(name, form)| {
        try_paired(rounds, || round(form), || round(Form::Plain)).map(|paired| (name, paired))
    });
    measured.into_iter().collect()
}

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let (sqlite, postgres) = runtime.block_on(async {
        let sqlite = seeds::open(&folder.path().join("users.db"), 8).await?;
        sqlite.migrate().await?;
        Ok::<_, Failure>((sqlite, Database::new().await))
    })?;
    let (few, many) = (setting.pick(41, 5), setting.pick(101, 15));
    let stores = [
        ("memory", ratios(&runtime, many, Arc::new(MemoryStore::new()), drain)?),
        ("sqlite", ratios(&runtime, few, Arc::new(sqlite), |_| Ok(()))?),
        ("postgres", ratios(&runtime, few, Arc::clone(&postgres.store), |_| Ok(()))?),
    ];
    let all = stores.iter().flat_map(|(_, forms)| forms);
    let value = all.map(|(_, paired)| paired.ratio()).fold(0.0, f64::max);
    let detail = stores.iter().map(|(store, forms)| {
        let forms = forms.iter().map(|(form, paired)| ((*form).to_owned(), paired.detail("µs per PATCH")));
        ((*store).to_owned(), forms.collect::<Map<_, _>>().into())
    });
    Ok(Figure {
        name: "scim_patch_vs_patch",
        value,
        bound: Bound::AtMost(1.3),
        baseline: "the same change by PATCH /api/v3/core/users/{id}/ of the same users in the same store; the worst of \
                   memory, SQLite and PostgreSQL, with and without a path",
        detail: Value::Object(detail.collect()),
    }
    .into())
}
