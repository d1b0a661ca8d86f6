//! Random updates.

use serde_json::{Value, json};
use userbook::{GroupId, UserType, UserUpdate, field::Memberships};

use crate::{json, rng::Rng, values};

const FIELDS: [&str; 9] =
    ["username", "name", "is_active", "last_login", "groups", "email", "attributes", "path", "type"];

pub(crate) fn any(rng: &mut Rng) -> UserUpdate {
    match rng.below(10) {
        0..3 => json_patch(rng),
        3 | 4 => {
            let mut update = UserUpdate::replace();
            if rng.percent(90) {
                update = update.username(values::username(rng)).name(values::name(rng));
            }
            set_fields(update, rng)
        }
        _ => {
            let mut update = UserUpdate::patch();
            if rng.percent(25) {
                update = update.username(values::username(rng));
            }
            if rng.percent(30) {
                update = update.name(values::name(rng));
            }
            set_fields(update, rng)
        }
    }
}

/// Sets some fields without uniqueness rules.
pub(crate) fn set_fields(mut update: UserUpdate, rng: &mut Rng) -> UserUpdate {
    if rng.percent(25) {
        update = update.is_active(rng.percent(85));
    }
    if rng.percent(25) {
        update = update.last_login(rng.maybe(75, values::any_moment));
    }
    if rng.percent(35) {
        let groups = rng.some(4, values::group);
        update = update.groups(groups.into_iter().collect::<Memberships>());
    }
    if rng.percent(15) {
        update = update.email(values::email(rng));
    }
    if rng.percent(15) {
        update = update.path(values::path(rng));
    }
    if rng.percent(15) {
        update = update.user_type(rng.pick(&UserType::ALL));
    }
    match rng.below(6) {
        0 => update.attributes(json::object(rng, 3)),
        1 | 2 => update.merge_attributes(json::object(rng, 3)),
        _ => update,
    }
}

/// A JSON Patch with a few mostly applicable operations.
fn json_patch(rng: &mut Rng) -> UserUpdate {
    let operations = rng.some(3, |rng| {
        let op = rng.pick(&["add", "add", "add", "replace", "remove", "copy", "move", "test"]);
        if op == "copy" || op == "move" {
            return json!({"op": op, "from": place(rng), "path": place(rng)});
        }
        let (path, value) = if op == "test" || rng.percent(20) {
            (place(rng), json::number(rng))
        } else if rng.percent(50) {
            (place(rng), json::any_json(rng, 2))
        } else {
            let field = rng.pick(&FIELDS);
            (format!("/{field}"), plausible(field, rng))
        };
        json!({"op": op, "path": path, "value": value})
    });
    let patch = serde_json::from_value(operations.into()).expect("it is a patch");
    UserUpdate::json_patch(patch)
}

/// A pointer, mostly into the attributes.
fn place(rng: &mut Rng) -> String {
    match rng.below(20) {
        0 => format!("/{}", rng.pick(&FIELDS)),
        1 => rng.pick(&["", "/", "/groups/0", "/groups/-", "/nothing"]).to_owned(),
        2..6 => format!("/attributes/{}/{}", json::pointer(rng), json::pointer(rng)),
        _ => format!("/attributes/{}", json::pointer(rng)),
    }
}

/// A value that is probably valid for the field.
fn plausible(field: &str, rng: &mut Rng) -> Value {
    match field {
        "username" => values::username(rng).into(),
        "name" => values::name(rng).into(),
        "is_active" => rng.percent(85).into(),
        "last_login" => match rng.below(6) {
            0 => Value::Null,
            1 => "10000-01-01T00:00:00Z".into(),
            2 => "2024-05-01T10:20:30.1234567+05:30".into(),
            _ => values::moment(rng).to_rfc3339().into(),
        },
        "groups" => rng.some(3, |rng| sent(values::group(rng), rng)).into(),
        "email" => values::email(rng).into(),
        "attributes" => json::object(rng, 3).into(),
        "path" => values::path(rng).into(),
        _ => rng.pick(&["internal", "external", "robot"]).into(),
    }
}

/// A group id in one of its spellings.
fn sent(group: GroupId, rng: &mut Rng) -> Value {
    match rng.below(12) {
        0 => "nonsense".into(),
        1 => group.to_string().to_uppercase().into(),
        2 => group.0.simple().to_string().into(),
        _ => group.to_string().into(),
    }
}
