//! What policies say about seeing, without anything to look at.
//!
//! Two answers are needed before a row is loaded, or although there is none: whether somebody may see *every* user
//! (then a list needs no filter), and whether they may see *any* (then they are not told which others exist).
//! Policies are sorted at load by what they look at, and widened where it is not at hand: a permission that
//! depends on the resource counts as not given, a prohibition that depends on it as given, or the other way round
//! for "may they see any". So the answers err on the side that shows less, and never depend on the resource:
//! what is told about a user who is hidden and about one who does not exist is the same.

use cedar_policy::{Effect, Policy, PolicySet};
use serde_json::{Value, json};

use crate::LoadError;

/// What of an account only its row tells; the rest is known of whoever acts.
const ROW: [&str; 4] = ["username", "name", "email", "path"];

/// The policies, sorted and widened.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// Allows: whatever the resource is.
    pub(crate) every: PolicySet,
    /// Does not allow: whatever the resource is.
    pub(crate) any: PolicySet,
    /// Allows on an account without its row: also with it.
    pub(crate) own: PolicySet,
}

/// How far a policy looks, each including what is before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Looks {
    Principal,
    Resource,
    Row,
}

impl Sight {
    pub(crate) fn new(policies: &PolicySet) -> Result<Self, LoadError> {
        let (mut every, mut any, mut own) = (PolicySet::new(), PolicySet::new(), PolicySet::new());
        for policy in policies.policies() {
            let json = policy.to_json().map_err(broken)?;
            let looks = looks(&json);
            let wide = Policy::from_json(Some(policy.id().clone()), widened(json)).map_err(broken)?;
            let permits = policy.effect() == Effect::Permit;
            let at_most = |level| if looks <= level { Some(policy) } else { None };
            let given = |level| at_most(level).or_else(|| (!permits).then_some(&wide));
            let possible = at_most(Looks::Principal).or_else(|| permits.then_some(&wide));
            let sets = [
                (&mut every, given(Looks::Principal)),
                (&mut any, possible),
                (&mut own, given(Looks::Resource)),
            ];
            for (set, policy) in sets {
                if let Some(policy) = policy {
                    set.add(policy.clone()).map_err(broken)?;
                }
            }
        }
        Ok(Self { every, any, own })
    }
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> LoadError {
    LoadError::Schema(Box::new(error))
}

/// The policy on any resource and without conditions.
fn widened(mut policy: Value) -> Value {
    if let Some(parts) = policy.as_object_mut() {
        parts.insert("resource".to_owned(), json!({"op": "All"}));
        parts.insert("conditions".to_owned(), json!([]));
    }
    policy
}

/// What a policy looks at, by its JSON form; what is not understood counts as the row.
fn looks(policy: &Value) -> Looks {
    let Some(conditions) = policy.get("conditions") else { return Looks::Row };
    if mentions(conditions, &|name, value| name == "Var" && value == "resource") {
        // Whatever an operator is applied to: that may be the account by another name.
        return if mentions(conditions, &reads_row) { Looks::Row } else { Looks::Resource };
    }
    let scope = policy.get("resource");
    match scope.and_then(|scope| scope.get("op")).and_then(Value::as_str) {
        Some("All") => Looks::Principal,
        Some("is") if scope.is_some_and(|scope| scope.get("in").is_none()) => Looks::Principal,
        Some(_) => Looks::Resource,
        None => Looks::Row,
    }
}

/// Whether an operator may read what is only in the row.
fn reads_row(operator: &str, operands: &Value) -> bool {
    let attribute = || operands.get("attr").and_then(Value::as_str);
    match operator {
        "has" | "hasTag" | "getTag" => true,
        "." => attribute().is_none_or(|attribute| ROW.contains(&attribute)),
        _ => false,
    }
}

/// Whether a member like this is anywhere in an expression.
fn mentions(expression: &Value, like: &impl Fn(&str, &Value) -> bool) -> bool {
    match expression {
        Value::Array(items) => items.iter().any(|item| mentions(item, like)),
        Value::Object(members) => {
            members.iter().any(|(name, value)| like(name, value) || mentions(value, like))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_policy_looks_at() {
        for (policy, expected) in [
            ("permit(principal, action, resource);", Looks::Principal),
            ("permit(principal in Group::\"a\", action, resource is Account);", Looks::Principal),
            ("permit(principal, action, resource) when { principal.superuser };", Looks::Principal),
            ("permit(principal, action, resource) when { principal.hasTag(\"mfa\") };", Looks::Principal),
            ("permit(principal, action, resource) when { context has impersonator };", Looks::Principal),
            ("permit(principal, action, resource) when { \"resource\" == \"Var\" };", Looks::Principal),
            ("permit(principal, action, resource in Group::\"a\");", Looks::Resource),
            ("permit(principal, action, resource == Account::\"1\");", Looks::Resource),
            ("permit(principal, action, resource is Account in Group::\"a\");", Looks::Resource),
            ("permit(principal, action, resource) when { resource.user == principal };", Looks::Resource),
            ("forbid(principal, action, resource) unless { !resource.superuser };", Looks::Resource),
            ("permit(principal, action, resource) when { resource.path like \"a/*\" };", Looks::Row),
            ("permit(principal, action, resource) when { resource has email };", Looks::Row),
            ("permit(principal, action, resource) when { resource.hasTag(\"a\") };", Looks::Row),
            ("permit(principal, action, resource) when { {it: resource}.it.name == \"\" };", Looks::Row),
            (
                "permit(principal, action, resource) when { (if true then resource else resource).email == \"\" };",
                Looks::Row,
            ),
        ] {
            let parsed: Policy = policy.parse().unwrap();
            assert_eq!(looks(&parsed.to_json().unwrap()), expected, "{policy}");
        }
        assert_eq!(looks(&json!({})), Looks::Row);
    }
}
