//! The requested changes: operations, never values computed from an earlier load.
//!
//! In each field, *absent*, *null* and *a value* differ ([`Op`]). PUT and PATCH are two constructors of one type.
//! Operations that depend on stored values (a merge, a JSON Patch) are resolved again in each attempt, so that
//! concurrent operations do not undo each other.

mod computed;
mod external_ids_op;
mod group_update;
mod groups_op;
mod json_patch;
mod merge;
mod op;
mod users_op;

use std::borrow::Cow;

use ::json_patch::Patch;
use serde_json::Value;

pub use computed::ComputedUpdate;
pub use external_ids_op::ExternalIdsOp;
pub use group_update::GroupUpdate;
pub use groups_op::GroupsOp;
pub use json_patch::{PatchFailure, ReadOnlyMembers, json_type};
pub(crate) use json_patch::{external_ids_json, stored_field};
pub use op::{AttributesOp, Op};
pub use users_op::UsersOp;

use self::json_patch::{JsonPatch, Stored};
use crate::{
    field::{Attributes, EmailAddress, FieldErrors, Memberships, Name, UserPath, Username},
    json::JsonObject,
    model::{ExternalSource, GroupGraph, GroupId, Timestamp, User, UserType},
    policy::Policy,
    view::UserView,
    violation::Field,
};

/// Whether absent fields are required or kept.
///
/// Exhaustive: `decide` handles both modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// PUT: `username` and `name` are required, absent `groups` are cleared, other absent fields are kept.
    Replace,
    /// PATCH: absent fields are kept.
    Patch,
}

/// The requested operation for each field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldOps {
    /// The meaning of absent fields.
    pub mode: Mode,
    /// `username`
    pub username: Op<Username>,
    /// `name`
    pub name: Op<Name>,
    /// `is_active`
    pub is_active: Op<bool>,
    /// `last_login`; null clears it.
    pub last_login: Op<Timestamp>,
    /// `groups`
    pub groups: Op<GroupsOp>,
    /// `email`
    pub email: Op<EmailAddress>,
    /// `attributes`
    pub attributes: Op<AttributesOp>,
    /// `path`
    pub path: Op<UserPath>,
    /// `type`
    pub user_type: Op<UserType>,
    /// The external ids.
    pub external_ids: ExternalIdsOp,
}

/// An update that is not yet resolved against a user.
///
/// ```
/// use userbook::UserUpdate;
/// use userbook::field::FieldErrors;
///
/// // `update_user` reports every invalid value at once.
/// let update = UserUpdate::patch().name("Ada Lovelace").email("not an address").last_login(None);
/// # let _ = update;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct UserUpdate(pub(crate) Operations);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operations {
    Fields(Box<FieldOps>),
    JsonPatch(Box<JsonPatch>),
    Computed(ComputedUpdate),
}

impl FieldOps {
    /// Creates operations with every field absent.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            username: Op::Keep,
            name: Op::Keep,
            is_active: Op::Keep,
            last_login: Op::Keep,
            groups: Op::Keep,
            email: Op::Keep,
            attributes: Op::Keep,
            path: Op::Keep,
            user_type: Op::Keep,
            external_ids: ExternalIdsOp::default(),
        }
    }

    /// Returns whether a PUT without groups clears them.
    pub(crate) fn clears_groups(&self) -> bool {
        self.mode == Mode::Replace && self.groups.is_keep()
    }

    /// Returns the fields that the request sets, and `groups` if the request clears them implicitly.
    pub fn touched(&self) -> impl Iterator<Item = Field> {
        [
            (Field::Username, !self.username.is_keep()),
            (Field::Name, !self.name.is_keep()),
            (Field::IsActive, !self.is_active.is_keep()),
            (Field::LastLogin, !self.last_login.is_keep()),
            (Field::Groups, self.clears_groups() || !self.groups.is_keep()),
            (Field::Email, !self.email.is_keep()),
            (Field::Attributes, !self.attributes.is_keep()),
            (Field::Path, !self.path.is_keep()),
            (Field::Type, !self.user_type.is_keep()),
            (Field::ExternalIds, !self.external_ids.is_keep()),
        ]
        .into_iter()
        .filter_map(|(field, touched)| touched.then_some(field))
    }
}

impl UserUpdate {
    /// Creates a PUT: `username` and `name` are required, missing groups are cleared, other missing fields are kept.
    pub fn replace() -> Self {
        FieldOps::new(Mode::Replace).into()
    }

    /// Creates a PATCH: missing fields are kept.
    pub fn patch() -> Self {
        FieldOps::new(Mode::Patch).into()
    }

    /// Creates a JSON Patch (RFC 6902) on the user as a document, with the JSON names of fields. Operations see the
    /// stored values at the time of the resolution. They write the writable fields; `test` and `copy` also read `pk`,
    /// `uuid`, `is_superuser` and `password_change_date`.
    pub fn json_patch(patch: Patch) -> Self {
        Self(Operations::JsonPatch(Box::new(JsonPatch { patch, read_only: None })))
    }

    /// Creates an update that a function computes from the stored user, for patch formats of the host. Each attempt
    /// calls the function again with the values of that attempt, so that concurrent updates do not undo each other.
    ///
    /// ```
    /// use userbook::{UserUpdate, update::{FieldOps, Mode, Op}, field::Name};
    ///
    /// let update = UserUpdate::computed(|user, _groups| {
    ///     let name = Name::parse(&user.name.to_uppercase());
    ///     Ok(FieldOps { name: name.into(), ..FieldOps::new(Mode::Patch) })
    /// });
    /// # let _ = update;
    /// ```
    pub fn computed(
        resolve: impl Fn(&User, &GroupGraph) -> Result<FieldOps, PatchFailure> + Send + Sync + 'static,
    ) -> Self {
        Self(Operations::Computed(ComputedUpdate::new(resolve)))
    }

    /// Provides further read-only members to the `test` operations of a JSON Patch. Has no effect on other updates.
    #[must_use]
    pub fn with_read_only(
        mut self,
        render: impl Fn(&UserView) -> JsonObject + Send + Sync + 'static,
    ) -> Self {
        if let Operations::JsonPatch(patch) = &mut self.0 {
            patch.read_only = Some(ReadOnlyMembers::new(render));
        }
        self
    }

    /// Sets `username`.
    #[must_use]
    pub fn username(self, value: impl TryInto<Username, Error = FieldErrors>) -> Self {
        self.with(|fields| fields.username = Op::parse(value))
    }

    /// Sets `name`.
    #[must_use]
    pub fn name(self, value: impl TryInto<Name, Error = FieldErrors>) -> Self {
        self.with(|fields| fields.name = Op::parse(value))
    }

    /// Sets `is_active`.
    #[must_use]
    pub fn is_active(self, value: bool) -> Self {
        self.with(|fields| fields.is_active = Op::Set(value))
    }

    /// Sets `last_login`, or clears it.
    #[must_use]
    pub fn last_login(self, value: impl Into<Option<Timestamp>>) -> Self {
        self.with(|fields| fields.last_login = value.into().map_or(Op::Null, Op::Set))
    }

    /// Sets the groups, and removes all others.
    #[must_use]
    pub fn groups(self, groups: impl Into<Memberships>) -> Self {
        self.with(|fields| fields.groups = Op::Set(GroupsOp::Replace(groups.into())))
    }

    /// Adds a group; all other memberships stay, concurrent ones included. Replaces groups that were set before, and
    /// combines with other additions and removals.
    #[must_use]
    pub fn join_group(self, group: GroupId) -> Self {
        self.with(|fields| fields.groups.step(group, true))
    }

    /// Removes a group; all other memberships stay. No effect for a group that the user is not in.
    #[must_use]
    pub fn leave_group(self, group: GroupId) -> Self {
        self.with(|fields| fields.groups.step(group, false))
    }

    /// Sets `email`.
    #[must_use]
    pub fn email(self, value: impl TryInto<EmailAddress, Error = FieldErrors>) -> Self {
        self.with(|fields| fields.email = Op::parse(value))
    }

    /// Replaces the attributes.
    #[must_use]
    pub fn attributes(self, value: impl TryInto<Attributes, Error = FieldErrors>) -> Self {
        self.with(|fields| fields.attributes = Op::parse(value).map(AttributesOp::Replace))
    }

    /// Merges into the attributes by RFC 7396: objects are merged member by member, null deletes a member,
    /// anything else replaces it.
    #[must_use]
    pub fn merge_attributes(self, patch: JsonObject) -> Self {
        self.with(|fields| fields.attributes = Op::Set(AttributesOp::Merge(Value::Object(patch))))
    }

    /// Sets `path`.
    #[must_use]
    pub fn path(self, value: impl TryInto<UserPath, Error = FieldErrors>) -> Self {
        self.with(|fields| fields.path = Op::parse(value))
    }

    /// Sets `type`.
    #[must_use]
    pub fn user_type(self, value: UserType) -> Self {
        self.with(|fields| fields.user_type = Op::Set(value))
    }

    /// Lets the external source manage the user, with this identifier or without. Other sources stay.
    #[must_use]
    pub fn set_external_id(self, source: ExternalSource, identifier: Option<&str>) -> Self {
        self.with(|fields| fields.external_ids.set(source, identifier))
    }

    /// Removes the external source from the user. No effect for a source that does not manage the user.
    #[must_use]
    pub fn remove_external_id(self, source: ExternalSource) -> Self {
        self.with(|fields| fields.external_ids.remove(source))
    }

    /// Returns the operation for each field, given the stored user. `groups` contains the user's groups and their
    /// ancestors; `shows_group` returns whether the caller may view a group, which `test` operations respect.
    ///
    /// # Errors
    /// [`PatchFailure`] if the JSON Patch does not fit the stored user or exceeds the policy's limits.
    pub fn resolve(
        &self,
        user: &User,
        groups: &GroupGraph,
        policy: &Policy,
        shows_group: &dyn Fn(GroupId) -> bool,
    ) -> Result<Cow<'_, FieldOps>, PatchFailure> {
        match &self.0 {
            Operations::Fields(fields) => Ok(Cow::Borrowed(fields)),
            Operations::JsonPatch(patch) => {
                let stored = Stored { user, groups, shows_group };
                patch.resolve(stored, policy).map(Cow::Owned)
            }
            Operations::Computed(computed) => computed.resolve(user, groups).map(Cow::Owned),
        }
    }

    /// Returns the operation for each field, if they do not depend on stored values.
    pub(crate) fn fields(&self) -> Option<&FieldOps> {
        match &self.0 {
            Operations::Fields(fields) => Some(fields),
            Operations::JsonPatch(_) | Operations::Computed(_) => None,
        }
    }

    /// A JSON Patch and a computed update have no fields to set, so the methods of the builder have no effect on it.
    fn with(mut self, set: impl FnOnce(&mut FieldOps)) -> Self {
        if let Operations::Fields(fields) = &mut self.0 {
            set(fields);
        }
        self
    }
}

impl From<FieldOps> for UserUpdate {
    fn from(fields: FieldOps) -> Self {
        Self(Operations::Fields(Box::new(fields)))
    }
}
