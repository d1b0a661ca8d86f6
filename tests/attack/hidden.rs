//! M6: what answers reveal about groups that a caller may not see.

use serde_json::{Value, json};
use userbook::authz::Permission as P;

use crate::{
    fixture::*,
    setting::{Setting, everywhere},
};

everywhere!(
    m6_a_hidden_group_looks_like_a_missing_one,
    m6_answers_name_no_hidden_group,
    m6_hidden_groups_of_a_user_stay,
    m6_the_superuser_filter_counts_ancestors,
    m6_filters_by_hidden_groups_match_no_user,
);

/// The text without the id of a group.
fn without(number: u128, answer: &Value) -> String {
    answer.to_string().replace(&group(number).to_string(), "ID")
}

async fn m6_a_hidden_group_looks_like_a_missing_one(at: Setting) {
    let fixture = Fixture::new(at).await;
    let path = format!("users/{SELF_ONLY}/");
    for query in ["", "?dry_run=true"] {
        let mut seen = Vec::new();
        for number in [SECRET, ADMINS, NO_GROUP] {
            let target = format!("{path}{query}");
            let body = json!({"groups": groups(&[number])});
            let answer = fixture.json(SELF_ONLY, "PATCH", &target, &body).await;
            seen.push((answer.status.as_u16(), without(number, &answer.json)));
        }
        assert_eq!(seen[0].0, 400, "{at}: {}", seen[0].1);
        assert!(seen.iter().all(|it| *it == seen[0]), "{at} {query}: {seen:#?}");
    }
    let patch = |number: u128| json!([{"op": "add", "path": "/groups/-", "value": group(number)}]);
    let hidden = fixture.json_patch(SELF_ONLY, SELF_ONLY, &patch(SECRET)).await;
    let missing = fixture.json_patch(SELF_ONLY, SELF_ONLY, &patch(NO_GROUP)).await;
    assert_eq!(without(SECRET, &hidden.json), without(NO_GROUP, &missing.json), "{at}");
    assert!(fixture.user(SELF_ONLY).await.groups.is_empty());
}

async fn m6_answers_name_no_hidden_group(at: Setting) {
    let more = [grant_on_group(JOINER, P::AddUserToGroup, SECRET)];
    let fixture = Fixture::granting(at, &rows(), &more).await;
    // Dry runs and denials of member operations.
    for (by, number, user, query) in [
        (JOINER, SECRET, ALICE, "?dry_run=true"),
        (JOINER, ADMINS, ALICE, "?dry_run=true"),
        (JOINER, NIGHT, ALICE, ""),
        (REMOVER, NIGHT, ADMIN2, ""),
        (DESK, SECRET, ALICE, ""),
    ] {
        let action = if by == REMOVER { "remove_user" } else { "add_user" };
        let path = format!("groups/{}/{action}/{query}", group(number));
        let answer = fixture.json(by, "POST", &path, &json!({"pk": user})).await;
        assert!(!reveals(&answer.json.to_string()), "{at} {by} {path}: {}", answer.json);
    }
    // The user, after joining.
    assert_eq!(fixture.member(JOINER, "add_user", SECRET, ALICE).await.status, 204);
    for (by, method, path) in [
        (DESK, "GET", format!("users/{ALICE}/")),
        (DESK, "GET", format!("users/{HIDDEN}/")),
        (DESK, "GET", "users/?include_groups=true&page_size=50".to_owned()),
        (DESK, "PATCH", format!("users/{ALICE}/")),
        (DESK, "PATCH", format!("users/{ALICE}/?dry_run=true")),
    ] {
        let answer = fixture.json(by, method, &path, &json!({"name": "New name"})).await;
        assert_eq!(answer.status, 200, "{at} {path}");
        assert!(!reveals(&answer.json.to_string()), "{at} {method} {path}: {}", answer.json);
    }
    // Denials of updates name no group either.
    let answer = fixture.patch(DESK, ADMIN2, &json!({"groups": []})).await;
    assert_eq!(answer.status, 403);
    assert!(!reveals(&answer.json.to_string()), "{at}: {}", answer.json);
}

/// What GET shows can be sent back, hidden groups included.
async fn m6_hidden_groups_of_a_user_stay(at: Setting) {
    let fixture = Fixture::new(at).await;
    let path = format!("users/{HIDDEN}/");
    let shown = fixture.json(DESK, "GET", &path, &json!({})).await.json;
    let mut body = shown.clone();
    body["name"] = json!("Other");
    let answer = fixture.json(DESK, "PUT", &path, &body).await;
    assert_eq!(answer.status, 200, "{at}: {}", answer.json);
    assert_eq!(fixture.user(HIDDEN).await.groups, [group(SECRET)].into(), "{at}");
}

async fn m6_the_superuser_filter_counts_ancestors(at: Setting) {
    let fixture = Fixture::new(at).await;
    let find = async |flag: bool| {
        let path = format!("users/?is_superuser={flag}&page_size=50");
        let answer = fixture.json(VIEWER, "GET", &path, &json!({})).await;
        let ids = answer.json["results"].as_array().unwrap().iter();
        ids.map(|user| (user["pk"].as_i64().unwrap(), user["is_superuser"].clone())).collect::<Vec<_>>()
    };
    let (superusers, others) = (find(true).await, find(false).await);
    assert!(superusers.iter().all(|(_, shown)| *shown == true), "{at}: {superusers:?}");
    assert!(others.iter().all(|(_, shown)| *shown == false), "{at}: {others:?}");
    assert!(superusers.iter().any(|(id, _)| *id == ADMIN2), "{at}: {superusers:?}");
}

async fn m6_filters_by_hidden_groups_match_no_user(at: Setting) {
    let fixture = Fixture::new(at).await;
    let (secret, missing) = (group(SECRET).to_string(), group(9_999).to_string());
    for (name, values) in [
        ("groups_by_pk", [secret.as_str(), missing.as_str()]),
        ("groups_by_name", ["Hidden project", "Nothing"]),
    ] {
        for value in values {
            let path = format!("users/?{name}={}", value.replace(' ', "+"));
            let answer = fixture.json(DESK, "GET", &path, &json!({})).await;
            let message = format!("Select a valid choice. {value} is not one of the available choices.");
            assert_eq!(
                (answer.status.as_u16(), answer.json),
                (400, json!({name: [message]})),
                "{at} {value}"
            );
        }
    }
}
