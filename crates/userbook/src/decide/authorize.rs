//! Which questions a request raises, and what follows from the answers.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use super::propose::Proposal;
use crate::{Actor, ActorState, Check, CheckResults, Field, FieldOps, GroupId, Snapshot, Verdict};

/// What the actor may not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// The actor may not do this to this user at all; the authorizer's reason, if it gave one.
    Permission(Option<Cow<'static, str>>),
    /// The actor's own account is inactive or gone.
    ActorInactive,
    /// The actor may change the user, but not these fields.
    Fields(Vec<FieldDenial>),
    /// A group would make somebody superuser, and the actor may not grant that.
    GrantsSuperuser {
        /// The group that would be joined, or that the reactivated user is in.
        group: GroupId,
        /// Its name.
        name: String,
        /// The name of the ancestor that grants the power, if it is not the group itself.
        through: Option<String>,
    },
    /// Only a superuser may change these fields of a superuser.
    ProtectedSuperuser(Vec<Field>),
    /// Only a superuser may delete a superuser.
    DeletesSuperuser,
}

/// A field that the actor may not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDenial {
    /// The field.
    pub field: Field,
    /// The authorizer's reason, if it gave one.
    pub reason: Option<Cow<'static, str>>,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission(Some(reason)) => f.write_str(reason),
            Self::Permission(None) => f.write_str("You do not have permission to perform this action."),
            Self::ActorInactive => f.write_str("Your account is inactive."),
            Self::Fields(denials) => {
                f.write_str("You do not have permission to change: ")?;
                write_list(f, denials.iter().map(|denial| denial.field))?;
                f.write_str(".")
            }
            Self::GrantsSuperuser { name, through: None, .. } => {
                write!(
                    f,
                    "You do not have permission to grant superuser status through the group \"{name}\"."
                )
            }
            Self::GrantsSuperuser { name, through: Some(ancestor), .. } => write!(
                f,
                "You do not have permission to grant superuser status through the group \"{name}\" \
                 (below \"{ancestor}\")."
            ),
            Self::DeletesSuperuser => f.write_str("Only a superuser may delete a superuser."),
            Self::ProtectedSuperuser(fields) => {
                f.write_str("Only a superuser may change these fields of a superuser: ")?;
                write_list(f, fields.iter())?;
                f.write_str(".")
            }
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = impl fmt::Display>) -> fmt::Result {
    for (n, item) in items.enumerate() {
        write!(f, "{}{item}", if n > 0 { ", " } else { "" })?;
    }
    Ok(())
}

/// Everything that the request may have to be allowed: what it sets, the groups it joins, and the groups through
/// which it may give power.
pub(crate) fn checks(snapshot: &Snapshot, ops: Option<&FieldOps>) -> Vec<Check> {
    let mut checks = Vec::with_capacity(16); // Room for those of most requests.
    checks.extend([Check::View, Check::Change]);
    let Some(ops) = ops else { return checks };
    checks.extend(ops.touched().map(Check::Set));
    let member_of = &snapshot.user.groups;
    let wanted = ops.groups.value().map(|wanted| wanted.applied(member_of));
    let is_joined = |id: &&GroupId| !member_of.contains(*id) && snapshot.groups.contains(**id);
    let joined: Vec<_> = wanted.iter().flat_map(|wanted| wanted.iter()).filter(is_joined).copied().collect();
    checks.extend(joined.iter().copied().map(Check::Join));
    checks.extend(ops.member_checks().into_iter().flatten());

    let activates = !snapshot.user.is_active && ops.is_active.value() == Some(&true);
    let kept = activates.then_some(member_of).into_iter().flatten();
    let mut granting = BTreeSet::new();
    for group in joined.iter().chain(kept) {
        if let Some(source) = snapshot.groups.superuser_source(*group) {
            granting.extend([*group, source.id]);
        }
    }
    checks.extend(granting.into_iter().map(Check::GrantSuperuser));
    checks
}

/// An actor of this directory who is inactive or gone by now may do nothing, whatever an authorizer says.
pub(crate) fn require_active_actor(actor: &Actor, state: Option<&ActorState>) -> Result<(), Denial> {
    if actor.user_id().is_some() && !state.is_some_and(|state| state.is_active) {
        return Err(Denial::ActorInactive);
    }
    Ok(())
}

/// Whether every field that the request tries to change is the actor's to change, and every group to be joined
/// is the actor's to give.
pub(super) fn consult(proposal: &Proposal, ops: &FieldOps, results: &CheckResults) -> Result<(), Denial> {
    let moves = may_move(ops, results);
    let fields = proposal.attempted().filter(|field| !(moves && *field == Field::Groups));
    let joins = (!moves).then(|| joins(proposal)).into_iter().flatten();
    refuse(fields.map(|field| (field, Check::Set(field))).chain(joins), results)
}

/// Whether the request speaks of groups as joins and leaves, and the actor has the right to each of them by the
/// group. That right stands in for the one to the field; power is asked about all the same.
pub(super) fn may_move(ops: &FieldOps, results: &CheckResults) -> bool {
    ops.member_checks().is_some_and(|mut checks| checks.all(|check| results.allows(check)))
}

/// Whether every group to be joined is the actor's to give: all that is asked about a new user.
pub(super) fn consult_groups(proposal: &Proposal, results: &CheckResults) -> Result<(), Denial> {
    refuse(joins(proposal), results)
}

fn joins(proposal: &Proposal) -> impl Iterator<Item = (Field, Check)> {
    proposal.joined.iter().map(|group| (Field::Groups, Check::Join(*group)))
}

fn refuse(asked: impl Iterator<Item = (Field, Check)>, results: &CheckResults) -> Result<(), Denial> {
    let denial = |field, check| match results.on(check) {
        Verdict::Allow => None,
        Verdict::Deny(reason) => Some(FieldDenial { field, reason: reason.clone() }),
        Verdict::Hide => Some(FieldDenial { field, reason: None }),
    };
    let mut denials: Vec<FieldDenial> = asked.filter_map(|(field, check)| denial(field, check)).collect();
    denials.sort_by_key(|denial| denial.field);
    denials.dedup();
    if denials.is_empty() { Ok(()) } else { Err(Denial::Fields(denials)) }
}
