//! "Update user" and "list users" as quick handwritten code: a struct in, a map, a struct out. It returns the same
//! bytes, avatar and uid included. It checks neither values nor rights nor revisions, does not keep names unique and
//! writes no event.

use std::fmt::Write;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::Md5;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use userbook::{Group, Timestamp, User, store::ImportData};
use uuid::Uuid;

/// Users and groups behind a lock.
#[derive(Debug)]
pub struct Handwritten {
    users: Mutex<HashMap<i64, User>>,
    /// The ids by username, for lists. The updates of the measurements do not rename.
    names: BTreeMap<String, i64>,
    groups: HashMap<Uuid, Group>,
    install_id: String,
}

#[derive(Debug, Deserialize)]
struct Put {
    username: String,
    name: String,
    is_active: bool,
    last_login: Option<Timestamp>,
    groups: Vec<Uuid>,
    email: String,
    attributes: Map<String, Value>,
    path: String,
    #[serde(rename = "type")]
    user_type: String,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    pk: i64,
    username: &'a str,
    name: &'a str,
    is_active: bool,
    last_login: Option<Timestamp>,
    is_superuser: bool,
    groups: Vec<Uuid>,
    groups_obj: Vec<ShownGroup<'a>>,
    email: &'a str,
    avatar: String,
    attributes: &'a Value,
    uid: String,
    path: &'a str,
    #[serde(rename = "type")]
    user_type: &'a str,
    uuid: Uuid,
    password_change_date: Timestamp,
}

#[derive(Debug, Serialize)]
struct ShownPage<'a> {
    pagination: Pagination,
    results: Vec<Shown<'a>>,
}

#[derive(Debug, Serialize)]
struct Pagination {
    next: usize,
    previous: usize,
    count: usize,
    current: usize,
    total_pages: usize,
    start_index: usize,
    end_index: usize,
}

#[derive(Debug, Serialize)]
struct ShownGroup<'a> {
    pk: Uuid,
    num_pk: u32,
    name: &'a str,
    is_superuser: bool,
    parent: Option<Uuid>,
    parent_name: Option<&'a str>,
    attributes: &'a Value,
}

impl Handwritten {
    /// Creates the map with these rows.
    pub fn new(rows: &ImportData) -> Self {
        Self {
            users: Mutex::new(rows.users.iter().map(|user| (user.id.0, user.clone())).collect()),
            names: rows.users.iter().map(|user| (user.username.clone(), user.id.0)).collect(),
            groups: rows.groups.iter().map(|group| (group.id.0, group.clone())).collect(),
            install_id: rows.install_id.clone(),
        }
    }

    /// Replaces a user and returns it as JSON.
    pub fn put(&self, id: i64, body: &[u8]) -> Option<Vec<u8>> {
        let put: Put = serde_json::from_slice(body).ok()?;
        let user = {
            let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
            let user = users.get_mut(&id)?;
            user.username = put.username;
            user.name = put.name;
            user.is_active = put.is_active;
            user.last_login = put.last_login;
            user.groups = put.groups.into_iter().map(userbook::GroupId).collect();
            user.email = put.email;
            user.attributes = Value::Object(put.attributes).into();
            user.path = put.path;
            user.user_type = put.user_type.parse().ok()?;
            user.clone()
        };
        serde_json::to_vec(&self.show(&user)).ok()
    }

    /// Returns the first page of users by username as JSON.
    pub fn first_page(&self, size: usize) -> Option<Vec<u8>> {
        let users: Vec<User> = {
            let users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
            self.names.values().take(size).filter_map(|id| users.get(id)).cloned().collect()
        };
        let (count, total_pages) = (self.names.len(), self.names.len().div_ceil(size));
        let pagination = Pagination {
            next: if total_pages > 1 { 2 } else { 0 },
            previous: 0,
            count,
            current: 1,
            total_pages,
            start_index: 1,
            end_index: size.min(count),
        };
        let results = users.iter().map(|user| self.show(user)).collect();
        serde_json::to_vec(&ShownPage { pagination, results }).ok()
    }

    fn show<'a>(&'a self, user: &'a User) -> Shown<'a> {
        let groups = || user.groups.iter().filter_map(|id| self.groups.get(&id.0));
        Shown {
            pk: user.id.0,
            username: &user.username,
            name: &user.name,
            is_active: user.is_active,
            last_login: user.last_login,
            is_superuser: groups().any(|group| self.grants(group)),
            groups: user.groups.iter().map(|id| id.0).collect(),
            groups_obj: groups().map(|group| self.show_group(group)).collect(),
            email: &user.email,
            avatar: avatar(&user.name),
            attributes: &user.attributes,
            uid: hex(&Sha256::digest(format!("{}-{}", user.id.0, self.install_id))),
            path: &user.path,
            user_type: user.user_type.as_str(),
            uuid: user.uuid,
            password_change_date: user.password_change_date,
        }
    }

    fn show_group<'a>(&'a self, group: &'a Group) -> ShownGroup<'a> {
        ShownGroup {
            pk: group.id.0,
            num_pk: group.id.0.as_u128().to_string().chars().take(5).collect::<String>().parse().unwrap_or(0),
            name: &group.name,
            is_superuser: group.is_superuser,
            parent: group.parent.map(|id| id.0),
            parent_name: group.parent.and_then(|id| self.groups.get(&id.0)).map(|group| group.name.as_str()),
            attributes: &group.attributes,
        }
    }

    fn grants(&self, group: &Group) -> bool {
        group.is_superuser
            || group.parent.and_then(|id| self.groups.get(&id.0)).is_some_and(|it| self.grants(it))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

fn avatar(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or_default().chars();
    let letters: String = match words.last() {
        None => first.take(2).collect(),
        Some(last) => first.take(1).chain(last.chars().take(1)).collect(),
    };
    let hash = u128::from_be_bytes(Md5::digest(name.to_lowercase()).into()) % 0xFF_FFFF;
    let [red, green, blue] = [16, 8, 0].map(|shift| (hash >> shift & 0xFF).clamp(55, 200));
    let ink = if red * 299 + green * 587 + blue * 114 > 186_000 { "000" } else { "fff" };
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"64px\" height=\"64px\" viewBox=\"0 0 64 64\" \
         version=\"1.1\"><rect fill=\"#{red:02x}{green:02x}{blue:02x}\" cx=\"32\" cy=\"32\" width=\"64\" \
         height=\"64\" r=\"32\"/><text x=\"50%\" y=\"50%\" style=\"color: #{ink}; line-height: 1; font-family: \
         'RedHatText','Overpass',overpass,helvetica,arial,sans-serif; \" fill=\"#{ink}\" \
         alignment-baseline=\"middle\" dominant-baseline=\"middle\" text-anchor=\"middle\" font-size=\"28\" \
         font-weight=\"400\" dy=\".1em\">{}</text></svg>",
        letters.to_uppercase()
    );
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}
