//! Evaluates policies about viewing without a resource.
//!
//! Two questions have to be answered before a row is loaded, or although there is none: whether a principal may view
//! *every* user (a list then needs no filter), and whether the principal may view *any* user (hidden users then look
//! like missing ones). Policies are classified at load by what they depend on, and widened where the resource is not
//! at hand: a permit that depends on the resource counts as absent, a forbid that depends on it as present, and the
//! reverse for "may view any". The answers err towards showing less and never depend on the resource, so a hidden
//! user and a missing one get the same answer.

use cedar_policy::{Effect, Policy, PolicySet};
use serde_json::{Value, json};

use crate::{
    LoadError,
    policy_json::{mentions, unusable},
};

/// Attributes of an account that only its row contains; the others are known for the acting user.
const ROW: [&str; 5] = ["username", "name", "email", "path", "sources"];

/// The classified and widened policies.
#[derive(Debug, Clone)]
pub(crate) struct VisibilityPolicies {
    /// Allows on every resource.
    pub(crate) every: PolicySet,
    /// If these policies do not allow, no resource is allowed.
    pub(crate) any: PolicySet,
    /// If these policies allow on an account without its row, they allow on the account.
    pub(crate) own: PolicySet,
}

/// The facts on which a policy depends; each variant includes the previous ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum DependsOn {
    Principal,
    Resource,
    Row,
}

impl VisibilityPolicies {
    pub(crate) fn new(policies: &PolicySet) -> Result<Self, LoadError> {
        let (mut every, mut any, mut own) = (PolicySet::new(), PolicySet::new(), PolicySet::new());
        for policy in policies.policies() {
            let json = policy.to_json().map_err(unusable)?;
            let depends = depends_on(&json);
            let wide = Policy::from_json(Some(policy.id().clone()), widened(json)).map_err(unusable)?;
            let permits = policy.effect() == Effect::Permit;
            let at_most = |level| if depends <= level { Some(policy) } else { None };
            let given = |level| at_most(level).or_else(|| (!permits).then_some(&wide));
            let possible = at_most(DependsOn::Principal).or_else(|| permits.then_some(&wide));
            let sets = [
                (&mut every, given(DependsOn::Principal)),
                (&mut any, possible),
                (&mut own, given(DependsOn::Resource)),
            ];
            for (set, policy) in sets {
                if let Some(policy) = policy {
                    set.add(policy.clone()).map_err(unusable)?;
                }
            }
        }
        Ok(Self { every, any, own })
    }
}

/// Returns the policy for any resource, without conditions.
fn widened(mut policy: Value) -> Value {
    if let Some(parts) = policy.as_object_mut() {
        parts.insert("resource".to_owned(), json!({"op": "All"}));
        parts.insert("conditions".to_owned(), json!([]));
    }
    policy
}

/// Classifies a policy by its JSON form; an unknown form counts as dependent on the row.
fn depends_on(policy: &Value) -> DependsOn {
    let Some(conditions) = policy.get("conditions") else { return DependsOn::Row };
    if mentions(conditions, &|name, value| name == "Var" && value == "resource") {
        // The operand of an operator may be the account under another name.
        return if mentions(conditions, &reads_row) { DependsOn::Row } else { DependsOn::Resource };
    }
    let scope = policy.get("resource");
    match scope.and_then(|scope| scope.get("op")).and_then(Value::as_str) {
        Some("All") => DependsOn::Principal,
        Some("is") if scope.is_some_and(|scope| scope.get("in").is_none()) => DependsOn::Principal,
        Some(_) => DependsOn::Resource,
        None => DependsOn::Row,
    }
}

/// Returns whether an operator may read a value that only the row contains.
fn reads_row(operator: &str, operands: &Value) -> bool {
    let attribute = || operands.get("attr").and_then(Value::as_str);
    match operator {
        "has" | "hasTag" | "getTag" => true,
        "." => attribute().is_none_or(|attribute| ROW.contains(&attribute)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_classified_by_what_they_depend_on() {
        for (policy, expected) in [
            ("permit(principal, action, resource);", DependsOn::Principal),
            ("permit(principal in Group::\"a\", action, resource is Account);", DependsOn::Principal),
            ("permit(principal, action, resource) when { principal.superuser };", DependsOn::Principal),
            ("permit(principal, action, resource) when { principal.hasTag(\"mfa\") };", DependsOn::Principal),
            ("permit(principal, action, resource) when { context has impersonator };", DependsOn::Principal),
            ("permit(principal, action, resource) when { \"resource\" == \"Var\" };", DependsOn::Principal),
            ("permit(principal, action, resource in Group::\"a\");", DependsOn::Resource),
            ("permit(principal, action, resource == Account::\"1\");", DependsOn::Resource),
            ("permit(principal, action, resource is Account in Group::\"a\");", DependsOn::Resource),
            ("permit(principal, action, resource) when { resource.user == principal };", DependsOn::Resource),
            ("forbid(principal, action, resource) unless { !resource.superuser };", DependsOn::Resource),
            ("permit(principal, action, resource) when { resource.path like \"a/*\" };", DependsOn::Row),
            ("permit(principal, action, resource) when { resource.sources.isEmpty() };", DependsOn::Row),
            ("permit(principal, action, resource) when { resource has email };", DependsOn::Row),
            ("permit(principal, action, resource) when { resource.hasTag(\"a\") };", DependsOn::Row),
            ("permit(principal, action, resource) when { {it: resource}.it.name == \"\" };", DependsOn::Row),
            (
                "permit(principal, action, resource) when { (if true then resource else resource).email == \"\" };",
                DependsOn::Row,
            ),
        ] {
            let parsed: Policy = policy.parse().unwrap();
            assert_eq!(depends_on(&parsed.to_json().unwrap()), expected, "{policy}");
        }
        assert_eq!(depends_on(&json!({})), DependsOn::Row);
    }
}
