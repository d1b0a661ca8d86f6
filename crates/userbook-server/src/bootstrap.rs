//! Fills an empty database: with the seed, or with an administrator and a token.

use std::collections::BTreeSet;

use serde_json::json;
use userbook::{
    Group, GroupId, Revision, User, UserId, UserType,
    clock::{ChangeIds, Clock, RandomIds, SystemClock},
    model::{ExternalIds, SessionEpoch},
    store::{ImportData, ImportOutcome, StoreError},
};
use userbook_http::{TokenIntent, TokenKey};

use crate::{
    auth::{AuthRows, BeforeCommit, TokenRow},
    database::Database,
    seed::Seed,
};

/// A reason why the server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// A seed requires an empty database.
    #[error("a seed requires an empty database: choose another database or omit --seed")]
    NotEmpty,
    /// The database contains users, but no install id.
    #[error("the database contains users but no install id")]
    NoInstallId,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The facts that the server needs before it serves.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The install id, part of every `uid`.
    pub install_id: String,
}

/// The administrator created in an empty database.
pub struct Administrator {
    /// The user.
    pub user: User,
    /// The key of the administrator's token. It is shown once and not stored.
    pub token: String,
}

impl std::fmt::Debug for Administrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Administrator").field("user", &self.user.id).finish_non_exhaustive()
    }
}

/// Fills an empty database and leaves any other database unchanged. `announce` shows the key of a new administrator
/// before the database is committed: a key that was not shown leaves nothing behind.
///
/// # Errors
/// [`BootstrapError::NotEmpty`] for a seed and a database that is not empty.
pub(crate) async fn prepare(
    database: &Database,
    seed: Option<Seed>,
    announce: impl Fn(&Administrator) -> std::io::Result<()> + Send + Sync,
) -> Result<Ready, BootstrapError> {
    if let Some(seed) = seed {
        fill(database, &seed, &|| Ok(())).await?;
        for warning in &seed.warnings {
            tracing::warn!("{warning}");
        }
        return Ok(Ready { install_id: seed.rows.install_id });
    }
    // Reading is enough for the usual start, and takes no lock.
    if let Some(install_id) = database.install.install_id().await? {
        return Ok(Ready { install_id });
    }
    let (seed, administrator) = first_administrator();
    match fill(database, &seed, &|| announce(&administrator)).await {
        Ok(()) => Ok(Ready { install_id: seed.rows.install_id }),
        // Another process was first.
        Err(BootstrapError::NotEmpty) => {
            let install_id = database.install.install_id().await?.ok_or(BootstrapError::NoInstallId)?;
            Ok(Ready { install_id })
        }
        Err(error) => Err(error),
    }
}

/// Writes users, groups, tokens and permissions in one step.
async fn fill(
    database: &Database,
    seed: &Seed,
    before_commit: BeforeCommit<'_>,
) -> Result<(), BootstrapError> {
    match database.auth.fill(&seed.rows, &seed.auth, before_commit).await? {
        ImportOutcome::Imported => Ok(()),
        ImportOutcome::NotEmpty => Err(BootstrapError::NotEmpty),
    }
}

fn first_administrator() -> (Seed, Administrator) {
    let (ids, now) = (RandomIds, SystemClock.now());
    let group = Group {
        id: GroupId(ids.next_uuid()),
        name: "authentik Admins".to_owned(),
        is_superuser: true,
        parent: None,
        attributes: json!({}),
        external_ids: ExternalIds::new(),
        created_at: now,
        updated_at: now,
    };
    let user = User {
        id: UserId(1),
        uuid: ids.next_uuid(),
        username: "akadmin".to_owned(),
        name: "authentik Default Admin".to_owned(),
        email: "root@example.com".to_owned(),
        is_active: true,
        last_login: None,
        path: "users".to_owned(),
        user_type: UserType::Internal,
        attributes: json!({}).into(),
        external_ids: ExternalIds::new(),
        groups: BTreeSet::from([group.id]),
        password_change_date: now,
        created_at: now,
        updated_at: now,
        revision: Revision::from(ids.next_change()),
        version: 0,
        session_epoch: SessionEpoch::from(ids.next_change()),
    };
    // Two version 4 UUIDs contain 244 random bits.
    let token = format!("{}{}", ids.next_uuid().simple(), ids.next_uuid().simple());
    let row = TokenRow {
        hash: TokenKey::new(token.as_str()).hash(),
        identifier: "first-start".to_owned(),
        user: user.id,
        intent: TokenIntent::Api,
        expiring: false,
        expires: None,
    };
    let rows = ImportData {
        install_id: ids.next_uuid().to_string(),
        groups: vec![group],
        users: vec![user.clone()],
    };
    let auth = AuthRows { tokens: vec![row], grants: Vec::new() };
    (Seed { rows, auth, warnings: Vec::new() }, Administrator { user, token })
}

impl Administrator {
    /// Returns a shell command: an update that the server at `origin` accepts.
    pub fn curl(&self, origin: &str) -> String {
        let groups: Vec<String> = self.user.groups.iter().map(|group| format!("\"{group}\"")).collect();
        format!(
            "curl -sS -X PUT {origin}/api/v3/core/users/{}/ \
             -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' \
             -d '{{\"username\": \"{}\", \"name\": \"Ada Lovelace\", \"groups\": [{}]}}'",
            self.user.id,
            self.token,
            self.user.username,
            groups.join(", "),
        )
    }
}
