//! Session epochs and logins, written or read wrongly.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use userbook::{
    Timestamp, UserId, UserRef, UserStore,
    event::{Event, EventActor, EventKind, EventTarget},
    model::{ChangeId, SessionEpoch},
    store::{
        ChangeSet, FieldChanges, Guards, ProvisioningChange, SessionStore, Snapshot, SnapshotQuery,
        StoreError,
    },
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

use super::mutations;
use crate::store::Mutation;

/// Never writes the session epoch.
#[derive(Debug, Default)]
pub(crate) struct KeepsTheEpoch {
    first: Mutex<HashMap<UserId, SessionEpoch>>,
}

#[async_trait]
impl Mutation for KeepsTheEpoch {
    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(user) = &mut facts.user {
            let mut first = self.first.lock().expect("no panic");
            user.session_epoch = *first.entry(user.id).or_insert(user.session_epoch);
        }
    }
}

/// Answers session checks from a cache that no commit clears.
#[derive(Debug, Default)]
pub(crate) struct CachesEpochs {
    cache: Mutex<HashMap<UserRef, Option<SessionEpoch>>>,
}

#[async_trait]
impl Mutation for CachesEpochs {
    async fn session_epoch(
        &self,
        store: &MemoryStore,
        user: UserRef,
    ) -> Result<Option<SessionEpoch>, StoreError> {
        let current = store.session_epoch(user).await?;
        Ok(*self.cache.lock().expect("no panic").entry(user).or_insert(current))
    }
}

mutations! {
    /// Uses the revision as the session epoch: every update ends the sessions.
    EndsSessionsWithEachUpdate {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if let Some(user) = &mut facts.user
                && user.version > 5
            {
                user.session_epoch = SessionEpoch(user.revision.0);
            }
        }
    }

    /// Writes memberships and revisions of members, but not their session epochs.
    KeepsEpochsOfMembers {
        async fn before_provision(&self, _: &MemoryStore, change: &mut ProvisioningChange) {
            for member in &mut change.members {
                Arc::make_mut(&mut member.event).effects.clear();
            }
        }
    }

    /// Records a login by an ordinary update, with revision, version and event.
    LoginsAreUpdates {
        async fn record_login(
            &self,
            store: &MemoryStore,
            user: UserRef,
            time: Timestamp,
        ) -> Result<bool, StoreError> {
            let Some(row) = store.load(&SnapshotQuery::user(user)).await?.user else { return Ok(false) };
            let change = ChangeId(Uuid::from_u128(row.version.into()));
            let event = Event {
                id: change,
                kind: EventKind::UserUpdated,
                target: EventTarget::User(row.id),
                target_uuid: row.uuid,
                version: row.version + 1,
                time,
                actor: EventActor::System,
                impersonator: None,
                request_id: None,
                diff: [].into(),
                effects: vec![],
            };
            let update = ChangeSet {
                user: row.id,
                expected: row.revision,
                change,
                version: row.version + 1,
                fields: FieldChanges { last_login: Some(Some(time)), ..FieldChanges::default() },
                groups_added: [].into(),
                groups_removed: [].into(),
                guards: Guards::default(),
                event: event.into(),
            };
            store.commit(&update).await?;
            Ok(true)
        }
    }

    /// Finds users by id only.
    LoginsIgnoreUuids {
        async fn record_login(
            &self,
            store: &MemoryStore,
            user: UserRef,
            time: Timestamp,
        ) -> Result<bool, StoreError> {
            if matches!(user, UserRef::Uuid(_)) { Ok(false) } else { store.record_login(user, time).await }
        }
    }

    /// Answers for inactive users too.
    KeepsSessionsOfInactiveUsers {
        async fn session_epoch(
            &self,
            store: &MemoryStore,
            user: UserRef,
        ) -> Result<Option<SessionEpoch>, StoreError> {
            Ok(store.load(&SnapshotQuery::user(user)).await?.user.map(|user| user.session_epoch))
        }
    }
}
