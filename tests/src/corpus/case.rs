//! A recorded case, in the format of the file.

use std::{collections::BTreeMap, fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::Value;
use userbook::{
    Group, GroupId, Revision, Timestamp, User, UserId, UserType, model::parse_timestamp, store::ImportData,
};
use uuid::Uuid;

/// How a response is compared with the recorded one; see `corpus/README.md` of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the file's")]
pub enum Expect {
    Exact,
    ParseError,
    Message,
    Quirk,
    ReferenceFault,
    Unrouted,
}

/// One recorded case.
#[derive(Debug, Clone)]
pub struct Case {
    /// The recorded request and response.
    pub recorded: Recorded,
    /// The directory before the request.
    pub given: Arc<Given>,
    /// The name of that state.
    pub state: String,
}

/// A case as one line of the file, with the name of its state instead of the state.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct Recorded {
    pub id: String,
    pub expect: Expect,
    pub actor: Actor,
    pub request: Request,
    pub response: Response,
    pub after: After,
}

/// The acting user.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct Actor {
    pub user_pk: Option<i64>,
    pub permissions: Vec<String>,
    pub object_permissions: Vec<ObjectPermission>,
    pub token: Option<Token>,
}

/// A permission on one user or one group.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct ObjectPermission {
    pub perm: String,
    #[serde(default)]
    pub user_pk: Option<i64>,
    #[serde(default)]
    pub group_pk: Option<Uuid>,
}

/// The only token of the case.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct Token {
    pub key: String,
    pub intent: String,
    pub expiring: bool,
    pub expires: Option<String>,
}

/// The sent request.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct Request {
    pub method: String,
    pub path: String,
    #[serde(default)]
    pub query: Option<String>,
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub body_base64: Option<String>,
}

/// The response of authentik.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct Response {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

/// The rows after the request.
#[derive(Debug, Clone, Deserialize)]
pub struct After {
    /// The row of the user in the URL.
    #[serde(default)]
    pub user: Option<Value>,
    /// The changed rows, for requests without a user in the URL.
    #[serde(default)]
    pub users: Option<AfterUsers>,
}

/// Changed user rows.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct AfterUsers {
    pub changed: Vec<Value>,
}

/// The complete content of a directory.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct Given {
    pub install_id: String,
    pub groups: Vec<GivenGroup>,
    pub users: Vec<GivenUser>,
    /// The unparsed JSON.
    #[serde(skip)]
    pub json: Value,
}

/// A group's row.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct GivenGroup {
    pub pk: Uuid,
    pub name: String,
    pub is_superuser: bool,
    pub parent: Option<Uuid>,
    pub attributes: Value,
}

/// A user's row.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's")]
pub struct GivenUser {
    pub pk: i64,
    pub uuid: Uuid,
    pub username: String,
    pub name: String,
    pub email: String,
    pub is_active: bool,
    pub last_login: Option<String>,
    pub path: String,
    #[serde(rename = "type")]
    pub user_type: UserType,
    pub attributes: Value,
    pub groups: Vec<Uuid>,
    pub password_change_date: String,
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Request {
    /// Returns the body; a missing body is empty.
    pub fn bytes(&self) -> Vec<u8> {
        match (&self.body, &self.body_base64) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(encoded)) => BASE64_STANDARD.decode(encoded).expect("the corpus holds valid base64"),
            (None, None) => Vec::new(),
        }
    }
}

impl Given {
    /// Returns the rows for an import.
    pub fn import(&self) -> ImportData {
        ImportData {
            install_id: self.install_id.clone(),
            groups: self.groups.iter().map(GivenGroup::row).collect(),
            users: self.users.iter().map(GivenUser::row).collect(),
        }
    }
}

impl GivenGroup {
    fn row(&self) -> Group {
        Group {
            id: GroupId(self.pk),
            name: self.name.clone(),
            is_superuser: self.is_superuser,
            parent: self.parent.map(GroupId),
            attributes: self.attributes.clone(),
            ..Group::example()
        }
    }
}

impl GivenUser {
    /// Returns the row as a `User`.
    pub fn row(&self) -> User {
        User {
            id: UserId(self.pk),
            uuid: self.uuid,
            username: self.username.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            is_active: self.is_active,
            last_login: self.last_login.as_deref().map(moment),
            path: self.path.clone(),
            user_type: self.user_type,
            attributes: self.attributes.clone().into(),
            groups: self.groups.iter().copied().map(GroupId).collect(),
            password_change_date: moment(&self.password_change_date),
            revision: Revision(self.uuid),
            version: 1,
            ..User::example()
        }
    }
}

/// Parses a timestamp of the corpus.
pub fn moment(text: &str) -> Timestamp {
    parse_timestamp(text).expect("the corpus holds valid timestamps")
}
