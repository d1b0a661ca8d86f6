//! Decides which users may possibly `grant_superuser` on some group.
//!
//! The group, the context and the claims of a later login are unknown. Permits lose their conditions on unknown
//! values, and forbids with such conditions are dropped, so that the remaining policies allow at least as much as the
//! original ones.

use cedar_policy::{
    Authorizer as Engine, Context, Decision, Effect, Policy, PolicySet, Request, RestrictedExpression,
};
use serde_json::{Value, json};
use userbook::{JsonObject, User, authz::AuthorizerError, model::GroupGraph, store::ActorState};

use crate::{
    LoadError,
    entities::EntityBuilder,
    policy_json::{mentions, unusable},
    schema_types::{Action, SchemaTypes},
};

/// The parts of the policies that depend only on the principal.
#[derive(Debug, Clone)]
pub(crate) struct GrantorPolicies(PolicySet);

impl GrantorPolicies {
    pub(crate) fn new(policies: &PolicySet) -> Result<Self, LoadError> {
        let mut weakened = PolicySet::new();
        for policy in policies.policies() {
            let json = policy.to_json().map_err(unusable)?;
            let json = match policy.effect() {
                Effect::Permit => weaken_permit(json),
                Effect::Forbid => keep_forbid(json),
            };
            if let Some(json) = json {
                let policy = Policy::from_json(Some(policy.id().clone()), json).map_err(unusable)?;
                weakened.add(policy).map_err(unusable)?;
            }
        }
        Ok(Self(weakened))
    }

    /// Returns whether the policies may allow `grant_superuser` to this user on some group. A failing policy counts as
    /// yes.
    pub(crate) fn may_include(
        &self,
        types: &SchemaTypes,
        user: &User,
        groups: &GroupGraph,
    ) -> Result<bool, AuthorizerError> {
        let mut builder = EntityBuilder::new(types);
        builder.user(&ActorState::from(user), groups, &JsonObject::new())?;
        builder.groups(groups)?;
        let entities = builder.build(None)?;
        let context = Context::from_pairs(std::iter::empty::<(String, RestrictedExpression)>())
            .map_err(AuthorizerError::new)?;
        let action = types.action(Action::GrantSuperuser);
        let request =
            Request::new(types.user(user.id), action, types.any_group(), context, Some(&types.schema))
                .map_err(AuthorizerError::new)?;
        let response = Engine::new().is_authorized(&request, &self.0, &entities);
        Ok(response.decision() == Decision::Allow || response.diagnostics().errors().next().is_some())
    }
}

/// Returns the permit for any group without conditions on unknown values; `None` if the permit cannot apply to a
/// group.
fn weaken_permit(mut policy: Value) -> Option<Value> {
    let members = policy.as_object_mut()?;
    if !members.get("resource").is_some_and(may_be_group) {
        return None;
    }
    members.insert("resource".to_owned(), json!({"op": "All"}));
    let conditions = members.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let conditions: Vec<Value> = conditions.iter().filter_map(weaken_condition).collect();
    members.insert("conditions".to_owned(), Value::Array(conditions));
    Some(policy)
}

/// Returns the forbid if it applies to every group and depends only on the principal.
fn keep_forbid(policy: Value) -> Option<Value> {
    let scope = policy.get("resource")?;
    let on_every_group = match scope.get("op").and_then(Value::as_str)? {
        "All" => true,
        "is" => scope.get("in").is_none() && type_name(scope) == Some("Group"),
        _ => false,
    };
    let is_known = policy.get("conditions").is_some_and(|conditions| !is_unknown(conditions));
    (on_every_group && is_known).then_some(policy)
}

/// Returns whether a resource scope can match a group. Unknown forms of scopes count as yes.
fn may_be_group(scope: &Value) -> bool {
    match scope.get("op").and_then(Value::as_str) {
        Some("is") => type_name(scope).is_none_or(|name| name == "Group"),
        Some("==") => {
            let name = scope.get("entity").and_then(|entity| entity.get("type")).and_then(Value::as_str);
            name.is_none_or(|name| name == "Group")
        }
        _ => true,
    }
}

fn type_name(scope: &Value) -> Option<&str> {
    scope.get("entity_type").and_then(Value::as_str)
}

/// Removes the unknown parts of a condition: operands of `&&` in `when`, of `||` in `unless`.
fn weaken_condition(condition: &Value) -> Option<Value> {
    let kind = condition.get("kind").and_then(Value::as_str)?;
    let operator = if kind == "when" { "&&" } else { "||" };
    let body = weaken_operands(condition.get("body")?, operator)?;
    Some(json!({"kind": kind, "body": body}))
}

fn weaken_operands(body: &Value, operator: &str) -> Option<Value> {
    if !is_unknown(body) {
        return Some(body.clone());
    }
    let operands = body.get(operator)?;
    let operand = |side| operands.get(side).and_then(|body| weaken_operands(body, operator));
    match (operand("left"), operand("right")) {
        (Some(left), Some(right)) => Some(json!({operator: {"left": left, "right": right}})),
        (left, right) => left.or(right),
    }
}

/// Returns whether an expression depends on anything except the principal's groups, type and superuser status.
fn is_unknown(expression: &Value) -> bool {
    mentions(expression, &|name, value| match name {
        "Var" => value != "principal" && value != "action",
        // The principal's tags are the claims of a login.
        "hasTag" | "getTag" | "has" | "Slot" => true,
        // The ancestors of other entities are not loaded.
        "in" => value.get("left").is_none_or(|left| mentions(left, &|name, _| name == "__entity")),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use userbook::{Group, GroupId, UserId, UserType};
    use uuid::Uuid;

    use super::*;
    use crate::load::load;

    fn may_grant(policies: &str, is_superuser: bool) -> bool {
        let group = Group {
            id: GroupId(Uuid::from_u128(7)),
            name: "group".to_owned(),
            is_superuser,
            parent: None,
            attributes: json!({}),
            ..Group::example()
        };
        let user: User = serde_json::from_value(json!({
            "id": 5, "uuid": Uuid::nil(), "username": "ada", "name": "", "email": "", "is_active": false,
            "last_login": null, "path": "users", "user_type": UserType::Internal, "attributes": {},
            "groups": [group.id], "password_change_date": "2024-01-02T03:04:05Z",
            "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
            "session_epoch": "00000000-0000-4000-8000-000000005e55",
            "revision": Uuid::nil(), "version": 1,
        }))
        .unwrap();
        assert_eq!(user.id, UserId(5));
        let types = SchemaTypes::new().unwrap();
        let (policies, _) = load(policies, &types).unwrap_or_else(|error| panic!("{policies}: {error}"));
        GrantorPolicies::new(&policies)
            .unwrap()
            .may_include(&types, &user, &[group].into_iter().collect())
            .unwrap()
    }

    /// Policies, and whether a member and a superuser may grant.
    const POLICIES: &[(&str, bool, bool)] = &[
        ("", false, false),
        ("permit (principal, action, resource);", true, true),
        ("permit (principal, action == Action::\"view\", resource);", false, false),
        ("permit (principal is User, action, resource) when { principal.superuser };", false, true),
        ("permit (principal == User::\"5\", action == Action::\"grant_superuser\", resource);", true, true),
        ("permit (principal == User::\"6\", action == Action::\"grant_superuser\", resource);", false, false),
        ("permit (principal in BELOW, action, resource in Group::\"other\");", true, true),
        ("permit (principal in Group::\"other\", action, resource);", false, false),
        ("permit (principal, action, resource) when { Group::\"one\" in Group::\"other\" };", true, true),
        ("permit (principal is External, action, resource);", false, false),
        // A resource that is not a group.
        ("permit (principal, action, resource is Account);", false, false),
        ("permit (principal, action, resource == Account::\"1\");", false, false),
        ("permit (principal, action, resource == Directory::\"userbook\");", false, false),
        // Unknown operands count as possibly true; known operands decide.
        (
            "permit (principal is User, action == Action::\"grant_superuser\", resource) when { resource.name == \"x\" && principal.superuser };",
            false,
            true,
        ),
        (
            "permit (principal is User, action == Action::\"grant_superuser\", resource) when { resource.name == \"x\" || principal.superuser };",
            true,
            true,
        ),
        (
            "permit (principal is User, action == Action::\"grant_superuser\", resource) unless { resource.name == \"x\" || !principal.superuser };",
            false,
            true,
        ),
        (
            "permit (principal is User, action == Action::\"grant_superuser\", resource) unless { !principal.superuser && resource.name == \"x\" };",
            true,
            true,
        ),
        ("permit (principal is User, action, resource) when { principal.hasTag(\"mfa\") };", true, true),
        (
            "permit (principal, action == Action::\"grant_superuser\", resource) when { context has account && context.account.superuser };",
            true,
            true,
        ),
        // Forbids count only if no unknown value can lift them.
        (
            "permit (principal, action, resource); forbid (principal is User, action, resource) unless { principal.superuser };",
            false,
            true,
        ),
        (
            "permit (principal, action, resource); forbid (principal is User, action, resource is Group) unless { principal.superuser };",
            false,
            true,
        ),
        (
            "permit (principal, action, resource); forbid (principal, action, resource is Account);",
            true,
            true,
        ),
        (
            "permit (principal, action, resource); forbid (principal, action, resource in Group::\"other\");",
            true,
            true,
        ),
        (
            "permit (principal, action, resource); forbid (principal, action, resource is Group) when { resource.superuser };",
            true,
            true,
        ),
        (
            "permit (principal, action, resource); forbid (principal, action, resource) when { context has impersonator };",
            true,
            true,
        ),
        // A failing policy does not determine what it would allow.
        ("permit (principal, action, resource) when { 9223372036854775807 + 1 > 0 };", true, true),
    ];

    #[test]
    fn principals_may_grant_unless_policies_exclude_them() {
        let below = "Group::\"00000000-0000-0000-0000-000000000007\"";
        for (policies, member, superuser) in POLICIES {
            let text = policies.replace("BELOW", below);
            assert_eq!(may_grant(&text, false), *member, "member: {text}");
            assert_eq!(may_grant(&text, true), *superuser, "superuser: {text}");
        }
    }
}
