//! Computes the new value and the violations of each field.

use std::collections::BTreeSet;

use super::limits;
use crate::{
    field::{EmailAddress, FieldErrors, Memberships},
    model::{ANONYMOUS_USERNAME, GroupId, Timestamp, User, UserType, is_representable},
    policy::{Policy, Safeguard},
    store::{FieldChanges, FurtherAddresses, Snapshot},
    update::{AttributesOp, ExternalIdsOp, FieldOps, GroupsOp, Mode, Op},
    view::Visibility,
    violation::{Field, ViolationKind, Violations},
};
use chrono::SubsecRound;

/// The result of an update on a user.
#[derive(Debug)]
pub(super) struct Proposal {
    /// The user with every valid change applied.
    pub(super) after: User,
    /// The changes in the form of a write.
    pub(super) changes: FieldChanges,
    /// Groups to join.
    pub(super) added: BTreeSet<GroupId>,
    /// Groups to leave.
    pub(super) removed: BTreeSet<GroupId>,
    /// Known groups that the request names and the user is not in, even if another value of the list is invalid.
    pub(super) joined: BTreeSet<GroupId>,
    faults: Vec<(Field, Vec<ViolationKind>)>,
    missing: Vec<Field>,
}

impl Proposal {
    /// The fields that change and obey the rules checked so far.
    pub(super) fn changed(&self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(|field| self.changes(*field))
    }

    fn changes(&self, field: Field) -> bool {
        let changes = &self.changes;
        match field {
            Field::Username => changes.username.is_some(),
            Field::Name => changes.name.is_some(),
            Field::IsActive => changes.is_active.is_some(),
            Field::LastLogin => changes.last_login.is_some(),
            Field::Groups => !(self.added.is_empty() && self.removed.is_empty()),
            Field::Email => changes.email.is_some(),
            Field::Attributes => changes.attributes.is_some(),
            Field::Path => changes.path.is_some(),
            Field::Type => changes.user_type.is_some(),
            Field::ExternalIds => changes.external_ids.is_some(),
        }
    }

    /// Returns the fields that the request tries to change: changed fields, and fields with an invalid value. A
    /// missing required field has no value.
    pub(super) fn attempted(&self) -> impl Iterator<Item = Field> {
        let invalid =
            |field: Field| !self.missing.contains(&field) && self.faults.iter().any(|(of, _)| *of == field);
        Field::ALL.into_iter().filter(move |field| self.changes(*field) || invalid(*field))
    }

    /// Appends violations of a field.
    pub(super) fn add_faults(&mut self, field: Field, faults: impl IntoIterator<Item = ViolationKind>) {
        let mut faults = faults.into_iter().peekable();
        if faults.peek().is_none() {
            return;
        }
        match self.faults.iter_mut().find(|(faulty, _)| *faulty == field) {
            Some((_, known)) => known.extend(faults),
            None => self.faults.push((field, faults.collect())),
        }
    }

    /// Reports a person without an e-mail address if the policy requires one. An invalid address is reported already.
    pub(super) fn require_email(&mut self, op: &Op<EmailAddress>, policy: &Policy) {
        let after = &self.after;
        if !policy.requires_email() || !after.email.is_empty() || after.user_type.is_service_account() {
            return;
        }
        match op {
            Op::Keep => {
                self.missing.push(Field::Email);
                self.add_faults(Field::Email, [ViolationKind::Required]);
            }
            Op::Set(email) if email.as_str().is_empty() => {
                self.add_faults(Field::Email, [ViolationKind::Blank]);
            }
            _ => {}
        }
    }

    /// Returns all violations in field order; the host's rules are last within a field.
    pub(super) fn violations(&self, more: &[(Field, Vec<ViolationKind>)]) -> Violations {
        let mut violations = Violations::default();
        for field in Field::ALL {
            for (_, kinds) in self.faults.iter().chain(more).filter(|(of, _)| *of == field) {
                for kind in kinds {
                    violations.push(field, kind.clone());
                }
            }
        }
        violations
    }

    /// Returns whether nothing changes.
    pub(super) fn is_empty(&self) -> bool {
        self.changed().next().is_none()
    }

    /// Returns the new value of a field, if the request has a valid one, and records its violations.
    fn value<'o, T>(&mut self, field: Field, op: &'o Op<T>, required: bool) -> Option<&'o T> {
        let faults = match op {
            Op::Set(value) => return Some(value),
            Op::Keep if required => {
                self.missing.push(field);
                ViolationKind::Required.into()
            }
            Op::Keep => return None,
            Op::Null => ViolationKind::Null.into(),
            Op::Faulty(faults) => faults.clone(),
        };
        self.add_faults(field, faults.into_vec());
        None
    }
}

/// Applies `ops` to `before`, a user with the facts of `snapshot`. Groups that the caller may not view count as
/// missing.
pub(super) fn propose(
    before: &User,
    snapshot: &Snapshot,
    ops: &FieldOps,
    policy: &Policy,
    visible: Visibility<'_>,
) -> Proposal {
    let mut proposal = Proposal {
        after: before.clone(),
        changes: FieldChanges::default(),
        added: BTreeSet::new(),
        removed: BTreeSet::new(),
        joined: BTreeSet::new(),
        faults: Vec::new(),
        missing: Vec::new(),
    };
    let it = &mut proposal;
    let required = ops.mode == Mode::Replace;

    let is_taken = snapshot.username_taken || (snapshot.login_taken && policy.distinct_names().username);
    propose_username(it, before, ops, is_taken, policy);
    if let Some(name) = it.value(Field::Name, &ops.name, required)
        && name.as_str() != before.name
    {
        if let Some(kind) = limits::check_name(name.as_str(), policy) {
            it.add_faults(Field::Name, [kind]);
        } else {
            name.as_str().clone_into(&mut it.after.name);
            it.changes.name = Some(name.clone());
        }
    }
    if let Some(&is_active) = it.value(Field::IsActive, &ops.is_active, false)
        && is_active != before.is_active
    {
        it.after.is_active = is_active;
        it.changes.is_active = Some(is_active);
    }
    propose_last_login(it, before, &ops.last_login);
    let exists = |id| snapshot.groups.contains(id) && visible.shows(id);
    propose_groups(it, before, ops, policy.limits().groups_joined, exists);
    let is_taken = snapshot.email_taken && policy.distinct_names().email;
    propose_email(it, before, ops, is_taken, policy);
    propose_attributes(it, before, &ops.attributes, policy);
    if let Some(path) = it.value(Field::Path, &ops.path, false)
        && path.as_str() != before.path
    {
        if let Some(kind) = limits::check_path(path.as_str(), policy) {
            it.add_faults(Field::Path, [kind]);
        } else {
            path.as_str().clone_into(&mut it.after.path);
            it.changes.path = Some(path.clone());
        }
    }
    propose_type(it, before, ops, policy);
    // A stored person without an address stays valid.
    if !before.email.is_empty() || before.user_type.is_service_account() {
        it.require_email(&ops.email, policy);
    }
    propose_external_ids(it, before, &ops.external_ids);
    proposal
}

fn propose_username(it: &mut Proposal, before: &User, ops: &FieldOps, is_taken: bool, policy: &Policy) {
    let required = ops.mode == Mode::Replace;
    let Some(username) = it.value(Field::Username, &ops.username, required) else { return };
    if username.as_str() == before.username {
        return;
    }
    if let Some(kind) = limits::check_username(username.as_str(), policy) {
        it.add_faults(Field::Username, [kind]);
    } else if is_taken || username.as_str() == ANONYMOUS_USERNAME {
        // A user with the anonymous user's name would never be shown again.
        it.add_faults(Field::Username, [ViolationKind::Unique]);
    } else {
        username.as_str().clone_into(&mut it.after.username);
        it.changes.username = Some(username.clone());
    }
}

fn propose_email(it: &mut Proposal, before: &User, ops: &FieldOps, is_taken: bool, policy: &Policy) {
    let Some(email) = it.value(Field::Email, &ops.email, false) else { return };
    if email.as_str() == before.email {
        return;
    }
    let is_valid = if policy.has(Safeguard::RfcEmail) { email.is_rfc() } else { email.is_django() };
    if !is_valid {
        it.add_faults(Field::Email, [ViolationKind::InvalidEmail]);
    } else if is_taken {
        it.add_faults(Field::Email, [ViolationKind::Unique]);
    } else {
        email.as_str().clone_into(&mut it.after.email);
        it.changes.email = Some(email.clone());
    }
}

fn propose_last_login(it: &mut Proposal, before: &User, op: &Op<Timestamp>) {
    let new = match op {
        Op::Null => None,
        Op::Set(moment) if !is_representable(*moment) => {
            return it.add_faults(Field::LastLogin, [ViolationKind::DateTimeOverflow]);
        }
        Op::Set(moment) => Some(moment.trunc_subsecs(6)),
        Op::Keep | Op::Faulty(_) => {
            it.value(Field::LastLogin, op, false);
            return;
        }
    };
    if new != before.last_login {
        it.after.last_login = new;
        it.changes.last_login = Some(new);
    }
}

fn propose_groups(
    it: &mut Proposal,
    user: &User,
    ops: &FieldOps,
    limit: usize,
    exists: impl Fn(GroupId) -> bool,
) {
    // As recorded, a PUT without groups clears them.
    let cleared = Op::Set(GroupsOp::Replace(Memberships::default()));
    let op = if ops.clears_groups() { &cleared } else { &ops.groups };
    let Some(wanted) = it.value(Field::Groups, op, false) else { return };
    let before = &user.groups;
    // Decided without the directory, because the groups were not loaded.
    let count = wanted.named().difference(before).count();
    if count > limit {
        return it.add_faults(Field::Groups, [ViolationKind::TooManyGroups { limit, count }]);
    }
    let after = wanted.applied(before);
    it.joined = after.difference(before).copied().filter(|id| exists(*id)).collect();
    if let Some(faults) = wanted.first_fault(|id| before.contains(&id) || exists(id)) {
        return it.add_faults(Field::Groups, faults.into_vec());
    }
    it.removed = before.difference(&after).copied().collect();
    it.added.clone_from(&it.joined);
    it.after.groups.retain(|id| !it.removed.contains(id));
    it.after.groups.extend(&it.added);
}

fn propose_attributes(it: &mut Proposal, before: &User, op: &Op<AttributesOp>, policy: &Policy) {
    let Some(op) = it.value(Field::Attributes, op, false) else { return };
    match op.apply(&before.attributes) {
        Ok(None) => {}
        Ok(Some(attributes)) => {
            if let Some(kind) = attributes.check_limits(policy.limits()) {
                return it.add_faults(Field::Attributes, [kind]);
            }
            it.changes.further_addresses =
                FurtherAddresses::changed(&before.attributes, attributes.as_value());
            it.after.attributes = attributes.to_shared();
            it.changes.attributes = Some(attributes);
        }
        Err(faults) => it.add_faults(Field::Attributes, FieldErrors::into_vec(faults)),
    }
}

fn propose_type(it: &mut Proposal, before: &User, ops: &FieldOps, policy: &Policy) {
    const MACHINE: UserType = UserType::InternalServiceAccount;
    let Some(&new) = it.value(Field::Type, &ops.user_type, false) else { return };
    if new == before.user_type {
        return;
    }
    if before.user_type == MACHINE {
        it.add_faults(Field::Type, [ViolationKind::TypeIsFixed]);
    } else if new == MACHINE && policy.has(Safeguard::InternalServiceAccount) {
        it.add_faults(Field::Type, [ViolationKind::TypeNotAllowed]);
    } else {
        it.after.user_type = new;
        it.changes.user_type = Some(new);
    }
}

/// The store compares the identifiers with those of other users.
fn propose_external_ids(it: &mut Proposal, before: &User, op: &ExternalIdsOp) {
    match op.applied(&before.external_ids) {
        Ok(ids) if ids == before.external_ids => {}
        Ok(ids) => {
            it.after.external_ids.clone_from(&ids);
            it.changes.external_ids = Some(ids);
        }
        Err(faults) => it.add_faults(Field::ExternalIds, FieldErrors::into_vec(faults)),
    }
}
