//! The scene as a seed file of the server. The token of user *n* is `t-n`.

use serde_json::{Value, json};
use userbook::{Group, User, store::ImportData};

use crate::{
    directory::{group, rows},
    grants::{GRANTS, Grant, On},
};

pub(crate) fn seed() -> Value {
    let ImportData { install_id, groups, users } = rows();
    let global = GRANTS.iter().filter(|it| matches!(it.on, On::Everything));
    let on_objects = GRANTS.iter().filter(|it| !matches!(it.on, On::Everything));
    json!({
        "install_id": install_id,
        "groups": groups.iter().map(group_row).collect::<Vec<_>>(),
        "users": users.iter().map(user_row).collect::<Vec<_>>(),
        "tokens": users.iter().map(token).collect::<Vec<_>>(),
        "permissions": global.map(permission).collect::<Vec<_>>(),
        "object_permissions": on_objects.map(permission).collect::<Vec<_>>(),
    })
}

fn group_row(group: &Group) -> Value {
    json!({
        "pk": group.id, "name": group.name, "is_superuser": group.is_superuser, "parent": group.parent,
        "attributes": group.attributes,
    })
}

fn user_row(user: &User) -> Value {
    let User { id, uuid, username, name, email, is_active, path, user_type, attributes, groups, .. } = user;
    json!({
        "pk": id, "uuid": uuid, "username": username, "name": name, "email": email, "is_active": is_active,
        "last_login": null, "path": path, "type": user_type, "attributes": attributes, "groups": groups,
        "password_change_date": "2025-01-01T00:00:00Z",
    })
}

fn token(user: &User) -> Value {
    let key = format!("t-{}", user.id);
    json!({"key": key, "intent": "api", "expiring": false, "expires": null, "user_pk": user.id})
}

fn permission(grant: &Grant) -> Value {
    let mut row = json!({"user_pk": grant.to, "permission": grant.permission.as_str()});
    match grant.on {
        On::Everything => {}
        On::User(user) => row["object_pk"] = json!(user),
        On::Group(number) => row["object_pk"] = json!(group(number)),
    }
    row
}
