//! Wrong answers about superusers.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, OnceLock},
};

use async_trait::async_trait;
use userbook::{
    User, UserId, UserStore, UserType,
    model::{ANONYMOUS_USERNAME, GroupGraph},
    store::{
        ChangeSet, CommitOutcome, ImportData, ImportOutcome, ImportStore, Snapshot, SnapshotQuery,
        StoreError, Superusers,
    },
};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::Mutation;

/// The imported users.
#[derive(Debug, Default)]
struct Imported(Mutex<HashMap<UserId, User>>);

impl Imported {
    async fn import(&self, store: &MemoryStore, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
        self.0.lock().expect("no panic").extend(rows.users.iter().map(|user| (user.id, user.clone())));
        store.import(rows).await
    }

    /// Counts the other superusers among the users that `now` modifies.
    async fn answer(
        &self,
        store: &MemoryStore,
        query: &SnapshotQuery,
        facts: &mut Snapshot,
        now: impl Fn(&User, User) -> User,
    ) {
        if facts.other_superusers.is_none() {
            return;
        }
        let imported: Vec<User> = self.0.lock().expect("no panic").values().cloned().collect();
        let mut found = Superusers::default();
        for before in imported.into_iter().filter(|user| query.target != Some(user.id.into())) {
            let load = SnapshotQuery::user(before.id);
            let facts = store.load(&load).await.expect("memory does not fail");
            if let Some(user) = facts.user {
                count(&mut found, &now(&before, user), &facts.groups);
            }
        }
        facts.other_superusers = Some(found);
    }
}

fn count(found: &mut Superusers, user: &User, groups: &GroupGraph) {
    if !user.is_active || user.username == ANONYMOUS_USERNAME || !groups.grants_superuser(&user.groups) {
        return;
    }
    match user.user_type {
        UserType::Internal | UserType::External => found.person = true,
        UserType::ServiceAccount => found.service_account = true,
        UserType::InternalServiceAccount => {}
    }
}

macro_rules! imported {
    ($($(#[$doc:meta])* $name:ident: |$before:pat_param, $user:pat_param| $now:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(crate) struct $name(Imported);

        #[async_trait]
        impl Mutation for $name {
            async fn import(&self, store: &MemoryStore, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
                self.0.import(store, rows).await
            }

            async fn after_load(&self, store: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
                self.0.answer(store, query, facts, |$before, $user| $now).await;
            }
        }
    )+};
}

imported! {
    /// Counts members, active or not.
    CountsInactiveSuperusers: |_, user| User { is_active: true, ..user };

    /// Keeps a copy of each user's type in the memberships and does not update the copy.
    KeepsOldTypes: |before, user| User { user_type: before.user_type, ..user };

    /// Keeps a copy of each user's name in the memberships and does not update the copy.
    KeepsOldNames: |before, user| User { username: before.username.clone(), ..user };

    /// Counts internal service accounts.
    CountsInternalServiceAccounts: |_, user| match user.user_type {
        UserType::InternalServiceAccount => User { user_type: UserType::ServiceAccount, ..user },
        _ => user,
    };

    /// Counts `AnonymousUser`.
    CountsAnonymous: |_, user| User { username: "named".to_owned(), ..user };
}

/// Caches the first result.
#[derive(Debug, Default)]
pub(crate) struct RemembersSuperusers {
    answer: OnceLock<Superusers>,
}

#[async_trait]
impl Mutation for RemembersSuperusers {
    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(answer) = &mut facts.other_superusers {
            *answer = *self.answer.get_or_init(|| *answer);
        }
    }
}

/// Writes new memberships like those of a person.
#[derive(Debug, Default)]
pub(crate) struct JoinsAsPerson {
    joined: Mutex<HashSet<UserId>>,
}

#[async_trait]
impl Mutation for JoinsAsPerson {
    async fn after_commit(&self, _: &MemoryStore, change: &ChangeSet, _: &mut CommitOutcome) {
        if !change.groups_added.is_empty() {
            self.joined.lock().expect("no panic").insert(change.user);
        }
    }

    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(answer) = &mut facts.other_superusers
            && answer.service_account
            && !self.joined.lock().expect("no panic").is_empty()
        {
            *answer = Superusers { person: true, service_account: false };
        }
    }
}

mutations! {
    /// Always finds a superuser.
    AlwaysFindsASuperuser {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            facts.other_superusers = facts.other_superusers.map(|found| Superusers { person: true, ..found });
        }
    }

    /// Counts the target among the others.
    CountsTheTarget {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if let (Some(found), Some(user)) = (&mut facts.other_superusers, &facts.user) {
                count(found, user, &facts.groups);
            }
        }
    }

    /// Does not distinguish persons and service accounts.
    CountsServiceAccountsAsPersons {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if let Some(found) = &mut facts.other_superusers {
                *found = Superusers { person: found.person || found.service_account, service_account: false };
            }
        }
    }

    /// Looks for a service account only if no person is found.
    StopsAtPersons {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if let Some(found) = &mut facts.other_superusers {
                found.service_account &= !found.person;
            }
        }
    }

    /// Answers although the query does not request the fact.
    AnswersUnrequested {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            facts.other_superusers.get_or_insert_default();
        }
    }
}
