//! POST of a user: creates, or activates again a user that the connection has deleted, or takes over one.

use std::error::Error;

use http::StatusCode;
use http_body::Body;
use serde_json::Value;
use userbook::{
    Actor, NewUser, UpdateError, User, UserUpdate,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, ListStore, ProvisioningStore, UserFilter},
    update::{FieldOps, Mode, Op},
    view::UserView,
};

use super::{
    Answer, Exchange,
    change_user::{complete, replacement},
    payload::Payload,
    reply::Reply,
};
use crate::{
    Deletion,
    authorizer::{connection_actor, with_adopted},
    error::ScimError,
    error_convert::is_taken,
    resource::{Basis, Document, ResourceKind, canonical_resource, field_ops},
};

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    pub(super) async fn create_user<B>(&self, payload: Payload<'_, B>) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let authorized = self.service().authorize_insertion(self.actor).await?;
        let body = payload.read(&self.provider.limits).await?;
        let (schema, limits) = (self.schema(ResourceKind::User), &self.provider.limits);
        let mut wanted = canonical_resource(body, schema, self.connection.strictness, limits)?;
        complete(&mut wanted);
        if let Some(view) = self.activate_removed(&wanted).await? {
            return Ok(self.created(&view));
        }
        let mut call = authorized.user(NewUser::from_update(self.new_user(&wanted).into()));
        if let Some(id) = self.request_id {
            call = call.request_id(id);
        }
        match call.run().await {
            Ok(updated) => Ok(self.created(&updated.view)),
            Err(error) => match self.adopt(&wanted, &error).await? {
                Some(view) => Ok(self.created(&view)),
                None => Err(error.into()),
            },
        }
    }

    /// Returns the fields of a new user.
    fn new_user(&self, wanted: &Document) -> FieldOps {
        let mut ops = field_ops(&self.form(), Basis::new_user(), &Document::new(), wanted);
        ops.mode = Mode::Replace;
        if ops.name.is_keep() {
            ops.name = userbook::field::Name::parse("").into();
        }
        ops.user_type = Op::Set(self.connection.user_type);
        let id = wanted.get("externalId").and_then(Value::as_str);
        ops.external_ids.set(self.source().clone(), id);
        ops
    }

    fn created(&self, view: &UserView) -> Reply {
        let document = self.form().resource(view);
        let shown = self.projected(ResourceKind::User, document.clone());
        Reply::resource(StatusCode::CREATED, &document, shown)
    }

    /// Activates the user of this name that the connection has deleted, if one exists.
    async fn activate_removed(&self, wanted: &Document) -> Result<Option<UserView>, ScimError> {
        if self.connection.deletion != Deletion::Deactivate {
            return Ok(None);
        }
        let removed = self.connection.removed();
        let managed = ExternalIdFilter { source: removed.clone(), identifier: None };
        let Some(user) = self.find_by_name(wanted, Some(managed)).await? else { return Ok(None) };
        let actor = connection_actor(self.actor, [self.source().as_str(), removed.as_str()]);
        Ok(Some(self.take(&actor, &user, wanted).await?))
    }

    /// Takes over the user that has the name already, if the host agrees.
    async fn adopt(&self, wanted: &Document, error: &UpdateError) -> Result<Option<UserView>, ScimError> {
        let Some(adoption) = &self.connection.adoption else { return Ok(None) };
        let is_conflict = match error {
            UpdateError::Invalid(violations) => violations.iter().all(|violation| is_taken(&violation.kind)),
            _ => false,
        };
        if !is_conflict {
            return Ok(None);
        }
        let Some(user) = self.find_by_name(wanted, None).await? else { return Ok(None) };
        let source = self.source();
        if user.external_ids.is_managed_by(source) || !adoption.may_adopt(source, &user) {
            return Ok(None);
        }
        let actor = with_adopted(connection_actor(self.actor, [source.as_str()]), &user);
        Ok(Some(self.take(&actor, &user, wanted).await?))
    }

    /// Returns the user with the wanted name.
    async fn find_by_name(
        &self,
        wanted: &Document,
        external_id: Option<ExternalIdFilter>,
    ) -> Result<Option<User>, ScimError> {
        let Some(name) = wanted.get("userName").and_then(Value::as_str) else { return Ok(None) };
        let filter = UserFilter { usernames: [name.to_owned()].into(), external_id, ..UserFilter::default() };
        let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
        let found = self.service().list_users(self.actor, listing).await?;
        Ok(found.users.into_iter().next().map(|view| view.user))
    }

    /// Replaces the user's values and lets the connection manage the user.
    async fn take(&self, actor: &Actor, user: &User, wanted: &Document) -> Result<UserView, ScimError> {
        let mut wanted = wanted.clone();
        wanted.entry("active").or_insert(Value::Bool(true));
        let id = wanted.get("externalId").and_then(Value::as_str).map(str::to_owned);
        let (source, removed) = (self.source().clone(), self.connection.removed().clone());
        let replace = replacement(self.connection, wanted);
        let update = UserUpdate::computed(move |user, groups| {
            let mut ops = replace(user, groups)?;
            ops.external_ids.set(source.clone(), id.as_deref());
            ops.external_ids.remove(removed.clone());
            Ok(ops)
        });
        Ok(self.service().update_user(actor, user.id, update).run().await?.view)
    }
}
