//! POST of a user: creates, or activates again a user that the connection has deleted, or takes over one.

use std::{error::Error, sync::Arc};

use http::StatusCode;
use http_body::Body;
use serde_json::Value;
use userbook::{
    Actor, NewUser, UpdateError, User, UserUpdate,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, ListStore, Order, ProvisioningStore, UserColumn, UserFilter},
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
    filter::is_same_text,
    removal,
    resource::{Basis, Document, ResourceKind, canonical_resource, field_ops},
};

/// Users that a search for a name may find in vain: the name is part of another text of the user.
const CANDIDATES: u32 = 50;

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
        let mut call = authorized.user(NewUser::from_update(self.new_user(&wanted)?.into()));
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
    fn new_user(&self, wanted: &Document) -> Result<FieldOps, ScimError> {
        let mut ops = field_ops(&self.form(), Basis::new_user(), &Document::new(), wanted)?;
        ops.mode = Mode::Replace;
        if ops.name.is_keep() {
            ops.name = userbook::field::Name::parse("").into();
        }
        ops.user_type = Op::Set(self.connection.user_type);
        let id = wanted.get("externalId").and_then(Value::as_str);
        ops.external_ids.set(self.source().clone(), id);
        Ok(ops)
    }

    fn created(&self, view: &UserView) -> Reply {
        self.resource(ResourceKind::User, StatusCode::CREATED, self.form().resource(view))
    }

    /// Activates the user of this name that the connection has deleted, if one exists.
    async fn activate_removed(&self, wanted: &Document) -> Result<Option<UserView>, ScimError> {
        if self.connection.deletion != Deletion::Deactivate {
            return Ok(None);
        }
        let removed = self.connection.removed();
        let external_id = Some(ExternalIdFilter { source: removed.clone(), identifier: None });
        let filter = UserFilter { external_id, is_active: Some(false), ..UserFilter::default() };
        let mark = removed.clone();
        let may_take = move |user: &User| removal::is_in_force(&mark, user);
        let Some(user) = self.find_by_name(wanted, filter).await?.filter(&may_take) else { return Ok(None) };
        let actor = connection_actor(self.actor.clone(), [self.source().as_str(), removed.as_str()]);
        Ok(Some(self.take(&actor, &user, wanted, may_take).await?))
    }

    /// Takes over the user that has the name already, if the host agrees.
    async fn adopt(&self, wanted: &Document, error: &UpdateError) -> Result<Option<UserView>, ScimError> {
        let Some(adoption) = &self.connection.adoption else { return Ok(None) };
        let is_conflict = match error {
            UpdateError::Invalid(violations) => violations.iter().all(|violation| violation.kind.is_taken()),
            _ => false,
        };
        if !is_conflict {
            return Ok(None);
        }
        let Some(user) = self.find_by_name(wanted, UserFilter::default()).await? else { return Ok(None) };
        let (source, adoption) = (self.source(), Arc::clone(adoption));
        let name = source.clone();
        let may_take =
            move |user: &User| !user.external_ids.is_managed_by(&name) && adoption.may_adopt(&name, user);
        if !may_take(&user) {
            return Ok(None);
        }
        let actor = with_adopted(connection_actor(self.actor.clone(), [source.as_str()]), &user);
        Ok(Some(self.take(&actor, &user, wanted, may_take).await?))
    }

    /// Returns the user with the wanted name among those that a filter selects: the same spelling, else one that
    /// differs in upper and lower case.
    async fn find_by_name(&self, wanted: &Document, among: UserFilter) -> Result<Option<User>, ScimError> {
        let Some(name) = wanted.get("userName").and_then(Value::as_str) else { return Ok(None) };
        let exact = UserFilter { usernames: [name.to_owned()].into(), ..among.clone() };
        let folded = UserFilter { folded_name: Some(name.to_owned()), ..among };
        for filter in [exact, folded] {
            let order = vec![Order { column: UserColumn::Username, descending: false }];
            let listing = Listing { filter, order, offset: 0, limit: CANDIDATES };
            let found = self.service().list_users(self.actor, listing).await?;
            let mut users = found.users.into_iter().map(|view| view.user);
            if let Some(user) = users.find(|user| is_same_text(&user.username, name)) {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    /// Replaces the user's values and lets the connection manage the user. Each attempt requires `may_take` of the user
    /// as stored then.
    async fn take(
        &self,
        actor: &Actor,
        user: &User,
        wanted: &Document,
        may_take: impl Fn(&User) -> bool + Send + Sync + 'static,
    ) -> Result<UserView, ScimError> {
        let mut wanted = wanted.clone();
        wanted.entry("active").or_insert(Value::Bool(true));
        let id = wanted.get("externalId").and_then(Value::as_str).map(str::to_owned);
        let source = self.source().clone();
        let replace = replacement(self.connection, wanted);
        let update = UserUpdate::computed(move |user, groups| {
            if !may_take(user) {
                return Err(ScimError::conflict("userName: another user has the name").into());
            }
            let mut ops = replace(user, groups)?;
            ops.external_ids.set(source.clone(), id.as_deref());
            removal::forget(user, &mut ops.external_ids);
            Ok(ops)
        });
        let mut call = self.service().update_user(actor, user.id, update);
        if let Some(id) = self.request_id {
            call = call.request_id(id);
        }
        Ok(call.run().await?.view)
    }
}
