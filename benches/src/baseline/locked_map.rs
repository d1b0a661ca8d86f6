//! Users in a map behind a lock: clone on read, username index, event appended on write.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use userbook::{
    Group, GroupId, User, UserId,
    event::Event,
    store::{ChangeSet, ImportData},
};

#[derive(Debug, Default)]
struct Rows {
    users: HashMap<UserId, User>,
    usernames: HashMap<String, UserId>,
    groups: HashMap<GroupId, Arc<Group>>,
    events: Vec<Event>,
}

/// The locked map.
#[derive(Debug)]
pub struct LockedMap(Mutex<Rows>);

impl LockedMap {
    /// Creates the map with these rows.
    pub fn new(rows: &ImportData) -> Self {
        Self(Mutex::new(Rows {
            users: rows.users.iter().map(|user| (user.id, user.clone())).collect(),
            usernames: rows.users.iter().map(|user| (user.username.clone(), user.id)).collect(),
            groups: rows.groups.iter().map(|group| (group.id, Arc::new(group.clone()))).collect(),
            events: Vec::new(),
        }))
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a user with its groups, and whether another user has the name.
    pub fn load(&self, id: UserId, username: &str) -> Option<(User, Vec<Arc<Group>>, bool)> {
        let rows = self.rows();
        let user = rows.users.get(&id)?.clone();
        let groups = user.groups.iter().filter_map(|group| rows.groups.get(group).cloned()).collect();
        Some((user, groups, rows.usernames.get(username).is_some_and(|holder| *holder != id)))
    }

    /// Writes a change if the row is unchanged since the read.
    pub fn commit(&self, change: &ChangeSet) -> bool {
        let mut rows = self.rows();
        let rows = &mut *rows;
        let Some(user) = rows.users.get_mut(&change.user).filter(|user| user.revision == change.expected)
        else {
            return false;
        };
        if let Some(name) = &change.fields.username {
            if rows.usernames.get(name.as_str()).is_some_and(|holder| *holder != change.user) {
                return false;
            }
            rows.usernames.remove(&user.username);
            rows.usernames.insert(name.as_str().to_owned(), change.user);
        }
        change.apply_to(user);
        rows.events.push((*change.event).clone());
        true
    }

    /// Removes the events.
    pub fn drain(&self) {
        self.rows().events = Vec::new();
    }
}
