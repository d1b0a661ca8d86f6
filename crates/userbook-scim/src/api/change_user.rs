//! GET, PUT, PATCH and DELETE of a user.

use std::{
    collections::BTreeSet,
    error::Error,
    sync::{Arc, OnceLock},
};

use http::StatusCode;
use http_body::Body;
use serde_json::Value;
use userbook::{
    Authorizer, User, UserUpdate,
    authz::ListAuthorizer,
    model::{ChangeId, GroupGraph, UserRef},
    store::{ListStore, ProvisioningStore},
    update::{FieldOps, GroupsOp, Mode, Op, PatchFailure},
    view::UserView,
};

use super::{Answer, Exchange, parse_id, payload::Payload, reply::Reply};
use crate::{
    Connection, Deletion, Mapping,
    error::ScimError,
    patch::{self, Patch},
    removal,
    resource::{Basis, Document, Form, ResourceKind, canonical_resource, field_ops, version, with_object},
    schema::Mutability,
};

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    pub(super) async fn show_user(&self, id: &str) -> Answer {
        let view = self.service().retrieve(self.actor, parse_id(id).map(UserRef::Uuid)).await?;
        let document = self.form().resource(&view);
        self.conditional(ResourceKind::User, document)
    }

    /// Returns a resource, or 304 or 412 by the preconditions.
    pub(super) fn conditional(&self, kind: ResourceKind, document: Document) -> Answer {
        let version = version(&document).unwrap_or_default().to_owned();
        if !self.preconditions.allows(&version) {
            return Err(ScimError::another_version());
        }
        if self.preconditions.knows(&version) {
            return Ok(Reply { version: Some(version), ..Reply::empty(StatusCode::NOT_MODIFIED) });
        }
        Ok(self.resource(kind, StatusCode::OK, document))
    }

    /// PUT and PATCH.
    pub(super) async fn change_user<B>(&self, id: &str, payload: Payload<'_, B>, is_patch: bool) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let conditions = self.preconditions.of_user();
        let target = parse_id(id).map(UserRef::Uuid);
        let authorized = self.service().authorize_update(self.actor, target, conditions).await?;
        let body = payload.read(&self.provider.limits).await?;
        let update = self.user_update(body, is_patch)?;
        let mut call = authorized.update(update);
        if let Some(id) = self.request_id {
            call = call.request_id(id);
        }
        Ok(self.changed(&call.run().await?.view))
    }

    fn changed(&self, view: &UserView) -> Reply {
        self.resource(ResourceKind::User, StatusCode::OK, self.form().resource(view))
    }

    fn user_update(&self, body: Value, is_patch: bool) -> Result<UserUpdate, ScimError> {
        let (schema, limits) = (self.schema(ResourceKind::User), &self.provider.limits);
        let strictness = self.connection.strictness;
        if is_patch {
            let patch = patch::read(body, schema, strictness, limits)?;
            return Ok(UserUpdate::computed(patching(self.connection, patch)));
        }
        let mut wanted = canonical_resource(body, schema, strictness, limits)?;
        complete(&mut wanted);
        Ok(UserUpdate::computed(replacement(self.connection, wanted)))
    }

    pub(super) async fn delete_user(&self, id: &str) -> Answer {
        let target = parse_id(id).map(UserRef::Uuid);
        let conditions = self.preconditions.of_user();
        match self.connection.deletion {
            Deletion::Delete => {
                let authorized = self.service().authorize_deletion(self.actor, target, conditions).await?;
                let mut call = authorized.delete();
                if let Some(id) = self.request_id {
                    call = call.request_id(id);
                }
                call.run().await?;
            }
            Deletion::Deactivate => self.deactivate(target, conditions).await?,
        }
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    }

    /// The user becomes inactive, leaves the groups of the connection, and is no longer managed by the connection.
    async fn deactivate(
        &self,
        target: Option<UserRef>,
        conditions: userbook::decision::Conditions,
    ) -> Result<(), ScimError>
    where
        A: Authorizer,
    {
        let authorized = self.service().authorize_update(self.actor, target, conditions).await?;
        let (source, removed) = (self.source().clone(), self.connection.removed().clone());
        let change = Arc::<OnceLock<ChangeId>>::default();
        let this_change = Arc::clone(&change);
        let update = UserUpdate::computed(move |user, groups| {
            let mut ops = FieldOps::new(Mode::Patch);
            ops.is_active = Op::Set(false);
            let is_managed = |id: &userbook::GroupId| {
                groups.get(*id).is_some_and(|group| group.external_ids.is_managed_by(&source))
            };
            let leave = user.groups.iter().copied().filter(is_managed).collect();
            ops.groups = Op::Set(GroupsOp::Change { join: BTreeSet::new(), leave });
            // The identifier of the user is free for another user.
            ops.external_ids.remove(source.clone());
            removal::forget(user, &mut ops.external_ids);
            // The session epoch after this update: an active user gets a new one.
            let change = this_change.get().filter(|_| user.is_active);
            let epoch = change.map_or(user.session_epoch, |change| (*change).into());
            let mark = removal::identifier(user, epoch);
            ops.external_ids.set(removed.clone(), Some(&mark));
            Ok(ops)
        });
        let mut call = authorized.update(update);
        _ = change.set(call.change_id());
        if let Some(id) = self.request_id {
            call = call.request_id(id);
        }
        call.run().await?;
        Ok(())
    }
}

/// Derives a missing display name from the components of the name.
pub(super) fn complete(document: &mut Document) {
    if document.contains_key("displayName") {
        return;
    }
    let component = |name: &str| document.get("name")?.get(name)?.as_str().map(str::trim);
    let both = [component("givenName"), component("familyName")];
    let both = both.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let derived = component("formatted").map_or(both, str::to_owned);
    if !derived.is_empty() {
        document.insert("displayName".to_owned(), derived.into());
    }
}

type Resolved = Result<FieldOps, PatchFailure>;

/// Returns the function that replaces the writable attributes of a user by a document. Without `active`, the state
/// stays.
pub(super) fn replacement(
    connection: &Connection,
    wanted: Document,
) -> impl Fn(&User, &GroupGraph) -> Resolved + Send + Sync + 'static {
    let (mapping, source) = (Arc::clone(&connection.mapping), connection.source().clone());
    move |user, _| {
        let form = Form { mapping: &mapping, source: &source, base: "" };
        let (before, mut after) = (form.writable(user), wanted.clone());
        if let (Some(active), false) = (before.get("active"), after.contains_key("active")) {
            after.insert("active".to_owned(), active.clone());
        }
        keep_immutable(&mapping, &before, &mut after);
        Ok(field_ops(&form, Basis::stored(user, true), &before, &after)?)
    }
}

/// Keeps the values of immutable attributes that a PUT does not name (RFC 7644 §3.5.1).
fn keep_immutable(mapping: &Mapping, before: &Document, document: &mut Document) {
    for (extension, attribute, _) in mapping.entries() {
        let name = attribute.name.as_ref();
        if attribute.mutability != Mutability::Immutable {
            continue;
        }
        let set = |members: &mut Document, value: &Value| {
            members.entry(name).or_insert_with(|| value.clone());
        };
        match extension {
            None => {
                if let Some(value) = before.get(name) {
                    set(document, value);
                }
            }
            Some(schema) => {
                if let Some(value) = before.get(schema.urn.as_ref()).and_then(|members| members.get(name)) {
                    with_object(document, &schema.urn, |members| set(members, value));
                }
            }
        }
    }
}

/// Returns the function that applies operations to the stored user.
fn patching(
    connection: &Connection,
    patch: Patch,
) -> impl Fn(&User, &GroupGraph) -> Resolved + Send + Sync + 'static {
    let (mapping, source) = (Arc::clone(&connection.mapping), connection.source().clone());
    move |user, _| {
        let form = Form { mapping: &mapping, source: &source, base: "" };
        Ok(patch::resolve(&patch, &form, user)?)
    }
}
