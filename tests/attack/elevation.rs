//! Other ways from an ordinary right to superuser status: every request that puts a user into a group, or brings a
//! superuser back.

use serde_json::{Value, json};
use userbook::authz::Permission as P;
use userbook_tests::fixture::{Answer, events};

use crate::{
    scene::*,
    setting::{Setting, everywhere},
};

everywhere!(
    escalation_by_every_way_into_a_group_is_denied,
    escalation_by_reactivation_is_denied,
    escalation_by_membership_actions_is_denied,
    a_right_to_grant_covers_its_groups_alone,
    self_lockout_needs_confirmation_by_every_way,
);

/// The way into a group by each media type.
async fn join(scene: &Scene, by: i64, user: i64, number: u128) -> Vec<Answer> {
    let path = format!("users/{user}/");
    let stored = scene.user(user).await;
    let before = stored.groups.iter().map(|id| json!(id));
    let wanted: Value = before.chain([json!(group(number))]).collect();
    let put = json!({"username": stored.username, "name": stored.name, "groups": wanted});
    let patch = json!({"groups": wanted});
    // Another value is invalid, and the denial comes first.
    let faulty = json!({"groups": wanted, "email": "no address"});
    let added = json!([{"op": "add", "path": "/groups/-", "value": group(number)}]);
    let copied = json!([
        {"op": "add", "path": "/attributes/a", "value": group(number)},
        {"op": "copy", "from": "/attributes/a", "path": "/groups/-"},
    ]);
    let upper = json!({"groups": [group(number).to_string().to_uppercase()]});
    vec![
        scene.patch(by, user, &patch).await,
        scene.patch(by, user, &faulty).await,
        scene.patch(by, user, &upper).await,
        scene.json(by, "PUT", &path, &put).await,
        scene.json(by, "PATCH", &format!("{path}?dry_run=true"), &patch).await,
        scene.send(Some(by), "PATCH", &path, MERGE_PATCH, full(&patch)).await,
        scene.json_patch(by, user, &added).await,
        scene.json_patch(by, user, &copied).await,
    ]
}

async fn escalation_by_every_way_into_a_group_is_denied(at: Setting) {
    let scene = Scene::granting(at, &rows(), &[grant(DESK, P::ViewGroup)]).await;
    for user in [DESK, RETIRED] {
        for number in [ADMINS, NIGHT, ADMINS2] {
            if user == RETIRED && number == ADMINS {
                continue;
            }
            for (way, answer) in join(&scene, DESK, user, number).await.iter().enumerate() {
                let code = code(answer);
                let protected = user == RETIRED && way == 1;
                assert!(code == (403, "grants_superuser") || protected, "{at} {user} {way}: {code:?}");
            }
        }
    }
    assert!(events(&scene.store).await.is_empty(), "{at}");
}

async fn escalation_by_reactivation_is_denied(at: Setting) {
    let scene = Scene::new(at).await;
    for body in [
        json!({"is_active": true}),
        json!({"is_active": true, "groups": []}),
        json!({"is_active": true, "groups": groups(&[STAFF])}),
        json!({"is_active": "on", "email": "evil@example.com"}),
    ] {
        let answer = scene.patch(DESK, RETIRED, &body).await;
        assert_eq!(answer.status, 403, "{at} {body}: {}", answer.json);
    }
    for operations in [
        json!([{"op": "replace", "path": "/is_active", "value": true}]),
        json!([{"op": "copy", "from": "/is_superuser", "path": "/is_active"}]),
        json!([
            {"op": "remove", "path": "/groups/0"},
            {"op": "replace", "path": "/is_active", "value": true},
        ]),
    ] {
        let answer = scene.json_patch(DESK, RETIRED, &operations).await;
        assert_eq!(answer.status, 403, "{at} {operations}: {}", answer.json);
    }
    assert!(events(&scene.store).await.is_empty(), "{at}");
}

async fn escalation_by_membership_actions_is_denied(at: Setting) {
    let scene = Scene::new(at).await;
    for (number, user) in
        [(ADMINS, JOINER), (NIGHT, JOINER), (ADMINS2, ALICE), (ADMINS2, RETIRED), (NIGHT, OUTPOST)]
    {
        let answer = scene.member(JOINER, "add_user", number, user).await;
        assert_eq!(code(&answer), (403, "grants_superuser"), "{at} {number:x} {user}");
        let path = format!("groups/{}/add_user/?dry_run=true", group(number));
        let answer = scene.json(JOINER, "POST", &path, &json!({"pk": user})).await;
        assert_eq!(code(&answer), (403, "grants_superuser"), "{at} {number:x} {user}");
    }
    assert!(events(&scene.store).await.is_empty(), "{at}");
}

async fn a_right_to_grant_covers_its_groups_alone(at: Setting) {
    let more = [grant(GRANTER, P::ViewGroup), grant(GRANTER, P::AddUserToGroup)];
    let scene = Scene::granting(at, &rows(), &more).await;
    for number in [ADMINS, NIGHT] {
        for answer in join(&scene, GRANTER, GRANTER, number).await {
            assert_eq!(code(&answer), (403, "grants_superuser"), "{at} {number:x}");
        }
        let answer = scene.member(GRANTER, "add_user", number, ALICE).await;
        assert_eq!(code(&answer), (403, "grants_superuser"), "{at} {number:x}");
    }
    // One group with the right does not cover another one in the same request.
    let both = json!({"groups": groups(&[ADMINS2, NIGHT])});
    assert_eq!(code(&scene.patch(GRANTER, ALICE, &both).await), (403, "grants_superuser"), "{at}");
    assert_eq!(scene.member(GRANTER, "add_user", ADMINS2, ALICE).await.status, 204, "{at}");
}

async fn self_lockout_needs_confirmation_by_every_way(at: Setting) {
    let scene = Scene::new(at).await;
    let path = format!("users/{ADMIN3}/");
    let deactivated = json!({"is_active": false});
    let left = json!([{"op": "remove", "path": "/groups/0"}]);
    let answers = [
        scene.patch(ADMIN3, ADMIN3, &deactivated).await,
        scene.patch(ADMIN3, ADMIN3, &json!({"groups": []})).await,
        scene.json(ADMIN3, "PUT", &path, &json!({"username": "admin3", "name": "ADMIN3"})).await,
        scene.json(ADMIN3, "PATCH", &format!("{path}?dry_run=true"), &deactivated).await,
        scene.json(ADMIN3, "PATCH", &format!("{path}?allow_self_lockout=1"), &deactivated).await,
        scene.send(Some(ADMIN3), "PATCH", &path, MERGE_PATCH, full(&deactivated)).await,
        scene.json_patch(ADMIN3, ADMIN3, &left).await,
        scene.member(ADMIN3, "remove_user", ADMINS2, ADMIN3).await,
    ];
    for answer in answers {
        assert_eq!(answer.status, 400, "{at}: {}", answer.json);
    }
    let confirmed = format!("{path}?allow_self_lockout=true");
    assert_eq!(scene.json(ADMIN3, "PATCH", &confirmed, &deactivated).await.status, 200, "{at}");
}
