//! The authorizer.

use std::{collections::HashMap, path::Path, str::FromStr};

use async_trait::async_trait;
use cedar_policy::{Effect, PolicyId, PolicySet, Response};
use userbook::{
    Actor, Authorizer, User,
    authz::{AuthorizerError, Check, Resource, Subject, Verdict, Verdicts},
    model::GroupGraph,
};

use crate::{
    LoadError, PolicyFault, ReadError,
    entities::{EntityBuilder, principal},
    evaluation::Evaluation,
    grantors::GrantorPolicies,
    load::load,
    schema_types::SchemaTypes,
    visibility::VisibilityPolicies,
};

/// Decides by Cedar policies. The [crate documentation](crate) describes the facts that policies can use.
#[derive(Debug, Clone)]
pub struct CedarAuthorizer {
    pub(crate) types: SchemaTypes,
    pub(crate) policies: PolicySet,
    pub(crate) visibility: VisibilityPolicies,
    grantors: GrantorPolicies,
    /// The reasons of denials, with the position of each policy in the text.
    reasons: HashMap<PolicyId, (usize, String)>,
    warnings: Vec<PolicyFault>,
}

impl CedarAuthorizer {
    /// Reads a policy file; see [`CedarAuthorizer::from_str`].
    ///
    /// # Errors
    /// Fails with an error that names the file.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ReadError::Unreadable { path: path.to_owned(), source })?;
        text.parse().map_err(|source| ReadError::Unusable { path: path.to_owned(), source })
    }

    /// Returns warnings about valid but suspicious text: a policy that can never apply, or characters that look like
    /// others.
    pub fn warnings(&self) -> &[PolicyFault] {
        &self.warnings
    }

    /// A denial with the reason of the first policy that forbids the request and has a reason.
    pub(crate) fn deny(&self, response: &Response) -> Verdict {
        let forbidding = response.diagnostics().reason();
        let first = forbidding.filter_map(|id| self.reasons.get(id)).min();
        Verdict::Deny(first.map(|(_, reason)| reason.clone().into()))
    }
}

impl FromStr for CedarAuthorizer {
    type Err = LoadError;

    /// Parses policies and validates them strictly against the schema.
    fn from_str(text: &str) -> Result<Self, LoadError> {
        let types = SchemaTypes::new()?;
        let (policies, warnings) = load(text, &types)?;
        let visibility = VisibilityPolicies::new(&policies)?;
        let grantors = GrantorPolicies::new(&policies)?;
        let forbids = policies.policies().filter(|policy| policy.effect() == Effect::Forbid);
        let reasons = forbids.filter_map(|policy| {
            // Policies are numbered in the order of the text.
            let place = policy.id().to_string().trim_start_matches("policy").parse().unwrap_or(usize::MAX);
            let reason = policy.annotation("reason").filter(|reason| !reason.is_empty())?;
            Some((policy.id().clone(), (place, reason.to_owned())))
        });
        let reasons = reasons.collect();
        Ok(Self { types, policies, visibility, grantors, reasons, warnings })
    }
}

#[async_trait]
impl Authorizer for CedarAuthorizer {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        if actor.subject == Subject::System {
            return Ok(checks.iter().map(|_| Verdict::Allow).collect());
        }
        let inactive =
            actor.user_id().is_some() && !resource.actor().is_some_and(|view| view.state.is_active);
        let Some(principal) = principal(&self.types, actor).filter(|_| !inactive) else {
            return Ok(checks.iter().map(|_| Verdict::deny()).collect());
        };
        let entities = EntityBuilder::of(&self.types, actor, resource)?.build(None)?;
        let evaluation = Evaluation { authorizer: self, principal, actor, entities };
        checks.iter().map(|check| evaluation.verdict(*check, resource)).collect()
    }

    /// Returns `true` unless the policies exclude that this user may `grant_superuser` on some group.
    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        self.grantors.may_include(&self.types, user, groups)
    }

    /// No policy applies to an actor without a principal.
    fn denies_all(&self, actor: &Actor) -> bool {
        actor.subject != Subject::System && principal(&self.types, actor).is_none()
    }
}
