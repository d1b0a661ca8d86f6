//! Ways from an ordinary right to superuser status, or to a directory without superusers.

use serde_json::{Value, json};
use userbook::{UserType, authz::Permission as P, store::ImportData};
use userbook_tests::fixture::Answer;

use crate::{
    scene::*,
    setting::{Setting, everywhere},
};

everywhere!(
    h1_holders_of_a_right_to_grant_are_protected_like_superusers,
    h1_the_three_requests_of_the_review_end_at_the_first,
    h2_demotion_needs_the_right_to_grant,
    h2_holders_of_the_right_may_demote,
    h3_the_last_person_keeps_superuser_status,
    h3_the_last_service_account_stays_where_no_person_is_superuser,
    m4_type_path_and_last_login_of_a_superuser_are_protected,
    m4_a_dry_run_is_denied_like_the_update,
);

/// Fields that lead to an account, each with a value.
fn identity() -> [Value; 7] {
    [
        json!({"email": "evil@example.com"}),
        json!({"username": "evil"}),
        json!({"attributes": {"settings": {}}}),
        json!({"path": "goauthentik.io/outposts"}),
        json!({"type": "external"}),
        json!({"last_login": "2020-01-01T00:00:00Z"}),
        json!({"is_active": false}),
    ]
}

async fn h1_holders_of_a_right_to_grant_are_protected_like_superusers(at: Setting) {
    let mut rows = rows();
    for user in &mut rows.users {
        if user.id.0 == RETIRED {
            user.groups.clear();
        }
    }
    // The right may be global, or on any group, existing or not; the holder may be inactive.
    let more =
        [grant(ALICE, P::EnableGroupSuperuser), grant_on_group(RETIRED, P::EnableGroupSuperuser, NO_GROUP)];
    let scene = Scene::granting(at, &rows, &more).await;
    for holder in [GRANTER, ALICE, RETIRED] {
        let before = scene.user(holder).await;
        for body in identity().into_iter().filter(|body| holder != RETIRED || body["is_active"].is_null()) {
            let answer = scene.patch(DESK, holder, &body).await;
            assert_eq!(code(&answer), (403, "protected_superuser"), "{at} {holder} {body}");
        }
        assert_eq!(scene.user(holder).await, before);
        // Name and memberships open no account.
        assert_eq!(scene.patch(DESK, holder, &json!({"name": "New"})).await.status, 200);
    }
    // A user without the right is open to the help desk.
    assert_eq!(scene.patch(DESK, BOB, &json!({"email": "bob@example.org"})).await.status, 200);
    // Superusers and holders themselves may change the fields.
    assert_eq!(scene.patch(ADMIN3, GRANTER, &json!({"email": "g@example.org"})).await.status, 200);
    assert_eq!(scene.patch(GRANTER, GRANTER, &json!({"email": "h@example.org"})).await.status, 200);
}

async fn h1_the_three_requests_of_the_review_end_at_the_first(at: Setting) {
    let scene = Scene::new(at).await;
    let first = scene.patch(DESK, GRANTER, &json!({"email": "evil@example.com"})).await;
    assert_eq!(code(&first), (403, "protected_superuser"));
    // The recorded rights on members: the right to grant is not the right to add members.
    assert_eq!(scene.member(GRANTER, "add_user", ADMINS2, GRANTER).await.status, 403);
    let last = scene.patch(GRANTER, ADMIN, &json!({"email": "evil2@example.com"})).await;
    assert_eq!(code(&last), (403, "protected_superuser"));
}

/// Every way to take a user's groups over HTTP.
async fn demote(scene: &Scene, by: i64, user: i64) -> Vec<Answer> {
    let stored = scene.user(user).await;
    let put = json!({"username": stored.username, "name": stored.name});
    let path = format!("users/{user}/");
    vec![
        scene.patch(by, user, &json!({"groups": []})).await,
        scene.json(by, "PUT", &path, &put).await,
        scene.send(Some(by), "PATCH", &path, MERGE_PATCH, full(&json!({"groups": []}))).await,
        scene.json_patch(by, user, &json!([{"op": "remove", "path": "/groups/0"}])).await,
        scene.json_patch(by, user, &json!([{"op": "replace", "path": "/groups", "value": []}])).await,
        scene.json(by, "PATCH", &format!("{path}?dry_run=true"), &json!({"groups": []})).await,
        scene.patch(by, user, &json!({"groups": [], "email": "evil@example.com", "is_active": false})).await,
    ]
}

async fn h2_demotion_needs_the_right_to_grant(at: Setting) {
    let scene = Scene::new(at).await;
    for superuser in [ADMIN, ADMIN2, ADMIN3, RETIRED, ROBOT] {
        let before = scene.user(superuser).await;
        for answer in demote(&scene, DESK, superuser).await {
            assert_eq!(answer.status, 403, "{at} {superuser}: {}", answer.json);
        }
        assert_eq!(scene.user(superuser).await, before);
    }
    for (number, superuser) in [(ADMINS, ADMIN), (NIGHT, ADMIN2), (ADMINS2, ADMIN3), (ADMINS, RETIRED)] {
        let answer = scene.member(REMOVER, "remove_user", number, superuser).await;
        assert_eq!(code(&answer), (403, "revokes_superuser"), "{at} {superuser}");
    }
    // A group that grants nothing may be left.
    assert_eq!(scene.member(REMOVER, "remove_user", STAFF, ALICE).await.status, 204);
}

async fn h2_holders_of_the_right_may_demote(at: Setting) {
    let scene = Scene::granting(at, &rows(), &[grant(GRANTER, P::ViewGroup)]).await;
    // The right on ADMINS2 does not suffice for members of other groups.
    for superuser in [ADMIN, ADMIN2, RETIRED] {
        let answer = scene.patch(GRANTER, superuser, &json!({"groups": []})).await;
        assert_eq!(code(&answer), (403, "revokes_superuser"), "{at} {superuser}");
    }
    assert_eq!(scene.patch(GRANTER, ADMIN3, &json!({"groups": []})).await.status, 200);
}

/// The directory with one person who is superuser, beside accounts that do not count.
fn one_person() -> ImportData {
    let rows = rows();
    let kept = |id: i64| [ADMIN, ROBOT, OUTPOST, RETIRED, ANONYMOUS].contains(&id);
    let users = rows.users.into_iter().map(|mut user| {
        if !kept(user.id.0) {
            user.groups.clear();
        }
        if user.id.0 == OUTPOST {
            user.groups.insert(group(ADMINS));
        }
        user
    });
    ImportData { users: users.collect(), ..rows }
}

/// Every right to grant: the safeguard itself rejects.
const GRANTS_SUPERUSER: [Grant; 2] = [grant(DESK, P::EnableGroupSuperuser), grant(DESK, P::ViewGroup)];

async fn h3_the_last_person_keeps_superuser_status(at: Setting) {
    let mut more = GRANTS_SUPERUSER.to_vec();
    more.push(grant(ROBOT, P::ChangeUser));
    let scene = Scene::granting(at, &one_person(), &more).await;
    for by in [DESK, ROBOT] {
        for body in [json!({"groups": []}), json!({"is_active": false})] {
            let answer = scene.patch(by, ADMIN, &body).await;
            assert_eq!(answer.status, 400, "{at} {by} {body}: {}", answer.json);
            assert!(answer.json.to_string().contains("last superuser"), "{}", answer.json);
        }
    }
    // A type that does not count, and the name of the anonymous user.
    for body in [json!({"type": "service_account"}), json!({"username": "AnonymousUser"})] {
        assert_eq!(scene.patch(ROBOT, ADMIN, &body).await.status, 400, "{at} {body}");
    }
    let admin = scene.user(ADMIN).await;
    assert!(admin.is_active && admin.user_type == UserType::Internal && !admin.groups.is_empty());
    // The service account is no person, so it may lose the status.
    assert_eq!(scene.patch(ADMIN, ROBOT, &json!({"groups": []})).await.status, 200);
}

async fn h3_the_last_service_account_stays_where_no_person_is_superuser(at: Setting) {
    let mut rows = one_person();
    for user in &mut rows.users {
        if user.id.0 == ADMIN {
            user.groups.clear();
        }
    }
    let scene = Scene::granting(at, &rows, &GRANTS_SUPERUSER).await;
    for body in [json!({"groups": []}), json!({"is_active": false})] {
        let answer = scene.patch(DESK, ROBOT, &body).await;
        assert_eq!(answer.status, 400, "{at} {body}: {}", answer.json);
    }
}

async fn m4_type_path_and_last_login_of_a_superuser_are_protected(at: Setting) {
    let scene = Scene::new(at).await;
    for superuser in [ADMIN, ADMIN2, RETIRED, ROBOT] {
        for body in [
            json!({"path": "goauthentik.io/outposts"}),
            json!({"last_login": null}),
            json!({"last_login": "2020-01-01T00:00:00Z"}),
            json!({"type": "external"}),
            json!({"name": "New", "path": "elsewhere"}),
        ] {
            let unchanged = body == json!({"last_login": null});
            let answer = scene.patch(DESK, superuser, &body).await;
            let expected = if unchanged { 200 } else { 403 };
            assert_eq!(answer.status, expected, "{at} {superuser} {body}: {}", answer.json);
        }
        assert_eq!(scene.patch(DESK, superuser, &json!({"name": "New"})).await.status, 200);
    }
}

async fn m4_a_dry_run_is_denied_like_the_update(at: Setting) {
    let scene = Scene::new(at).await;
    let path = format!("users/{ADMIN}/?dry_run=true");
    let answer = scene.json(DESK, "PATCH", &path, &json!({"type": "external"})).await;
    assert_eq!(code(&answer), (403, "protected_superuser"));
}
