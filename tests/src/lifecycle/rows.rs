//! The rows of a directory as JSON, as recorded and as stored.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use userbook::{
    Group, GroupId, UserId,
    store::{DirectoryQuery, ProvisioningStore, SnapshotQuery},
};

use super::{CaseTokens, LifecycleCase};
use crate::corpus::{Given, compare::row};

/// Users and groups by key, and the tokens that a request made.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct Rows {
    pub users: BTreeMap<i64, Value>,
    pub groups: BTreeMap<String, Value>,
    pub tokens: Vec<Value>,
}

impl Rows {
    /// Reads the rows of a store. New users have ids above all given ones.
    pub async fn of<S: ProvisioningStore>(store: &S, given: &Given, tokens: &CaseTokens) -> Self {
        let query = DirectoryQuery { shape: true, ..DirectoryQuery::default() };
        let directory = store.load_directory(&query).await.expect("the store answers");
        let next = i64::try_from(directory.epochs.next_user).expect("a small id");
        let above = given.users.iter().map(|user| user.pk).max().unwrap_or(0) + 1;
        let mut users = BTreeMap::new();
        for id in given.users.iter().map(|user| user.pk).chain(above..next) {
            let query = SnapshotQuery::user(UserId(id));
            if let Some(user) = store.load(&query).await.expect("the store answers").user {
                users.insert(id, row(&user));
            }
        }
        let ids: BTreeSet<GroupId> = directory.shape.keys().copied().collect();
        let query = DirectoryQuery { groups: ids, ..DirectoryQuery::default() };
        let groups = store.load_directory(&query).await.expect("the store answers").groups;
        let groups = groups.iter().map(|group| (group.id.to_string(), group_row(group))).collect();
        Self { users, groups, tokens: tokens.made() }
    }

    /// Returns the rows before the request.
    pub fn before(given: &Given) -> Self {
        let rows = given.import();
        Self {
            users: rows.users.iter().map(|user| (user.id.0, row(user))).collect(),
            groups: rows.groups.iter().map(|group| (group.id.to_string(), group_row(group))).collect(),
            tokens: Vec::new(),
        }
    }

    /// Returns the recorded rows after the request.
    pub fn recorded(case: &LifecycleCase) -> Self {
        let mut rows = Self::before(&case.case.given);
        let listed = |table: &str, how: &str| {
            let list = case.after.get(table).and_then(|table| table.get(how)).and_then(Value::as_array);
            list.cloned().unwrap_or_default()
        };
        for how in ["changed", "created"] {
            for user in listed("users", how) {
                rows.users.insert(user["pk"].as_i64().expect("a number"), user);
            }
            for group in listed("groups", how) {
                rows.groups.insert(group["pk"].as_str().expect("a text").to_owned(), group);
            }
        }
        for user in listed("users", "deleted") {
            rows.users.remove(&user.as_i64().expect("a number"));
        }
        for group in listed("groups", "deleted") {
            rows.groups.remove(group.as_str().expect("a text"));
        }
        // Members of a deleted group have no row of their own in the file if nothing else changes.
        let groups = &rows.groups;
        for user in rows.users.values_mut() {
            let list = user["groups"].as_array_mut().expect("a list");
            list.retain(|group| groups.contains_key(group.as_str().unwrap_or_default()));
        }
        rows.tokens = case.after.get("tokens").and_then(Value::as_array).cloned().unwrap_or_default();
        rows
    }

    /// Returns the keys of users and groups that the other rows do not have.
    pub(super) fn created(&self, before: &Self) -> (Vec<i64>, Vec<String>) {
        let users = self.users.keys().filter(|id| !before.users.contains_key(id)).copied().collect();
        let groups = self.groups.keys().filter(|id| !before.groups.contains_key(*id)).cloned().collect();
        (users, groups)
    }

    /// Returns everything as one value.
    pub(super) fn json(&self) -> Value {
        json!({ "users": self.users, "groups_by_pk": self.groups, "tokens": self.tokens })
    }
}

fn group_row(group: &Group) -> Value {
    json!({
        "pk": group.id, "name": group.name, "is_superuser": group.is_superuser, "parent": group.parent,
        "attributes": group.attributes,
    })
}
