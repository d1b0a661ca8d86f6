//! Ways to superuser status, to another account, or to a directory without superusers, through creating and deleting
//! users, group writes over HTTP, passwords and service accounts.

use serde_json::{Value, json};
use userbook::{UserId, authz::Permission as P};
use userbook_tests::{
    fixture::{Answer, events},
    lifecycle::CaseTokens,
};

use crate::{
    fixture::*,
    setting::{Setting, everywhere},
};

everywhere!(
    a_created_user_is_superuser_only_by_right,
    a_group_write_over_http_escalates_only_by_right,
    a_put_without_users_does_not_empty_the_administrators,
    deleting_users_and_groups_leaves_a_superuser,
    passwords_and_recovery_links_of_privileged_users_are_protected,
    a_service_account_gets_nothing_beside_its_token,
    denied_writes_do_the_same_work_for_every_target_and_body,
    a_stale_group_tag_writes_nothing,
);

const USERS: &str = "users/";
const GROUPS: &str = "groups/";

/// Rights to everything but granting superuser status.
const OPERATOR: [Grant; 11] = [
    grant(DESK, P::AddUser),
    grant(DESK, P::DeleteUser),
    grant(DESK, P::ViewGroup),
    grant(DESK, P::AddGroup),
    grant(DESK, P::ChangeGroup),
    grant(DESK, P::DeleteGroup),
    grant(DESK, P::DisableGroupSuperuser),
    grant(DESK, P::ResetUserPassword),
    grant(DESK, P::AddToken),
    grant(DESK, P::AddUserToGroup),
    grant(DESK, P::RemoveUserFromGroup),
];

fn of(number: u128) -> String {
    format!("{GROUPS}{}/", group(number))
}

async fn operator(at: Setting) -> Fixture {
    Fixture::granting(at, &rows(), &OPERATOR).await
}

/// A rejected request leaves no event.
async fn rejected(fixture: &Fixture, at: Setting, answer: &Answer, name: &str) {
    assert!([400, 403].contains(&answer.status.as_u16()), "{at} {name}: {} {}", answer.status, answer.json);
    assert!(events(&fixture.store).await.is_empty(), "{at} {name}");
}

async fn a_created_user_is_superuser_only_by_right(at: Setting) {
    let fixture = operator(at).await;
    for number in [ADMINS, NIGHT, ADMINS2] {
        for more in [json!({}), json!({"is_active": false}), json!({"type": "service_account"})] {
            let mut body = json!({"username": "evil", "name": "", "groups": [group(number)]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = fixture.json(DESK, "POST", USERS, &body).await;
            assert_eq!(code(&answer), (403, "grants_superuser"), "{at} {body}");
            rejected(&fixture, at, &answer, &body.to_string()).await;
        }
    }
    let machine = json!({"username": "evil", "name": "", "type": "internal_service_account"});
    rejected(&fixture, at, &fixture.json(DESK, "POST", USERS, &machine).await, "machine").await;
    let claims = json!({"username": "evil", "name": "", "pk": ADMIN, "is_superuser": true, "groups_obj": [{"pk": group(ADMINS)}]});
    let answer = fixture.json(DESK, "POST", USERS, &claims).await;
    assert_eq!((answer.status.as_u16(), &answer.json["is_superuser"]), (201, &json!(false)), "{at}");
    assert_ne!(answer.json["pk"], json!(ADMIN));
}

async fn a_group_write_over_http_escalates_only_by_right(at: Setting) {
    let fixture = operator(at).await;
    for (method, path, body) in [
        ("POST", GROUPS.to_owned(), json!({"name": "evil", "is_superuser": true, "users": [DESK]})),
        ("POST", GROUPS.to_owned(), json!({"name": "evil", "parent": group(NIGHT), "users": [DESK]})),
        ("PATCH", of(STAFF), json!({"is_superuser": true})),
        ("PATCH", of(STAFF), json!({"parent": group(ADMINS)})),
        ("PUT", of(STAFF), json!({"name": "Staff", "parent": group(NIGHT)})),
        ("PATCH", of(ADMINS), json!({"users": [ADMIN, DESK]})),
        ("PATCH", of(NIGHT), json!({"users": [ADMIN2, DESK]})),
        ("PATCH", of(ADMINS2), json!({"users": [RETIRED]})),
        ("PATCH", of(ADMINS), json!({"is_superuser": false})),
        ("PATCH", of(NIGHT), json!({"parent": null})),
    ] {
        let answer = fixture.json(DESK, method, &path, &body).await;
        let expected = ["grants_superuser", "revokes_superuser"];
        assert!(expected.contains(&code(&answer).1), "{at} {method} {path} {body}: {}", answer.json);
        rejected(&fixture, at, &answer, &body.to_string()).await;
    }
    // Strings, repetitions and doubles name the same users.
    for users in [json!([DESK.to_string()]), json!([DESK, DESK]), json!([7.0])] {
        let answer = fixture.json(DESK, "PATCH", &of(ADMINS), &json!({"users": users})).await;
        rejected(&fixture, at, &answer, &users.to_string()).await;
    }
    assert!(!fixture.user(DESK).await.groups.contains(&group(ADMINS)));
}

async fn a_put_without_users_does_not_empty_the_administrators(at: Setting) {
    let fixture = operator(at).await;
    for (number, body) in [
        (ADMINS, json!({"name": "Administrators"})),
        (NIGHT, json!({"name": "Night shift"})),
        (ADMINS, json!({"name": "Administrators", "is_superuser": true, "users": []})),
    ] {
        let answer = fixture.json(DESK, "PUT", &of(number), &body).await;
        assert_eq!(code(&answer), (403, "revokes_superuser"), "{at} {body}");
        rejected(&fixture, at, &answer, &body.to_string()).await;
    }
    assert!(fixture.user(ADMIN).await.groups.contains(&group(ADMINS)));
}

async fn deleting_users_and_groups_leaves_a_superuser(at: Setting) {
    let fixture = operator(at).await;
    for user in [ADMIN, ADMIN2, ADMIN3, RETIRED, GRANTER] {
        let answer = fixture.json(DESK, "DELETE", &format!("{USERS}{user}/"), &Value::Null).await;
        assert_eq!(answer.status, 403, "{at} {user}: {}", answer.json);
    }
    for number in [ADMINS, NIGHT, ADMINS2] {
        let answer = fixture.json(DESK, "DELETE", &of(number), &Value::Null).await;
        assert_eq!(code(&answer), (403, "revokes_superuser"), "{at} {number}");
    }
    assert!(events(&fixture.store).await.is_empty(), "{at}");
    // Not even superusers end without one.
    for user in [ADMIN2, ADMIN3, RETIRED, ADMIN] {
        let path = format!("{USERS}{user}/?allow_self_lockout=true");
        fixture.json(ADMIN, "DELETE", &path, &Value::Null).await;
    }
    fixture.json(ADMIN, "DELETE", &format!("{}?allow_self_lockout=true", of(ADMINS)), &Value::Null).await;
    fixture
        .json(ADMIN, "PUT", &format!("{}?allow_self_lockout=true", of(ADMINS)), &json!({"name": "x"}))
        .await;
    assert!(fixture.user(ADMIN).await.groups.contains(&group(ADMINS)), "{at}");
}

async fn passwords_and_recovery_links_of_privileged_users_are_protected(at: Setting) {
    let fixture = operator(at).await;
    for user in [ADMIN, ADMIN2, ADMIN3, RETIRED, GRANTER] {
        for action in ["set_password", "recovery", "recovery_email"] {
            let path = format!("{USERS}{user}/{action}/");
            let answer = fixture.json(DESK, "POST", &path, &json!({"password": "evil"})).await;
            assert_eq!(code(&answer), (403, "protected_superuser"), "{at} {path}");
            rejected(&fixture, at, &answer, &path).await;
        }
    }
    // The right to change a user, or to be that user, is not the right to the password.
    for by in [GRANTER, SELF_ONLY, NO_RIGHTS] {
        let answer = fixture.json(by, "POST", &format!("{USERS}{by}/set_password/"), &json!({})).await;
        assert_eq!(answer.status, 403, "{at} {by}");
    }
}

async fn a_service_account_gets_nothing_beside_its_token(at: Setting) {
    let more = [grant(DESK, P::AddUser), grant(DESK, P::AddToken)];
    let mut fixture = Fixture::granting(at, &rows(), &more).await;
    let ports = CaseTokens::new();
    fixture.provide(|api| api.with_tokens(ports.clone()));
    let path = "users/service_account/";
    let body = json!({
        "name": "bot", "create_group": true, "groups": [group(ADMINS)], "type": "internal", "is_superuser": true,
        "group": "Administrators", "intent": "api", "key": "known",
    });
    let answer = fixture.json(DESK, "POST", path, &body).await;
    assert_eq!(answer.status, 200, "{at}: {}", answer.json);
    assert!(answer.json.get("group_pk").is_none(), "{at}: no right to groups");
    let key = answer.json["token"].as_str().unwrap();
    assert!(key.len() == 60 && key != "known", "{at}");
    let user = fixture.user(answer.json["user_pk"].as_i64().unwrap()).await;
    assert!(user.groups.is_empty() && user.user_type == userbook::UserType::ServiceAccount, "{at}: {user:?}");
    assert!(!events(&fixture.store).await.iter().any(|event| format!("{event:?}").contains(key)), "{at}");
    // One right does not suffice, and nothing is left of a failed account.
    for by in [GROUP_VIEWER, NO_RIGHTS, VIEWER] {
        assert_eq!(fixture.json(by, "POST", path, &json!({"name": "evil"})).await.status, 403, "{at} {by}");
    }
    let taken = fixture.json(DESK, "POST", path, &json!({"name": "bot"})).await;
    assert_eq!(taken.status, 400, "{at}");
    assert_eq!(events(&fixture.store).await.len(), 1, "{at}");
}

async fn denied_writes_do_the_same_work_for_every_target_and_body(at: Setting) {
    let fixture = Fixture::new(at).await;
    for (method, paths) in [
        ("DELETE", [format!("{USERS}{ADMIN}/"), format!("{USERS}{MISSING}/")]),
        ("DELETE", [of(ADMINS), of(NO_GROUP)]),
        ("PUT", [of(ADMINS), of(NO_GROUP)]),
        ("PATCH", [of(STAFF), of(NO_GROUP)]),
        ("POST", [format!("{USERS}{ADMIN}/set_password/"), format!("{USERS}{MISSING}/set_password/")]),
        ("POST", [USERS.to_owned(), USERS.to_owned()]),
        ("POST", [GROUPS.to_owned(), GROUPS.to_owned()]),
    ] {
        let mut all = Vec::new();
        for path in paths {
            for body in
                [json!({}), json!({"name": "x", "username": "root", "users": [1, 2, 3]}), json!([[1]])]
            {
                fixture.work().await;
                let answer = fixture.json(NO_RIGHTS, method, &path, &body).await;
                assert_eq!(answer.status, 403, "{at} {method} {path}");
                all.push((fixture.work().await, answer.json));
            }
        }
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{at} {method}: {all:?}");
    }
}

async fn a_stale_group_tag_writes_nothing(at: Setting) {
    let fixture = Fixture::new(at).await;
    let staff = of(STAFF);
    let read = fixture.get(ADMIN, &staff).await;
    let tag = read.header("etag").unwrap().to_owned();
    let send = async |method: &str, body: &Value| {
        let request = head(Some(ADMIN), method, &staff, JSON).header("if-match", tag.as_str());
        fixture.request(request.body(full(body)).unwrap()).await
    };
    // Another member joins: a write that replaces the members gets 412, and a write of other values does not.
    assert_eq!(fixture.member(ADMIN, "add_user", STAFF, VIEWER).await.status, 204);
    for (method, body) in [("PUT", json!({"name": "Staff"})), ("DELETE", Value::Null)] {
        assert_eq!(send(method, &body).await.status, 412, "{at} {method}");
    }
    assert!(fixture.user(VIEWER).await.groups.contains(&group(STAFF)));
    assert_eq!(send("PATCH", &json!({"attributes": {"a": 1}})).await.status, 200, "{at}");
    assert_eq!(send("PATCH", &json!({"attributes": {"a": 2}})).await.status, 412, "{at}");
    let stored = fixture.service().retrieve_group(&actor(ADMIN), group(STAFF), false).await.unwrap();
    assert_eq!(stored.group.attributes, json!({"a": 1}), "{at}");
    assert_eq!(fixture.user(VIEWER).await.id, UserId(VIEWER));
}
