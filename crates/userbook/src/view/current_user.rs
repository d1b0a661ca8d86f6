//! The view of the acting user.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use serde_json::Value;

use crate::{
    json::JsonObject,
    model::{Group, GroupGraph, GroupId, User},
    view::UserView,
    view::Visibility,
};

/// The attribute that contains settings.
const SETTINGS: &str = "settings";

/// The acting user, and the impersonating user.
#[derive(Debug, Clone, PartialEq)]
pub struct CurrentUserView {
    /// The acting user.
    pub user: SelfView,
    /// The impersonating user, if any.
    pub original: Option<SelfView>,
}

/// A user's own view (authentik's `UserSelf`).
#[derive(Debug, Clone, PartialEq)]
pub struct SelfView {
    /// The user as others see the user.
    pub view: UserView,
    /// The user's groups and their ancestors, by name.
    pub groups: Vec<Arc<Group>>,
    /// The merged attribute `settings` of the groups, in that order, and then of the user: objects are merged, lists
    /// appended, other values replaced.
    pub settings: JsonObject,
}

impl SelfView {
    /// Creates the view of `user`; the user's groups must be in the graph with their ancestors.
    pub(crate) fn new(user: User, graph: &GroupGraph) -> Self {
        let all: BTreeMap<GroupId, &Arc<Group>> = user
            .groups
            .iter()
            .flat_map(|id| graph.lineage(*id))
            .filter_map(|group| Some((group.id, graph.get_shared(group.id)?)))
            .collect();
        let mut groups: Vec<Arc<Group>> = all.into_values().cloned().collect();
        groups.sort_by(|a, b| by_name(a, b));
        let mut settings = Value::Object(JsonObject::new());
        for attributes in groups.iter().map(|group| &group.attributes).chain([&*user.attributes]) {
            // Stored attributes may be any JSON; settings that are not an object are ignored.
            if let Some(more) = attributes.get(SETTINGS).filter(|more| more.is_object()) {
                merge(&mut settings, more);
            }
        }
        let settings = match settings {
            Value::Object(settings) => settings,
            _ => JsonObject::new(),
        };
        Self { view: UserView::new(user, graph, Visibility::everything()), groups, settings }
    }
}

fn by_name(a: &Group, b: &Group) -> Ordering {
    a.name.cmp(&b.name).then(a.id.cmp(&b.id))
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                match into.get_mut(key) {
                    Some(known) => merge(known, value),
                    None => _ = into.insert(key.clone(), value.clone()),
                }
            }
        }
        (Value::Array(into), Value::Array(more)) => into.extend(more.iter().cloned()),
        (into, more) => into.clone_from(more),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::model::{ChangeId, Revision, UserId, UserType, parse_timestamp};

    fn group(number: u128, name: &str, parent: Option<u128>, attributes: Value) -> Group {
        let id = |number| GroupId(Uuid::from_u128(number));
        Group {
            id: id(number),
            name: name.to_owned(),
            is_superuser: false,
            parent: parent.map(id),
            attributes,
            ..Group::example()
        }
    }

    fn shown(graph: &GroupGraph, groups: &[u128], attributes: Value) -> SelfView {
        let user = User {
            id: UserId(1),
            uuid: Uuid::nil(),
            username: "ada".into(),
            name: "Ada".into(),
            email: String::new(),
            is_active: true,
            last_login: None,
            path: "users".into(),
            user_type: UserType::Internal,
            attributes: attributes.into(),
            groups: groups.iter().map(|number| GroupId(Uuid::from_u128(*number))).collect(),
            password_change_date: parse_timestamp("2024-01-02T03:04:05Z").unwrap(),
            revision: Revision::from(ChangeId(Uuid::nil())),
            version: 1,
            ..User::example()
        };
        SelfView::new(user, graph)
    }

    #[test]
    fn groups_are_those_above_too_once_and_by_name() {
        let graph: GroupGraph = [
            group(1, "z", Some(3), json!({})),
            group(2, "y", Some(3), json!({})),
            group(3, "a", Some(1), json!({})),
            group(4, "other", None, json!({})),
        ]
        .into_iter()
        .collect();
        let view = shown(&graph, &[1, 2], json!({}));
        let names: Vec<&str> = view.groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["a", "y", "z"]);
        assert_eq!(view.view.groups.len(), 2);
    }

    #[test]
    fn settings_come_from_groups_by_name_and_then_from_the_user() {
        let settings = |value: Value| json!({"settings": value, "other": 1});
        let graph: GroupGraph = [
            group(1, "b", None, settings(json!({"theme": {"base": "dark", "ink": 1}, "pins": ["b"]}))),
            group(2, "a", Some(3), settings(json!({"theme": {"base": "light"}, "pins": ["a"], "x": 1}))),
            group(3, "c", None, settings(json!([1]))),
        ]
        .into_iter()
        .collect();
        let own = settings(json!({"pins": ["own"], "x": {"y": 2}, "theme": {"ink": null}}));
        let view = shown(&graph, &[1, 2], own);
        let expected = json!({
            "theme": {"base": "dark", "ink": null}, "pins": ["a", "b", "own"], "x": {"y": 2},
        });
        assert_eq!(Value::Object(view.settings), expected);
        for odd in [json!(null), json!([1]), json!({"settings": "dark"})] {
            assert!(shown(&GroupGraph::default(), &[], odd).settings.is_empty());
        }
    }
}
