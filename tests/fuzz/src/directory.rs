//! The whole directory behind the endpoint: lists, groups, creation and deletion, in both releases.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use userbook::{
    Actor, Policy, UserService,
    service::Listing,
    store::{SuperuserFilter, UserFilter},
};
use userbook_http::{BearerAuthenticator, DirectoryApi, ExtensionSet, Release, Representation};
use userbook_memory::MemoryStore;

use crate::{
    Message,
    fixture::{GRANTER, Names, Rights, USERS, filled, json_of, now, service},
};

/// The superusers that no request of another user may add to.
type Superusers = BTreeSet<i64>;

/// A directory of one input.
#[derive(Debug)]
pub struct Directory {
    is_hardened: bool,
    api: DirectoryApi<MemoryStore, Rights, BearerAuthenticator<Names>>,
    observer: UserService<MemoryStore, Rights>,
}

impl Directory {
    /// Creates the initial directory.
    pub fn new(is_hardened: bool, release: Release) -> Self {
        let policy = if is_hardened { Policy::hardened() } else { Policy::authentik_2025_2() };
        let store = filled();
        let representation = Representation::new("fuzz").with_release(release);
        let extensions = if is_hardened { ExtensionSet::all() } else { ExtensionSet::none() };
        let authenticator = BearerAuthenticator::new(Names);
        let api = DirectoryApi::new(service(&store, &policy), authenticator, representation);
        Self { is_hardened, api: api.with_extensions(extensions), observer: service(&store, &policy) }
    }

    /// Returns the ids of all superusers, through groups above as well.
    fn superusers(&self) -> Superusers {
        let is_superuser = Some(SuperuserFilter { is_superuser: true, inherited: true });
        let filter = UserFilter { is_superuser, ..UserFilter::default() };
        let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1_000 };
        let page = now(self.observer.list_users(&Actor::system(), listing)).expect("the store answers");
        page.users.iter().map(|view| view.user.id.0).collect()
    }

    /// Sends a request and checks what holds for every request.
    pub fn check(&self, message: &Message) {
        let before = self.superusers();
        let request: Request<Full<Bytes>> = message.request();
        let (head, body) = now(self.api.handle(request)).into_parts();
        assert!(!head.status.is_server_error(), "{} for {message:?}", head.status);
        if message.method != Method::HEAD && !body.is_empty() {
            json_of(&body).unwrap_or_else(|error| panic!("{error} in the answer to {message:?}"));
        }
        if head.status == StatusCode::NO_CONTENT {
            assert!(body.is_empty(), "204 has a body: {message:?}");
        }
        if self.is_hardened {
            self.check_superusers(message, &before, &self.superusers());
        }
    }

    fn check_superusers(&self, message: &Message, before: &Superusers, after: &Superusers) {
        assert!(!after.is_empty(), "no superuser is left after {message:?}");
        let by = sender(message);
        let may_grant = by.is_some_and(|id| before.contains(&id) || id == GRANTER);
        let gained: Superusers = after.difference(before).copied().collect();
        assert!(may_grant || gained.is_empty(), "{gained:?} became superusers by {message:?}");
    }
}

/// Returns the user whose token the request has.
fn sender(message: &Message) -> Option<i64> {
    let (_, value) = message.headers.iter().find(|(name, _)| name == "authorization")?;
    let key = value.to_str().ok()?.split_once(' ')?.1.trim();
    USERS.iter().find(|(_, name, ..)| *name == key).map(|(id, ..)| *id)
}
