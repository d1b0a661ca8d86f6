//! One endpoint for long-running servers, which forwards to a replaceable API.

use std::{
    error::Error,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use userbook::{PermissionAuthorizer, Policy, StaticPermissions, User, UserStore, store::ImportStore};
use userbook::{
    UserId,
    event::Event,
    store::{Outbox, SnapshotQuery},
};
use userbook_http::{BearerAuthenticator, DirectoryApi, Endpoint, PathPattern};
use userbook_memory::MemoryStore;
use userbook_tests::{
    corpus::Case,
    fixture::ALL_EVENTS,
    host::{self, CaseToken},
};

use crate::fixed_time::FixedTime;

/// The directory API of a case, on a store of its own.
pub(crate) type Api =
    DirectoryApi<Arc<MemoryStore>, PermissionAuthorizer<StaticPermissions>, BearerAuthenticator<CaseToken>>;

/// Returns the API of a case with its directory.
pub(crate) async fn api(case: &Case, policy: &Policy) -> Api {
    let store = Arc::new(MemoryStore::new());
    store.import(&case.given.import()).await.unwrap();
    let service = host::service(case, store, policy.clone())
        .with_clock(FixedTime::default())
        .with_ids(FixedTime::default());
    host::api(case, service).into()
}

/// Returns the users and the pending events of an API's store.
pub(crate) async fn left(case: &Case, api: &Api) -> (Vec<Option<User>>, Vec<Event>) {
    let store = api.service().store();
    let mut users = Vec::new();
    for given in &case.given.users {
        users.push(store.load(&SnapshotQuery::user(UserId(given.pk))).await.unwrap().user);
    }
    (users, store.pending(ALL_EVENTS).await.unwrap())
}

/// An endpoint that forwards to the most recently set API.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch(Arc<Mutex<Option<Api>>>);

impl Switch {
    pub(crate) fn set(&self, api: Api) {
        *self.0.lock().unwrap() = Some(api);
    }
}

impl Endpoint for Switch {
    const PATHS: &'static [PathPattern] = Api::PATHS;

    async fn respond<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let api = self.0.lock().unwrap().clone().expect("it was set");
        api.respond(request).await
    }
}
