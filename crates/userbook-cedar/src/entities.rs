//! Facts as Cedar entities: the acting user, the user or groups of a request.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::{Entities, Entity, EntityUid, RestrictedExpression as Value, Schema};
use userbook::{
    Actor, Group, GroupId, JsonObject, User, UserId,
    authz::{ActorView, AuthorizerError, Facts, Resource, Subject},
    model::{ExternalIds, GroupGraph},
    store::ActorState,
};

use crate::{schema_types::SchemaTypes, tags};

type Attributes = HashMap<String, Value>;
type Tags = Vec<(String, Value)>;

/// Collects entities.
#[derive(Debug)]
pub(crate) struct EntityBuilder<'a> {
    types: &'a SchemaTypes,
    entities: Vec<Entity>,
}

impl<'a> EntityBuilder<'a> {
    pub(crate) fn new(types: &'a SchemaTypes) -> Self {
        Self { types, entities: types.actions.clone() }
    }

    /// Returns the facts of a resource, and the principal.
    pub(crate) fn of(
        types: &'a SchemaTypes,
        actor: &Actor,
        resource: Resource<'_>,
    ) -> Result<Self, AuthorizerError> {
        let mut builder = Self::new(types);
        let facts = resource.facts();
        builder.principal(actor, resource.actor())?;
        if let Resource::User(user, _) = resource {
            builder.account(user, facts)?;
        }
        builder.groups(facts.groups)?;
        Ok(builder)
    }

    /// Builds the hierarchy. With a schema, every entity must conform to it.
    pub(crate) fn build(self, schema: Option<&Schema>) -> Result<Entities, AuthorizerError> {
        Entities::from_entities(self.entities, schema).map_err(AuthorizerError::new)
    }

    /// Returns the principal with the claims of the host's authentication.
    pub(crate) fn principal(
        &mut self,
        actor: &Actor,
        view: Option<ActorView<'_>>,
    ) -> Result<(), AuthorizerError> {
        match (&actor.subject, view) {
            (Subject::User(_), Some(view)) => self.user(view.state, view.groups, &actor.claims),
            (Subject::External(name), _) => {
                let claims = tags::of_object(&actor.claims).collect();
                self.add(self.types.external(name), Attributes::new(), HashSet::new(), claims)
            }
            (Subject::User(_) | Subject::Anonymous | Subject::System, _) => Ok(()),
        }
    }

    /// Returns a user as a principal.
    pub(crate) fn user(
        &mut self,
        state: &ActorState,
        graph: &GroupGraph,
        claims: &JsonObject,
    ) -> Result<(), AuthorizerError> {
        let attributes = attributes([
            ("superuser", Value::new_bool(graph.grants_superuser(&state.groups))),
            ("type", Value::new_entity_uid(self.types.user_type(state.user_type))),
        ]);
        let groups = self.all_groups(&state.groups, graph);
        self.add(self.types.user(state.id), attributes, groups, tags::of_object(claims).collect())
    }

    /// Returns the user as a resource, together with the principal that policies may name.
    fn account(&mut self, user: &User, facts: Facts<'_>) -> Result<(), AuthorizerError> {
        let Facts { groups, actor } = facts;
        if actor.is_none_or(|actor| actor.id != user.id) {
            self.user(&ActorState::from(user), groups, &JsonObject::new())?;
        }
        let User { username, name, email, path, .. } = user;
        let texts = [("username", username), ("name", name), ("email", email), ("path", path)];
        let row = texts.map(|(name, text)| (name, Value::new_string(text.clone())));
        let row = row.into_iter().chain([("sources", sources(&user.external_ids))]);
        let tags = tags::of_attributes(&user.attributes).collect();
        self.account_row(&ActorState::from(user), groups, row, tags)
    }

    /// Returns the acting user as a resource without the values that only the row contains. Policies that depend on
    /// those values must not be evaluated.
    pub(crate) fn own_account(&mut self, view: ActorView<'_>) -> Result<(), AuthorizerError> {
        self.account_row(view.state, view.groups, [], Tags::new())
    }

    fn account_row<'n>(
        &mut self,
        state: &ActorState,
        graph: &GroupGraph,
        row: impl IntoIterator<Item = (&'n str, Value)>,
        tags: Tags,
    ) -> Result<(), AuthorizerError> {
        let types = self.types;
        let direct = state.groups.iter().map(|group| Value::new_entity_uid(types.group(*group)));
        let mut all = attributes([
            ("user", Value::new_entity_uid(types.user(state.id))),
            ("active", Value::new_bool(state.is_active)),
            ("superuser", Value::new_bool(graph.grants_superuser(&state.groups))),
            ("type", Value::new_entity_uid(types.user_type(state.user_type))),
            ("groups", Value::new_set(direct)),
        ]);
        all.extend(attributes(row));
        let groups = self.all_groups(&state.groups, graph);
        self.add(types.account(state.id), all, groups, tags)
    }

    /// Adds the groups with their parents.
    pub(crate) fn groups(&mut self, graph: &GroupGraph) -> Result<(), AuthorizerError> {
        graph.iter().try_for_each(|group| self.group(group, graph))
    }

    fn group(&mut self, group: &Group, graph: &GroupGraph) -> Result<(), AuthorizerError> {
        let attributes = attributes([
            ("name", Value::new_string(group.name.clone())),
            ("superuser", Value::new_bool(graph.superuser_source(group.id).is_some())),
            ("sources", sources(&group.external_ids)),
        ]);
        // Cedar rejects cycles. Every request on such a group is denied, so the missing parent is harmless.
        let parent = group.parent.filter(|parent| graph.contains(*parent) && !ends_in_cycle(graph, group.id));
        let parents = parent.map(|parent| self.types.group(parent)).into_iter().collect();
        self.add(
            self.types.group(group.id),
            attributes,
            parents,
            tags::of_attributes(&group.attributes).collect(),
        )
    }

    /// Returns these groups and their ancestors. The parents of group entities do not suffice, because a cycle loses
    /// one parent.
    fn all_groups(&self, direct: &BTreeSet<GroupId>, graph: &GroupGraph) -> HashSet<EntityUid> {
        direct.iter().flat_map(|id| graph.lineage(*id)).map(|group| self.types.group(group.id)).collect()
    }

    fn add(
        &mut self,
        uid: EntityUid,
        attributes: Attributes,
        parents: HashSet<EntityUid>,
        tags: Tags,
    ) -> Result<(), AuthorizerError> {
        let entity = Entity::new_with_tags(uid, attributes, parents, tags).map_err(AuthorizerError::new)?;
        self.entities.push(entity);
        Ok(())
    }
}

/// Returns the external systems that manage a user or a group.
fn sources(ids: &ExternalIds) -> Value {
    Value::new_set(ids.iter().map(|(source, _)| Value::new_string(source.to_string())))
}

/// Returns whether the ancestors of a group form a cycle. Stored hierarchies may contain cycles, which Cedar cannot
/// express.
pub(crate) fn ends_in_cycle(graph: &GroupGraph, id: GroupId) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = graph.get(id);
    while let Some(group) = next {
        if !seen.insert(group.id) {
            return true;
        }
        next = group.parent.and_then(|parent| graph.get(parent));
    }
    false
}

/// Returns the principal; `None` if no policy applies to the actor.
pub(crate) fn principal(types: &SchemaTypes, actor: &Actor) -> Option<EntityUid> {
    match &actor.subject {
        Subject::User(id) => Some(types.user(*id)),
        Subject::External(name) => Some(types.external(name)),
        Subject::Anonymous | Subject::System => None,
    }
}

/// Returns the impersonating user for the context.
pub(crate) fn impersonator(types: &SchemaTypes, id: Option<UserId>) -> Option<(String, Value)> {
    id.map(|id| ("impersonator".to_owned(), Value::new_entity_uid(types.user(id))))
}

fn attributes<'n>(pairs: impl IntoIterator<Item = (&'n str, Value)>) -> Attributes {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use userbook::{NewGroup, NewUser, StaticPermissions, UserService, UserStore, store::SnapshotQuery};
    use userbook_memory::MemoryStore;
    use uuid::Uuid;

    use super::*;

    /// Entities are not validated at run time.
    #[tokio::test]
    async fn entities_conform_to_the_schema() {
        let permissions = userbook::PermissionAuthorizer::new(StaticPermissions::none());
        let service = UserService::new(MemoryStore::new(), permissions);
        let host = Actor::system();
        let [above, below] = [1, 2].map(|number| GroupId(Uuid::from_u128(number)));
        let attributes = json!({"a": [1, "b"], "c": null});
        let group = NewGroup::new("above").superuser(true).attributes(attributes.clone());
        service.put_group(&host, above, group).await.unwrap();
        service.put_group(&host, below, NewGroup::new("below").parent(above)).await.unwrap();
        let new = |name: &str| {
            NewUser::new(name, "").with(|user| user.groups([below]).attributes(attributes.clone()))
        };
        let ada = service.insert_user(&host, new("ada")).await.unwrap().view.user.id;
        let bob = service.insert_user(&host, new("bob")).await.unwrap().view.user.id;
        let types = SchemaTypes::new().unwrap();
        let claims = json!({"mfa": true, "roles": ["a", "b"]}).as_object().cloned().unwrap();
        for (subject, about) in [
            (Subject::User(ada), ada),
            (Subject::User(ada), bob),
            (Subject::External("ldap".into()), bob),
            (Subject::Anonymous, bob),
        ] {
            let actor = Actor { claims: claims.clone(), ..Actor::from(subject) };
            let query = SnapshotQuery { actor: actor.user_id(), ..SnapshotQuery::user(about) };
            let snapshot = service.store().load(&query).await.unwrap();
            let facts = Facts { groups: &snapshot.groups, actor: snapshot.actor.as_ref() };
            let resource = Resource::User(snapshot.user.as_ref().unwrap(), facts);
            let builder = EntityBuilder::of(&types, &actor, resource).unwrap();
            let entities = builder.build(Some(&types.schema)).unwrap();
            let in_top = |uid| entities.is_ancestor_of(&types.group(above), &uid);
            assert!(in_top(types.account(about)) && in_top(types.user(about)) && in_top(types.group(below)));
            assert_eq!(
                principal(&types, &actor).map(|uid| entities.get(&uid).is_some()),
                match actor.subject {
                    Subject::Anonymous => None,
                    _ => Some(true),
                }
            );
        }
    }
}
