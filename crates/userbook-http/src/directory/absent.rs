//! Resources around users that clients read and Userbook does not have: sessions, roles and events are empty lists. The
//! version is that of the release that the API speaks.
//!
//! Sessions belong to the host. Userbook has no roles. Events go to the outbox of the host.

use bytes::Bytes;
use http::{Response, request::Parts};
use serde::Serialize;
use userbook::{
    Actor,
    authz::{ListAuthorizer, Subject},
    decision::Denial,
    store::{ListStore, ProvisioningStore},
};

use super::{DirectoryApi, json, list_access_error};
use crate::{
    Authenticator, Release,
    error::ApiError,
    params::{Page, PageQuery, Params},
    route::AbsentList,
};

#[derive(Debug, Serialize)]
struct VersionJson {
    version_current: &'static str,
    version_latest: &'static str,
    version_latest_valid: bool,
    build_hash: &'static str,
    outdated: bool,
    outpost_outdated: bool,
}

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Returns an empty list. Callers without a permission may list their own sessions, but neither roles nor events.
    pub(super) async fn list_absent(
        &self,
        head: &Parts,
        actor: &Actor,
        list: AbsentList,
    ) -> Result<Response<Bytes>, ApiError> {
        require_authentication(actor)?;
        if list != AbsentList::Sessions && actor.subject != Subject::System {
            let view = self.service().current_user(actor).await;
            let view = view.map_err(|error| list_access_error(actor, error))?;
            if !view.user.view.is_superuser {
                return Err(Denial::Permission(None).into());
            }
        }
        let page_rows = self.service().policy().limits().page_rows;
        let pagination = PageQuery::read(&Params::parse(head.uri.query()), page_rows)?.envelope(0)?;
        json(&Page::<()>::new(self.release(), pagination, Vec::new()))
    }
}

/// Returns the release that the API speaks.
pub(super) fn version(actor: &Actor, release: Release) -> Result<Response<Bytes>, ApiError> {
    require_authentication(actor)?;
    json(&VersionJson {
        version_current: release.version(),
        version_latest: release.version(),
        version_latest_valid: false,
        build_hash: "",
        outdated: false,
        outpost_outdated: false,
    })
}

fn require_authentication(actor: &Actor) -> Result<(), ApiError> {
    match actor.subject {
        Subject::Anonymous => Err(ApiError::not_authenticated()),
        _ => Ok(()),
    }
}
