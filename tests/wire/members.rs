//! `add_user` and `remove_user`.

use serde_json::{Value, json};
use userbook::{Outcome, Policy, StaticPermissions, UserId, authz::Permission};
use userbook_tests::fixture::{
    ADMINS, ANN, Answer, BOSS, CHIEFS, DEVS, Directory, HELPER, Kind, MACHINE, MISSING, ROOT, STAFF,
    UNPRIVILEGED, VIEWER, ask, directory, events, group_id, row, store,
};

on_every_database!(
    members_are_added_and_removed,
    membership_changes_require_the_group_right,
    safeguards_of_updates_apply,
    invalid_bodies_return_400,
    dry_run_writes_nothing,
    unknown_groups_and_users_return_404,
    denied_caller_learns_nothing_about_users,
);

async fn post(api: &Directory, by: i64, group: u128, action: &str, body: &Value) -> Answer {
    let target = format!("POST /core/groups/{}/{action}", group_id(group));
    ask(api, Some(by), &target, &[], body).await
}

/// [`HELPER`] may change the members of every group.
fn members_right(granted: StaticPermissions) -> StaticPermissions {
    granted
        .grant(UserId(HELPER), Permission::AddUserToGroup)
        .grant(UserId(HELPER), Permission::RemoveUserFromGroup)
}

async fn members_are_added_and_removed(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), members_right);
    let before = row(&store, ANN).await;
    for (action, groups, wrote) in [
        ("add_user/", &[STAFF, DEVS][..], true),
        ("add_user/", &[STAFF, DEVS], false),
        ("remove_user/", &[STAFF], true),
        ("remove_user/", &[STAFF], false),
    ] {
        let events_before = events(&store).await.len();
        let answer = post(&api, HELPER, DEVS, action, &json!({"pk": ANN})).await;
        assert_eq!((answer.status.as_u16(), &answer.json), (204, &Value::Null), "{action}");
        assert_eq!((answer.header("content-type"), answer.header("content-length")), (None, None));
        assert_eq!(row(&store, ANN).await.groups, groups.iter().copied().map(group_id).collect());
        assert_eq!(events(&store).await.len() - events_before, usize::from(wrote), "{action}");
    }
    let after = row(&store, ANN).await;
    assert_eq!(
        (after.version, after.username, after.attributes),
        (before.version + 2, before.username, before.attributes)
    );
    let last = events(&store).await.pop().unwrap();
    assert_eq!(last.actor, userbook::event::EventActor::User(UserId(HELPER)));
}

async fn membership_changes_require_the_group_right(kind: Kind) {
    let grant = |granted: StaticPermissions| {
        let (add, remove) = (Permission::AddUserToGroup, Permission::RemoveUserFromGroup);
        granted
            .grant_on_group(UserId(VIEWER), add, group_id(DEVS))
            .grant(UserId(UNPRIVILEGED), add)
            .grant_on_user(UserId(UNPRIVILEGED), Permission::ViewUser, UserId(ROOT))
            .grant_on_group(UserId(BOSS), remove, group_id(DEVS))
    };
    for (name, by, group, action, user, status) in [
        ("only the right to change the user", HELPER, DEVS, "add_user/", ANN, 403),
        ("the right on the group", VIEWER, DEVS, "add_user/", ANN, 204),
        ("on another group", VIEWER, STAFF, "add_user/", UNPRIVILEGED, 403),
        ("the right to add does not include removal", VIEWER, DEVS, "remove_user/", ANN, 403),
        ("a hidden user", UNPRIVILEGED, DEVS, "add_user/", ANN, 404),
        ("a visible user", UNPRIVILEGED, DEVS, "add_user/", ROOT, 204),
        ("a superuser", ROOT, CHIEFS, "add_user/", ANN, 204),
        ("a caller without visible users", ANN, DEVS, "add_user/", ANN, 403),
        ("an internal service account", MACHINE, DEVS, "add_user/", ANN, 403),
    ] {
        for policy in [Policy::hardened(), Policy::authentik_2025_2()] {
            let store = store(kind).await;
            let api = directory(&store, policy, grant);
            let before = row(&store, user).await;
            let answer = post(&api, by, group, action, &json!({"pk": user})).await;
            assert_eq!(answer.status, status, "{name}: {answer:?}");
            assert_eq!(row(&store, user).await == before, status != 204, "{name}");
        }
    }
    // The right does not include the list of groups or other resources.
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), grant);
    let whole = json!({"groups": [group_id(STAFF), group_id(DEVS)]});
    let target = format!("PATCH /core/users/{ANN}/");
    assert_eq!(ask(&api, Some(VIEWER), &target, &[], &whole).await.status, 403);
    let target = format!("POST /core/groups/{}/add_user/", group_id(DEVS));
    for target in [target, format!("POST /core/groups/{}/add_user/", group_id(99))] {
        let answer = ask(&api, None, &target, &[], &json!({"pk": ANN})).await;
        let detail = json!({"detail": "Authentication credentials were not provided."});
        assert_eq!((answer.status.as_u16(), answer.json), (403, detail), "{target}");
    }
}

async fn safeguards_of_updates_apply(kind: Kind) {
    let grant = |granted: StaticPermissions| {
        granted
            .grant(UserId(VIEWER), Permission::AddUserToGroup)
            .grant(UserId(VIEWER), Permission::RemoveUserFromGroup)
    };
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), grant);
    for group in [ADMINS, CHIEFS] {
        for by in [VIEWER] {
            let answer = post(&api, by, group, "add_user/", &json!({"pk": ANN})).await;
            assert_eq!((answer.status.as_u16(), &answer.json["code"]), (403, &json!("grants_superuser")));
        }
    }
    // authentik requires one right in both cases.
    let lax = directory(&store, Policy::authentik_2025_2(), grant);
    assert_eq!(post(&lax, VIEWER, CHIEFS, "add_user/", &json!({"pk": ANN})).await.status, 204);
    assert_eq!(post(&lax, ROOT, CHIEFS, "remove_user/", &json!({"pk": ANN})).await.status, 204);
    let right = directory(&store, Policy::hardened(), |granted| {
        grant(granted).grant_on_group(UserId(VIEWER), Permission::EnableGroupSuperuser, group_id(ADMINS))
    });
    assert_eq!(post(&right, VIEWER, CHIEFS, "add_user/", &json!({"pk": ANN})).await.status, 204);
    assert_eq!(post(&right, ROOT, CHIEFS, "remove_user/", &json!({"pk": ANN})).await.status, 204);

    // As recorded, internal service accounts are allowed.
    assert_eq!(post(&api, VIEWER, DEVS, "add_user/", &json!({"pk": MACHINE})).await.status, 204);
    let answer = post(&api, BOSS, CHIEFS, "remove_user/", &json!({"pk": BOSS})).await;
    assert_eq!(answer.status, 400, "oneself, by accident: {answer:?}");
    let target = format!("POST /core/groups/{}/remove_user/?allow_self_lockout=true", group_id(CHIEFS));
    assert_eq!(ask(&api, Some(BOSS), &target, &[], &json!({"pk": BOSS})).await.status, 204);
    let answer = post(&api, VIEWER, ADMINS, "remove_user/", &json!({"pk": ROOT})).await;
    assert_eq!((answer.status.as_u16(), &answer.json["code"]), (403, &json!("revokes_superuser")));
    let target = format!("POST /core/groups/{}/remove_user/?allow_self_lockout=true", group_id(ADMINS));
    let answer = ask(&api, Some(ROOT), &target, &[], &json!({"pk": ROOT})).await;
    assert_eq!(answer.json, json!({"non_field_errors": ["The last superuser must remain."]}));
    assert!(row(&store, ROOT).await.groups.contains(&group_id(ADMINS)));
}

async fn invalid_bodies_return_400(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    let path = format!("POST /core/groups/{}/add_user/", group_id(DEVS));
    for (body, status, answer) in [
        (json!({"pk": ANN.to_string()}), 204, Value::Null),
        (json!({"pk": 2.0, "is_superuser": true}), 204, Value::Null),
        // As recorded, a missing user id counts as an unknown user.
        (json!({}), 404, json!({"detail": "Not found."})),
        (Value::Null, 404, json!({"detail": "Not found."})),
        (json!({"pk": null}), 404, json!({"detail": "Not found."})),
        (json!({"pk": "ann"}), 400, json!({"pk": ["A valid integer is required."]})),
        (json!({"pk": [2]}), 400, json!({"pk": ["A valid integer is required."]})),
        (json!({"pk": true}), 400, json!({"pk": ["A valid integer is required."]})),
        (json!({"pk": 1e300}), 404, json!({"detail": "Not found."})),
        (
            json!([ANN]),
            400,
            json!({"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
        ),
    ] {
        let answered = ask(&api, Some(ROOT), &path, &[], &body).await;
        assert_eq!((answered.status.as_u16(), answered.json), (status, answer), "{body}");
        if status != 204 {
            // A caller without the right learns nothing about the body.
            assert_eq!(ask(&api, Some(UNPRIVILEGED), &path, &[], &body).await.status, 403, "{body}");
        }
    }
    let answered = ask(&api, Some(ROOT), &path, &[("content-type", "text/plain")], &Value::Null).await;
    assert_eq!(answered.status, 404, "an empty body is an empty object for every media type");
    let plain = http::Request::post(format!("/api/v3/core/groups/{}/add_user/", group_id(DEVS)))
        .header("authorization", "Bearer 1")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("pk=2".to_owned())
        .unwrap();
    assert_eq!(api.handle(plain).await.status(), 415);
    let small = directory(&store, Policy::hardened(), |granted| granted).with_body_limit(4);
    assert_eq!(ask(&small, Some(ROOT), &path, &[], &json!({"pk": ANN})).await.status, 413);
}

async fn dry_run_writes_nothing(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), members_right);
    let before = (row(&store, ANN).await, events(&store).await.len());
    let path = format!("POST /core/groups/{}/add_user/", group_id(DEVS));
    let target = format!("{path}?dry_run=true");
    let answer = ask(&api, Some(HELPER), &target, &[], &json!({"pk": ANN})).await;
    assert_eq!((answer.status.as_u16(), &answer.json["would_change"]), (200, &json!(true)));
    assert!(answer.json["user"]["groups"].as_array().unwrap().contains(&json!(group_id(DEVS))));
    let checks: Vec<&str> =
        answer.json["verdicts"].as_array().unwrap().iter().map(|it| it["check"].as_str().unwrap()).collect();
    assert!(checks.contains(&"add_member"), "{checks:?}");
    // The caller may not view the group and learns only the id that the path already contains.
    assert!(!answer.json.to_string().contains("devs"), "{}", answer.json);
    let unclear = ask(&api, Some(HELPER), &format!("{path}?dry_run=1"), &[], &json!({"pk": ANN})).await;
    assert_eq!(unclear.status, 400);
    assert_eq!((row(&store, ANN).await, events(&store).await.len()), before);
    let host = userbook::Actor::system();
    let done = api.service().update_user(
        &host,
        UserId(ANN),
        userbook::UserUpdate::patch().join_group(group_id(DEVS)),
    );
    assert!(matches!(done.await.unwrap().outcome, Outcome::Applied(_)));
}

async fn unknown_groups_and_users_return_404(kind: Kind) {
    let store = store(kind).await;
    for policy in [Policy::hardened(), Policy::authentik_2025_2()] {
        let api = directory(&store, policy, |granted| {
            let granted = members_right(granted);
            granted.grant_on_group(UserId(VIEWER), Permission::AddUserToGroup, group_id(DEVS))
        });
        let not_found = json!({"detail": "Not found."});
        for action in ["add_user/", "remove_user/"] {
            for by in [ROOT, HELPER] {
                for (group, user) in [(99, ANN), (DEVS, MISSING), (99, MISSING), (DEVS, -1), (DEVS, i64::MAX)]
                {
                    let answer = post(&api, by, group, action, &json!({"pk": user})).await;
                    let is = (answer.status.as_u16(), &answer.json);
                    assert_eq!(is, (404, &not_found), "{action} {group} {user}");
                }
            }
            // As recorded, an unknown group returns 404 also to callers without the right.
            for by in [VIEWER, UNPRIVILEGED, MACHINE] {
                assert_eq!(post(&api, by, 99, action, &json!({"pk": ANN})).await.status, 404, "{by}");
                assert_eq!(post(&api, by, STAFF, action, &json!({"pk": ANN})).await.status, 403, "{by}");
                let target = format!("POST /core/groups/zz/{action}");
                assert_eq!(ask(&api, Some(by), &target, &[], &json!({"pk": ANN})).await.status, 404, "{by}");
            }
        }
    }
}

async fn denied_caller_learns_nothing_about_users(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for user in [json!(ANN), json!(MISSING), json!(ROOT), json!("x"), json!(null)] {
        let answer = post(&api, HELPER, DEVS, "add_user/", &json!({"pk": user})).await;
        let detail = json!({"detail": "You do not have permission to perform this action."});
        assert_eq!((answer.status.as_u16(), answer.json), (403, detail), "{user}");
    }
}
