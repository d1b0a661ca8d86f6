//! The seed file: the content of a directory as JSON, with tokens and permissions.
//!
//! Rows are imported unchanged: stored rows may break current rules, for example by an unusual path or e-mail address.

use std::{collections::BTreeSet, path::Path};

use serde::Deserialize;
use serde_json::Value;
use userbook::{
    Group, GroupId, Revision, Timestamp, User, UserId, UserType,
    clock::{ChangeIds, Clock, RandomIds, SystemClock},
    store::ImportData,
};
use userbook_http::{TokenIntent, TokenKey, UnknownTokenIntent};
use uuid::Uuid;

use crate::auth::{AuthRows, GrantRow, GrantedOn, TokenRow};

/// A reason why a seed file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Reading the file failed.
    #[error("cannot read the seed file")]
    Unreadable(#[from] std::io::Error),
    /// The content is not a valid seed.
    #[error("invalid seed file: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A token has an unknown intent.
    #[error("invalid seed file")]
    Intent(#[from] UnknownTokenIntent),
}

/// The content of a seed file.
#[derive(Debug)]
pub struct Seed {
    /// Users and groups.
    pub rows: ImportData,
    /// Tokens and permissions.
    pub auth: AuthRows,
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    /// [`SeedError`] with the violation and its position.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        Self::parse(&std::fs::read(path)?, SystemClock.now())
    }

    /// Rows without dates get the time `now`.
    fn parse(text: &[u8], now: Timestamp) -> Result<Self, SeedError> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        // Stored attributes may exceed the default depth limit of serde_json.
        reader.disable_recursion_limit();
        let file = SeedFile::deserialize(&mut reader)?;
        reader.end()?;
        Ok(file.into_seed(now)?)
    }
}

#[derive(Deserialize)]
struct SeedFile {
    install_id: String,
    #[serde(default)]
    groups: Vec<GroupRow>,
    #[serde(default)]
    users: Vec<UserRow>,
    #[serde(default)]
    tokens: Vec<SeedToken>,
    #[serde(default)]
    permissions: Vec<SeedPermission>,
    #[serde(default)]
    object_permissions: Vec<SeedObjectPermission>,
}

#[derive(Deserialize)]
struct GroupRow {
    pk: GroupId,
    name: String,
    is_superuser: bool,
    parent: Option<GroupId>,
    attributes: Value,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct UserRow {
    pk: UserId,
    uuid: Uuid,
    username: String,
    name: String,
    email: String,
    is_active: bool,
    last_login: Option<Timestamp>,
    path: String,
    #[serde(rename = "type")]
    user_type: UserType,
    attributes: Value,
    groups: BTreeSet<GroupId>,
    password_change_date: Timestamp,
    #[serde(alias = "date_joined")]
    created_at: Option<Timestamp>,
    #[serde(alias = "last_updated")]
    updated_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct SeedToken {
    key: String,
    intent: String,
    expiring: bool,
    expires: Option<Timestamp>,
    user_pk: UserId,
}

#[derive(Deserialize)]
struct SeedPermission {
    user_pk: UserId,
    permission: String,
}

#[derive(Deserialize)]
struct SeedObjectPermission {
    user_pk: UserId,
    permission: String,
    object_pk: ObjectKey,
}

/// An integer names a user, a UUID names a group.
#[derive(Deserialize)]
#[serde(untagged)]
enum ObjectKey {
    User(UserId),
    Group(GroupId),
}

impl SeedFile {
    fn into_seed(self, now: Timestamp) -> Result<Seed, UnknownTokenIntent> {
        let everything = self.permissions.into_iter().map(|row| GrantRow {
            user: row.user_pk,
            permission: row.permission,
            on: GrantedOn::Everything,
        });
        let objects = self.object_permissions.into_iter().map(|row| GrantRow {
            user: row.user_pk,
            permission: row.permission,
            on: match row.object_pk {
                ObjectKey::User(user) => GrantedOn::User(user),
                ObjectKey::Group(group) => GrantedOn::Group(group),
            },
        });
        Ok(Seed {
            auth: AuthRows {
                tokens: self.tokens.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
                grants: everything.chain(objects).collect(),
            },
            rows: ImportData {
                install_id: self.install_id,
                groups: self.groups.into_iter().map(|row| row.into_group(now)).collect(),
                users: self.users.into_iter().map(|row| row.into_user(now)).collect(),
            },
        })
    }
}

impl TryFrom<SeedToken> for TokenRow {
    type Error = UnknownTokenIntent;

    fn try_from(row: SeedToken) -> Result<Self, UnknownTokenIntent> {
        let hash = TokenKey::new(row.key).hash();
        Ok(Self {
            hash,
            identifier: TokenRow::default_identifier(&hash),
            user: row.user_pk,
            intent: row.intent.parse::<TokenIntent>()?,
            expiring: row.expiring,
            expires: row.expires,
        })
    }
}

/// The dates of a row: a row without an update has not changed since it was created.
fn dates(created: Option<Timestamp>, updated: Option<Timestamp>, now: Timestamp) -> [Timestamp; 2] {
    let created = created.unwrap_or(now);
    [created, updated.unwrap_or(created)]
}

impl GroupRow {
    fn into_group(self, now: Timestamp) -> Group {
        let [created_at, updated_at] = dates(self.created_at, self.updated_at, now);
        Group {
            id: self.pk,
            name: self.name,
            is_superuser: self.is_superuser,
            parent: self.parent,
            attributes: self.attributes,
            created_at,
            updated_at,
        }
    }
}

impl UserRow {
    fn into_user(self, now: Timestamp) -> User {
        let [created_at, updated_at] = dates(self.created_at, self.updated_at, now);
        User {
            id: self.pk,
            uuid: self.uuid,
            username: self.username,
            name: self.name,
            email: self.email,
            is_active: self.is_active,
            last_login: self.last_login,
            path: self.path,
            user_type: self.user_type,
            attributes: self.attributes.into(),
            groups: self.groups,
            password_change_date: self.password_change_date,
            created_at,
            updated_at,
            revision: Revision::from(RandomIds.next_change()),
            version: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use userbook::{
        Field,
        authz::Permission,
        decision::Denial,
        field::MAX_DEPTH,
        store::{ImportOutcome, ImportStore},
        violation::ViolationKind,
    };
    use userbook_memory::MemoryStore;

    #[test]
    fn rows_are_imported_unchanged() {
        let seed = Seed::parse(
            br#"{
                "install_id": "i", "groups": [],
                "users": [{"pk": 7, "uuid": "00000000-0000-0000-0000-000000000007", "username": " odd ",
                    "name": "", "email": "odd", "is_active": true, "last_login": null, "path": "/odd//",
                    "type": "external", "attributes": {"a": 1e16}, "groups": [],
                    "password_change_date": "2024-05-06T07:08:09.123456Z"}],
                "tokens": [{"key": "k", "intent": "api", "expiring": false, "expires": "2020-01-01T00:00:00Z",
                    "user_pk": 7}],
                "permissions": [{"user_pk": 7, "permission": "authentik_core.view_user"}],
                "object_permissions": [
                    {"user_pk": 7, "permission": "x", "object_pk": 8},
                    {"user_pk": 7, "permission": "x", "object_pk": "00000000-0000-0000-0000-000000000009"}]
            }"#,
            Timestamp::UNIX_EPOCH,
        )
        .unwrap();
        assert_eq!(seed.rows.users[0].username, " odd ");
        assert_eq!(seed.rows.users[0].path, "/odd//");
        assert!(!seed.auth.tokens[0].expiring);
        let on: Vec<GrantedOn> = seed.auth.grants.iter().map(|grant| grant.on).collect();
        let group = GroupId(Uuid::from_u128(9));
        assert_eq!(on, [GrantedOn::Everything, GrantedOn::User(UserId(8)), GrantedOn::Group(group)]);
    }

    #[test]
    fn dates_are_optional() {
        let now = Timestamp::UNIX_EPOCH;
        let [early, late] = ["2020-01-01T00:00:00Z", "2021-01-01T00:00:00.5Z"];
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        for (keys, expected) in [
            (String::new(), [now, now]),
            (format!(r#", "created_at": "{early}""#), [time(early), time(early)]),
            (format!(r#", "updated_at": "{late}", "created_at": "{early}""#), [time(early), time(late)]),
        ] {
            let group = format!(
                r#"{{"pk": "{}", "name": "g", "is_superuser": false, "parent": null, "attributes": {{}}{keys}}}"#,
                Uuid::nil()
            );
            let text = format!(r#"{{"install_id": "i", "groups": [{group}]}}"#);
            let seed = Seed::parse(text.as_bytes(), now).unwrap();
            let [group] = &seed.rows.groups[..] else { panic!("one group") };
            assert_eq!([group.created_at, group.updated_at], expected, "{keys}");
        }
    }

    #[test]
    fn errors_name_the_violation_and_its_position() {
        for (text, expected) in [("{}", "install_id"), (r#"{"install_id": 1}"#, "string"), ("{", "EOF")] {
            let error = Seed::parse(text.as_bytes(), Timestamp::UNIX_EPOCH).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    const GUIDE: &str = include_str!("../docs/authentik.md");

    #[tokio::test]
    async fn seed_of_the_guide_can_be_imported() {
        let (_, from) = GUIDE.split_once("```json\n").unwrap();
        let (text, _) = from.split_once("```").unwrap();
        let seed = Seed::parse(text.as_bytes(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((seed.rows.users.len(), seed.rows.groups.len(), seed.auth.tokens.len()), (2, 2, 2));
        assert_eq!(seed.auth.grants.len(), 3);
        for grant in &seed.auth.grants {
            grant.permission.parse::<Permission>().unwrap();
        }
        let store = MemoryStore::new();
        assert_eq!(store.import(&seed.rows).await.unwrap(), ImportOutcome::Imported);
    }

    #[test]
    fn guide_names_every_permission_and_quotes_messages() {
        for permission in Permission::ALL {
            let name = permission.as_str().strip_prefix("authentik_core.").unwrap();
            assert!(GUIDE.contains(&format!("`{name}`")), "{permission}");
        }
        let grants = |through: Option<&str>, name: &str| Denial::GrantsSuperuser {
            group: GroupId(Uuid::nil()),
            name: Some(name.to_owned()),
            through: through.map(str::to_owned),
        };
        let below = grants(Some("Administrators"), "Night shift").to_string();
        for message in [
            grants(None, "Administrators").to_string(),
            below.split_once(" status ").unwrap().1.to_owned(),
            Denial::ProtectedUser(vec![Field::Email]).to_string(),
            ViolationKind::TypeNotAllowed.to_string(),
            ViolationKind::LastSuperuser.to_string(),
            ViolationKind::SelfLockout.to_string(),
            ViolationKind::InvalidEmail.to_string(),
            format!("{MAX_DEPTH} levels"),
        ] {
            assert!(GUIDE.contains(&message), "{message}");
        }
    }
}
