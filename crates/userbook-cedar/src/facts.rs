//! What the policies are told: the acting user, the user or the groups in question, as entities.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::{Entities, Entity, EntityUid, RestrictedExpression as Value, Schema};
use userbook::{
    Actor, ActorState, ActorView, AuthorizerError, Group, GroupGraph, GroupId, JsonObject, Resource,
    Snapshot, Subject, User, UserId,
};

use crate::{tags, words::Words};

type Attributes = HashMap<String, Value>;
type Tags = Vec<(String, Value)>;

/// Gathers entities.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    words: &'a Words,
    entities: Vec<Entity>,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(words: &'a Words) -> Self {
        Self { words, entities: words.actions.clone() }
    }

    /// The facts that a target brings along, and who asks.
    pub(crate) fn of(words: &'a Words, actor: &Actor, target: Resource<'_>) -> Result<Self, AuthorizerError> {
        let mut facts = Self::new(words);
        facts.asking(actor, target.actor())?;
        match target {
            Resource::User(snapshot) => {
                facts.account(snapshot)?;
                facts.groups(&snapshot.groups)?;
            }
            Resource::Directory(directory) => facts.groups(&directory.groups)?,
            Resource::MissingUser(actor) => {
                if let Some(actor) = actor {
                    facts.groups(actor.groups)?;
                }
            }
        }
        Ok(facts)
    }

    /// Closes the hierarchy. With a schema, everything must conform to it.
    pub(crate) fn entities(self, schema: Option<&Schema>) -> Result<Entities, AuthorizerError> {
        Entities::from_entities(self.entities, schema).map_err(AuthorizerError::new)
    }

    /// Who asks, with the claims of their authentication.
    pub(crate) fn asking(
        &mut self,
        actor: &Actor,
        view: Option<ActorView<'_>>,
    ) -> Result<(), AuthorizerError> {
        match (&actor.subject, view) {
            (Subject::User(_), Some(view)) => self.user(view.state, view.groups, &actor.claims),
            (Subject::External(name), _) => {
                let claims = tags::of_object(&actor.claims).collect();
                self.add(self.words.external(name), Attributes::new(), HashSet::new(), claims)
            }
            (Subject::User(_) | Subject::Anonymous | Subject::System, _) => Ok(()),
        }
    }

    fn user(
        &mut self,
        state: &ActorState,
        graph: &GroupGraph,
        claims: &JsonObject,
    ) -> Result<(), AuthorizerError> {
        let attributes = attributes([
            ("superuser", Value::new_bool(graph.grants_superuser(&state.groups))),
            ("type", Value::new_entity_uid(self.words.user_type(state.user_type))),
        ]);
        let groups = self.all_groups(&state.groups, graph);
        self.add(self.words.user(state.id), attributes, groups, tags::of_object(claims).collect())
    }

    /// The user in question; who it is as somebody who might ask, too.
    fn account(&mut self, snapshot: &Snapshot) -> Result<(), AuthorizerError> {
        let Snapshot { user, groups, actor, .. } = snapshot;
        if actor.as_ref().is_none_or(|actor| actor.id != user.id) {
            self.user(&ActorState::from(user), groups, &JsonObject::new())?;
        }
        let User { username, name, email, path, .. } = user;
        let texts = [("username", username), ("name", name), ("email", email), ("path", path)];
        let row = texts.map(|(name, text)| (name, Value::new_string(text.clone())));
        let tags = tags::of_attributes(&user.attributes).collect();
        self.account_row(&ActorState::from(user), groups, row, tags)
    }

    /// The acting user in question: all but what is in their row only. Policies that look at that must not be
    /// asked.
    pub(crate) fn own_account(&mut self, view: ActorView<'_>) -> Result<(), AuthorizerError> {
        self.account_row(view.state, view.groups, [], Tags::new())
    }

    fn account_row<const N: usize>(
        &mut self,
        state: &ActorState,
        graph: &GroupGraph,
        row: [(&str, Value); N],
        tags: Tags,
    ) -> Result<(), AuthorizerError> {
        let words = self.words;
        let direct = state.groups.iter().map(|group| Value::new_entity_uid(words.group(*group)));
        let mut all = attributes([
            ("user", Value::new_entity_uid(words.user(state.id))),
            ("active", Value::new_bool(state.is_active)),
            ("superuser", Value::new_bool(graph.grants_superuser(&state.groups))),
            ("type", Value::new_entity_uid(words.user_type(state.user_type))),
            ("groups", Value::new_set(direct)),
        ]);
        all.extend(attributes(row));
        let groups = self.all_groups(&state.groups, graph);
        self.add(words.account(state.id), all, groups, tags)
    }

    /// The groups with their parents.
    pub(crate) fn groups(&mut self, graph: &GroupGraph) -> Result<(), AuthorizerError> {
        graph.iter().try_for_each(|group| self.group(group, graph))
    }

    fn group(&mut self, group: &Group, graph: &GroupGraph) -> Result<(), AuthorizerError> {
        let attributes = attributes([
            ("name", Value::new_string(group.name.clone())),
            ("superuser", Value::new_bool(graph.superuser_source(group.id).is_some())),
        ]);
        // Cedar takes no cycles. Nothing is allowed on these groups, so that nothing hangs on the missing arrow.
        let parent = group.parent.filter(|parent| graph.contains(*parent) && !ends_in_cycle(graph, group.id));
        let parents = parent.map(|parent| self.words.group(parent)).into_iter().collect();
        self.add(
            self.words.group(group.id),
            attributes,
            parents,
            tags::of_attributes(&group.attributes).collect(),
        )
    }

    /// These groups and those above them. Not by the arrows between groups alone: a cycle has lost some.
    fn all_groups(&self, direct: &BTreeSet<GroupId>, graph: &GroupGraph) -> HashSet<EntityUid> {
        direct.iter().flat_map(|id| graph.lineage(*id)).map(|group| self.words.group(group.id)).collect()
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

/// Whether the way up from a group never ends. Stored hierarchies may be like that; what a group is below is then
/// not to be told in Cedar.
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

/// Who asks, as the policies name them; `None`: nobody whom policies are asked about.
pub(crate) fn principal(words: &Words, actor: &Actor) -> Option<EntityUid> {
    match &actor.subject {
        Subject::User(id) => Some(words.user(*id)),
        Subject::External(name) => Some(words.external(name)),
        Subject::Anonymous | Subject::System => None,
    }
}

/// Who really sits there, for the context.
pub(crate) fn impersonator(words: &Words, id: Option<UserId>) -> Option<(String, Value)> {
    id.map(|id| ("impersonator".to_owned(), Value::new_entity_uid(words.user(id))))
}

fn attributes<'n>(pairs: impl IntoIterator<Item = (&'n str, Value)>) -> Attributes {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use userbook::{NewGroup, NewUser, SnapshotQuery, StaticPermissions, UserService, UserStore};
    use userbook_memory::MemoryStore;
    use uuid::Uuid;

    use super::*;

    /// Facts are not compared with the schema at run time: they are made to fit it.
    #[tokio::test]
    async fn facts_conform_to_the_schema() {
        let permissions = userbook::PermissionAuthorizer::new(StaticPermissions::none());
        let service = UserService::new(MemoryStore::new(), permissions);
        let host = Actor::system();
        let [above, below] = [1, 2].map(|number| GroupId(Uuid::from_u128(number)));
        let attributes = json!({"a": [1, "b"], "c": null});
        let group = NewGroup::new("above").superuser(true).attributes(attributes.clone());
        service.put_group(&host, above, group, false).await.unwrap();
        service.put_group(&host, below, NewGroup::new("below").parent(above), false).await.unwrap();
        let new = |name: &str| {
            NewUser::new(name, "").with(|user| user.groups([below]).attributes(attributes.clone()))
        };
        let ada = service.insert_user(&host, new("ada")).await.unwrap().user.id;
        let bob = service.insert_user(&host, new("bob")).await.unwrap().user.id;
        let words = Words::new().unwrap();
        let claims = json!({"mfa": true, "roles": ["a", "b"]}).as_object().cloned().unwrap();
        for (subject, about) in [
            (Subject::User(ada), ada),
            (Subject::User(ada), bob),
            (Subject::External("ldap".into()), bob),
            (Subject::Anonymous, bob),
        ] {
            let actor = Actor { claims: claims.clone(), ..Actor::from(subject) };
            let query = SnapshotQuery { actor: actor.user_id(), ..SnapshotQuery::user(about) };
            let snapshot = service.store().load(&query).await.unwrap().unwrap();
            let facts = Facts::of(&words, &actor, Resource::User(&snapshot)).unwrap();
            let entities = facts.entities(Some(&words.schema)).unwrap();
            let in_top = |uid| entities.is_ancestor_of(&words.group(above), &uid);
            assert!(in_top(words.account(about)) && in_top(words.user(about)) && in_top(words.group(below)));
            assert_eq!(
                principal(&words, &actor).map(|uid| entities.get(&uid).is_some()),
                match actor.subject {
                    Subject::Anonymous => None,
                    _ => Some(true),
                }
            );
        }
    }
}
