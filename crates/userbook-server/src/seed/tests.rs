use serde_json::{Value, json};
use userbook::{
    Field, GroupId, Timestamp, UserId,
    authz::Permission,
    decision::Denial,
    field::MAX_DEPTH,
    store::{ImportOutcome, ImportStore},
    violation::ViolationKind,
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

use super::*;
use crate::auth::GrantedOn;

fn parse(text: &[u8]) -> Result<Seed, SeedError> {
    let ambient = Ambient::new(Some(Timestamp::UNIX_EPOCH), false, true).unwrap();
    Seed::parse(text, Path::new("seed.json"), &ambient)
}

/// A seed of one administrator, one user and one token.
fn valid() -> Value {
    let group = Uuid::from_u128(9);
    let user = |pk: i64, username: &str, groups: Value| {
        json!({
            "pk": pk, "uuid": Uuid::from_u128(pk.unsigned_abs().into()), "username": username, "name": "",
            "email": "odd", "is_active": true, "last_login": null, "path": "/odd//", "type": "external",
            "attributes": {"a": 1e16}, "groups": groups,
            "password_change_date": "2024-05-06T07:08:09.123456Z",
        })
    };
    json!({
        "install_id": "i",
        "groups": [{"pk": group, "name": "admins", "is_superuser": true, "parent": null, "attributes": {}}],
        "users": [user(1, "admin", json!([group])), user(7, " odd ", json!([]))],
        "tokens": [
            {"key": "k", "intent": "api", "expiring": false, "expires": "2020-01-01T00:00:00Z", "user_pk": 1},
            {"hash": "ab".repeat(32), "identifier": "laptop", "intent": "api", "expiring": true, "expires": null,
                "user_pk": 7},
        ],
        "permissions": [{"user_pk": 7, "permission": "authentik_core.view_user"}],
        "object_permissions": [
            {"user_pk": 7, "permission": "authentik_core.view_user", "object_pk": 1},
            {"user_pk": 7, "permission": "authentik_flows.view_flow", "object_pk": group},
        ],
    })
}

#[test]
fn rows_are_imported_unchanged() {
    let seed = parse(valid().to_string().as_bytes()).unwrap();
    assert_eq!(seed.rows.users[1].username, " odd ");
    assert_eq!(seed.rows.users[1].path, "/odd//");
    assert!(!seed.auth.tokens[0].expiring);
    assert!(seed.auth.tokens[0].identifier.starts_with("token-"));
    assert_eq!(seed.auth.tokens[1].identifier, "laptop");
    assert_eq!(seed.auth.tokens[1].hash.to_string(), "ab".repeat(32));
    let on: Vec<GrantedOn> = seed.auth.grants.iter().map(|grant| grant.on).collect();
    let group = GroupId(Uuid::from_u128(9));
    assert_eq!(on, [GrantedOn::Everything, GrantedOn::User(UserId(1)), GrantedOn::Group(group)]);
    assert_eq!(seed.warnings, [""; 0]);
    let with_mark = [b"\xef\xbb\xbf".as_slice(), valid().to_string().as_bytes()].concat();
    assert!(parse(&with_mark).is_ok());
}

#[test]
fn answers_of_authentik_can_be_used_as_rows() {
    let mut seed = valid();
    seed["users"][0]["is_superuser"] = json!(true);
    seed["users"][0]["groups_obj"] = json!([{"pk": "x"}]);
    seed["users"][0]["avatar"] = json!("data:");
    seed["groups"][0]["users_obj"] = json!([]);
    assert!(parse(seed.to_string().as_bytes()).is_ok());
}

/// Each change of the seed makes it invalid; the error names file, record and field.
#[test]
fn errors_name_file_record_and_field() {
    let missing = |list: &str, n: usize, key: &str| {
        let mut seed = valid();
        seed[list][n].as_object_mut().unwrap().remove(key).unwrap();
        (seed, format!("{list}[{n}]: missing field `{key}`"))
    };
    let set = |pointer: &str, value: Value, expected: &str| {
        let mut seed = valid();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        seed.pointer_mut(parent).unwrap()[key] = value;
        (seed, expected.to_owned())
    };
    let other = Uuid::from_u128(5);
    for (seed, expected) in [
        (json!({}), "missing field `install_id`".to_owned()),
        (json!({"pagination": {}, "results": []}), "unknown field `pagination`".to_owned()),
        missing("users", 1, "last_login"),
        missing("users", 1, "password_change_date"),
        missing("groups", 0, "parent"),
        missing("tokens", 0, "expires"),
        set("/groups/0/parents", json!([]), "groups[0].parents: unknown field `parents`"),
        set("/users/1/e_mail", json!(""), "users[1].e_mail: unknown field `e_mail`"),
        set("/users/1/type", json!("robot"), "users[1].type"),
        set(
            "/users/1/last_login",
            json!("2025-01-01 00:00:00+00"),
            "users[1].last_login: not a time such as",
        ),
        set("/users/1/pk", json!(1), "users[1].pk: \"1\" is also in users[0]"),
        set("/users/1/username", json!("admin"), "users[1].username: \"admin\" is also in users[0]"),
        set("/users/1/groups", json!([other]), "users[1].groups: group 00000000"),
        set("/groups/0/parent", json!(other), "groups[0].parent: group 00000000"),
        set("/tokens/0/user_pk", json!(8), "tokens[0].user_pk: user 8 is not in this file"),
        set("/tokens/0/intent", json!("apy"), "tokens[0].intent: unknown token intent"),
        set("/tokens/0/hash", json!("ab".repeat(32)), "tokens[0]: exactly one of `key` and `hash`"),
        set("/tokens/1/hash", json!("xy"), "tokens[1].hash: a hash has 64 hexadecimal digits"),
        set("/permissions/0/user_pk", json!(8), "permissions[0].user_pk: user 8"),
        set(
            "/permissions/0/permission",
            json!("authentik_core.chagne_user"),
            "did you mean authentik_core.change_user",
        ),
        set("/object_permissions/0/object_pk", json!(8), "object_permissions[0].object_pk: user 8"),
        set(
            "/object_permissions/1/object_pk",
            json!(other),
            "object_permissions[1].object_pk: group 00000000",
        ),
        set(
            "/object_permissions/1/object_pk",
            json!("x"),
            "object_permissions[1].object_pk: expected the number",
        ),
    ] {
        let error = parse(seed.to_string().as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("invalid seed file seed.json: "), "{error}");
        assert!(error.contains(&expected), "{expected:?} is not in {error:?}");
    }
}

#[test]
fn text_that_is_no_json_object_is_refused() {
    let error = parse(b"{").unwrap_err().to_string();
    assert!(error.contains("EOF"), "{error}");
    let repeated = [valid().to_string().as_bytes(), b"{}"].concat();
    assert!(parse(&repeated).unwrap_err().to_string().contains("trailing characters"));
}

#[test]
fn keys_are_in_no_error() {
    let mut seed = valid();
    seed["tokens"][1] = seed["tokens"][0].clone();
    seed["tokens"][0]["key"] = json!("secret-key");
    seed["tokens"][1]["key"] = json!("secret-key");
    let error = parse(seed.to_string().as_bytes()).unwrap_err().to_string();
    assert!(
        error.contains("tokens[1]: the same key is in tokens[0]") && !error.contains("secret"),
        "{error}"
    );
}

#[test]
fn directory_without_an_administrator_is_warned_about() {
    let with = |pointer: &str, value: Value| {
        let mut seed = valid();
        *seed.pointer_mut(pointer).unwrap() = value;
        parse(seed.to_string().as_bytes()).unwrap().warnings
    };
    for (pointer, value) in [
        ("/users/0/is_active", json!(false)),
        ("/users/0/type", json!("service_account")),
        ("/users/0/groups", json!([])),
        ("/users/0/username", json!("AnonymousUser")),
        ("/groups/0/is_superuser", json!(false)),
    ] {
        let warnings = with(pointer, value);
        assert!(warnings.len() == 1 && warnings[0].contains("no active person"), "{pointer}: {warnings:?}");
    }
    assert!(with("/tokens/0/user_pk", json!(7))[0].contains("no superuser has a token"));
}

#[test]
fn dates_are_optional() {
    let now = Timestamp::UNIX_EPOCH;
    let [early, late] = ["2020-01-01T00:00:00Z", "2021-01-01T00:00:00.5Z"];
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    for (created, updated, expected) in [
        (Value::Null, Value::Null, [now, now]),
        (json!(early), Value::Null, [time(early), time(early)]),
        (json!(early), json!(late), [time(early), time(late)]),
    ] {
        let mut seed = valid();
        seed["groups"][0]["created_at"] = created.clone();
        seed["groups"][0]["updated_at"] = updated.clone();
        seed["users"][0]["date_joined"] = created;
        seed["users"][0]["last_updated"] = updated;
        let rows = parse(seed.to_string().as_bytes()).unwrap().rows;
        assert_eq!([rows.groups[0].created_at, rows.groups[0].updated_at], expected);
        assert_eq!([rows.users[0].created_at, rows.users[0].updated_at], expected);
    }
}

const GUIDE: &str = include_str!("../../docs/authentik.md");

#[tokio::test]
async fn seed_of_the_guide_can_be_imported() {
    let (_, from) = GUIDE.split_once("```json\n").unwrap();
    let (text, _) = from.split_once("```").unwrap();
    let seed = parse(text.as_bytes()).unwrap();
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
    for &permission in Permission::ALL {
        let (_, name) = permission.as_str().split_once('.').unwrap();
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

#[test]
fn external_ids_are_valid_and_unique() {
    let parsed = |of_first: Value, of_second: Value| {
        let mut seed = valid();
        seed["users"][0]["external_ids"] = of_first;
        seed["users"][1]["external_ids"] = of_second;
        parse(seed.to_string().as_bytes()).map_err(|error| error.to_string())
    };
    let seed = parsed(json!({"hr": "1", "scim:okta": null}), json!({"hr": "2", "scim:okta": null})).unwrap();
    let hr = "hr".parse().unwrap();
    assert_eq!(seed.rows.users[1].external_ids.identifier(&hr), Some("2"));
    let many: serde_json::Map<_, _> = (0..17).map(|n| (format!("s{n}"), json!(null))).collect();
    for (first, second, expected) in [
        (json!({}), json!({"hr": ""}), "users[1].external_ids: hr: This field may not be blank."),
        (json!({"hr": "1"}), json!({"hr": "1"}), "users[1].external_ids: \"1\" of hr is also in users[0]"),
        (Value::Object(many), json!({}), "users[0].external_ids: more than 16 sources"),
        (json!({"HR": "1"}), json!({}), "external source is not 1 to 128 bytes"),
    ] {
        let error = parsed(first, second).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
