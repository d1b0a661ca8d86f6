//! Any update.

use serde_json::{Value, json};
use userbook::{GroupId, UserType, UserUpdate, field::Memberships};

use crate::{chance::Chance, json, values};

const FIELDS: [&str; 9] =
    ["username", "name", "is_active", "last_login", "groups", "email", "attributes", "path", "type"];

pub(crate) fn any(chance: &mut Chance) -> UserUpdate {
    match chance.below(10) {
        0..3 => json_patch(chance),
        3 | 4 => {
            let mut update = UserUpdate::replace();
            if chance.percent(90) {
                update = update.username(values::username(chance)).name(values::name(chance));
            }
            set_fields(update, chance)
        }
        _ => {
            let mut update = UserUpdate::patch();
            if chance.percent(25) {
                update = update.username(values::username(chance));
            }
            if chance.percent(30) {
                update = update.name(values::name(chance));
            }
            set_fields(update, chance)
        }
    }
}

/// Sets some of the fields that have nothing to do with names.
pub(crate) fn set_fields(mut update: UserUpdate, chance: &mut Chance) -> UserUpdate {
    if chance.percent(25) {
        update = update.is_active(chance.percent(85));
    }
    if chance.percent(25) {
        update = update.last_login(chance.maybe(75, values::any_moment));
    }
    if chance.percent(35) {
        let groups = chance.some(4, values::group);
        update = update.groups(groups.into_iter().collect::<Memberships>());
    }
    if chance.percent(15) {
        update = update.email(values::email(chance));
    }
    if chance.percent(15) {
        update = update.path(values::path(chance));
    }
    if chance.percent(15) {
        update = update.user_type(chance.pick(&UserType::ALL));
    }
    match chance.below(6) {
        0 => update.attributes(json::object(chance, 3)),
        1 | 2 => update.merge_attributes(json::object(chance, 3)),
        _ => update,
    }
}

/// A JSON Patch of a few operations, of which most fit.
fn json_patch(chance: &mut Chance) -> UserUpdate {
    let operations = chance.some(3, |chance| {
        let op = chance.pick(&["add", "add", "add", "replace", "remove", "copy", "move", "test"]);
        if op == "copy" || op == "move" {
            return json!({"op": op, "from": place(chance), "path": place(chance)});
        }
        let (path, value) = if op == "test" || chance.percent(20) {
            (place(chance), json::number(chance))
        } else if chance.percent(50) {
            (place(chance), json::any_json(chance, 2))
        } else {
            let field = chance.pick(&FIELDS);
            (format!("/{field}"), plausible(field, chance))
        };
        json!({"op": op, "path": path, "value": value})
    });
    let patch = serde_json::from_value(operations.into()).expect("it is a patch");
    UserUpdate::json_patch(patch)
}

/// Somewhere in the attributes, mostly.
fn place(chance: &mut Chance) -> String {
    match chance.below(20) {
        0 => format!("/{}", chance.pick(&FIELDS)),
        1 => chance.pick(&["", "/", "/groups/0", "/groups/-", "/nothing"]).to_owned(),
        2..6 => format!("/attributes/{}/{}", json::pointer(chance), json::pointer(chance)),
        _ => format!("/attributes/{}", json::pointer(chance)),
    }
}

/// A value that the field may well take.
fn plausible(field: &str, chance: &mut Chance) -> Value {
    match field {
        "username" => values::username(chance).into(),
        "name" => values::name(chance).into(),
        "is_active" => chance.percent(85).into(),
        "last_login" => match chance.below(6) {
            0 => Value::Null,
            1 => "10000-01-01T00:00:00Z".into(),
            2 => "2024-05-01T10:20:30.1234567+05:30".into(),
            _ => values::moment(chance).to_rfc3339().into(),
        },
        "groups" => chance.some(3, |chance| sent(values::group(chance), chance)).into(),
        "email" => values::email(chance).into(),
        "attributes" => json::object(chance, 3).into(),
        "path" => values::path(chance).into(),
        _ => chance.pick(&["internal", "external", "robot"]).into(),
    }
}

/// A group's id in one of the ways to write it.
fn sent(group: GroupId, chance: &mut Chance) -> Value {
    match chance.below(12) {
        0 => "nonsense".into(),
        1 => group.to_string().to_uppercase().into(),
        2 => group.0.simple().to_string().into(),
        _ => group.to_string().into(),
    }
}
