//! The list of users.

use serde_json::{Value, json};
use userbook::{Policy, UserId, authz::Permission};
use userbook_tests::fixture::{
    ADMINS, ANN, BOSS, CHIEFS, Directory, HELPER, Kind, MACHINE, ROOT, STAFF, UNPRIVILEGED, VIEWER, ask,
    directory, group_id, store,
};

on_every_database!(
    page_has_the_recorded_envelope,
    listed_user_equals_the_single_user,
    filters_and_orders,
    invalid_parameters_are_reported_by_name,
    only_users_that_the_caller_may_view_are_listed,
    invalid_parameters_are_reported_after_authorization,
);

async fn names(api: &Directory, by: i64, query: &str) -> Vec<String> {
    let answer = ask(api, Some(by), &format!("GET /core/users/?{query}"), &[], &Value::Null).await;
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    let users = answer.json["results"].as_array().unwrap();
    users.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

async fn page_has_the_recorded_envelope(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    let answer = ask(&api, Some(ROOT), "GET /core/users/?page=2&page_size=3", &[], &Value::Null).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json["pagination"],
        json!({
            "next": 3, "previous": 1, "count": 7, "current": 2, "total_pages": 3, "start_index": 4, "end_index": 6,
        })
    );
    assert_eq!(answer.json["results"].as_array().unwrap().len(), 3);
    assert_eq!(answer.header("etag"), None);
    let none = ask(&api, Some(ROOT), "GET /core/users/?username=zoe", &[], &Value::Null).await;
    assert_eq!((&none.json["pagination"]["count"], &none.json["results"]), (&json!(0), &json!([])));
    for page in ["page=4&page_size=3", "page=0", "page=x", "page=2", "page=9223372036854775808"] {
        let answer = ask(&api, Some(ROOT), &format!("GET /core/users/?{page}"), &[], &Value::Null).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json),
            (404, json!({"detail": "Invalid page."})),
            "{page}"
        );
    }
    let mut pages = Vec::new();
    for page in 1..=7 {
        pages.extend(names(&api, ROOT, &format!("page={page}&page_size=1")).await);
    }
    assert_eq!(pages, ["ann", "boss", "helper", "machine", "outsider", "root", "viewer"]);
}

async fn listed_user_equals_the_single_user(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for (query, include) in [("", true), ("include_groups=false", false)] {
        let list = ask(&api, Some(VIEWER), &format!("GET /core/users/?{query}"), &[], &Value::Null).await;
        for user in list.json["results"].as_array().unwrap() {
            let one = format!("GET /core/users/{}/?{query}", user["pk"]);
            assert_eq!(&ask(&api, Some(VIEWER), &one, &[], &Value::Null).await.json, user);
            assert_eq!(user["groups_obj"].is_array(), include);
        }
    }
}

async fn filters_and_orders(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    let staff = group_id(STAFF);
    for (query, expected) in [
        ("username=ann", "ann"),
        ("username=Ann", ""),
        ("username=+ann+", "ann"),
        ("email=boss@example.com", "boss"),
        ("name=ROOT", "root"),
        ("uuid=00000000-0000-0000-0000-000000000102", "ann"),
        ("is_active=False&username=ann", ""),
        ("is_active=true&username=ann", "ann"),
        ("is_superuser=true", "boss root"),
        ("is_superuser=false", "ann helper machine outsider viewer"),
        ("type=external&type=internal_service_account", "machine outsider"),
        ("path=users&path_startswith=us&username=ann", "ann"),
        ("path=nowhere", ""),
        (&format!("groups_by_pk={staff}"), "ann"),
        (&format!("groups_by_pk={staff}&groups_by_pk={}", group_id(ADMINS)), "ann root"),
        ("groups_by_name=chiefs", "boss"),
        ("search=OO&attributes=%7B%22team__icontains%22%3A%22RE%22%7D", "root"),
        ("attributes=%7B%22team%22%3A%22red%22%7D&search=oo", "root"),
        ("attributes=%7B%22team%22%3A%22blue%22%7D", ""),
        ("search=BOSS,example", "boss"),
        ("ordering=-pk&type=internal", "boss viewer helper ann root"),
        ("ordering=type,-username", "outsider viewer root helper boss ann machine"),
        ("ordering=nonsense&type=external", "outsider"),
        ("unknown=1&username=ann", "ann"),
    ] {
        assert_eq!(names(&api, ROOT, query).await.join(" "), expected, "{query}");
    }
}

async fn invalid_parameters_are_reported_by_name(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    let query = "uuid=7&is_active=perhaps&type=robot&groups_by_pk=zz&groups_by_name=nowhere\
                 &attributes=%5B%5D&email=%00&page=0";
    let answer = ask(&api, Some(ROOT), &format!("GET /core/users/?{query}"), &[], &Value::Null).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json,
        json!({
            "uuid": ["Enter a valid UUID."],
            "is_active": ["Must be a valid boolean."],
            "type": ["Select a valid choice. robot is not one of the available choices."],
            "groups_by_pk": ["“zz” is not a valid UUID."],
            "groups_by_name": ["Select a valid choice. nowhere is not one of the available choices."],
            "email": ["Null characters are not allowed."],
        })
    );
    let problem = [("accept", "application/problem+json")];
    let answer = ask(&api, Some(ROOT), "GET /core/users/?uuid=7", &problem, &Value::Null).await;
    let fault = &answer.json["errors"][0];
    assert_eq!((&fault["parameter"], &fault["field"]), (&json!("uuid"), &Value::Null));
}

async fn only_users_that_the_caller_may_view_are_listed(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| {
        let on = |granted: userbook::StaticPermissions, user| {
            granted.grant_on_user(UserId(UNPRIVILEGED), Permission::ViewUser, UserId(user))
        };
        on(on(granted, ANN), 99)
    });
    assert_eq!(names(&api, VIEWER, "").await.len(), 7);
    assert_eq!(names(&api, HELPER, "").await.len(), 7);
    assert_eq!(names(&api, UNPRIVILEGED, "").await, ["ann"]);
    assert!(names(&api, UNPRIVILEGED, "username=root").await.is_empty());
    assert!(names(&api, UNPRIVILEGED, "search=boss").await.is_empty());
    // An internal service account without view permissions gets an empty list, as recorded.
    assert!(names(&api, MACHINE, "").await.is_empty());
    assert_eq!(names(&api, BOSS, &format!("groups_by_pk={}", group_id(CHIEFS))).await, ["boss"]);
    let api = directory(&store, Policy::authentik_2025_2(), |granted| granted);
    for (by, detail) in [
        (Some(UNPRIVILEGED), "You do not have permission to perform this action."),
        (None, "Authentication credentials were not provided."),
    ] {
        let answer = ask(&api, by, "GET /core/users/?username=ann", &[], &Value::Null).await;
        assert_eq!((answer.status.as_u16(), answer.json), (403, json!({ "detail": detail })), "{by:?}");
    }
    // The recorded release considers direct groups only.
    assert_eq!(names(&api, ROOT, "is_superuser=true").await, ["root"]);
}

async fn invalid_parameters_are_reported_after_authorization(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for list in ["users", "groups"] {
        for query in ["is_superuser=x", "page=0", "page=9"] {
            let target = format!("GET /core/{list}/?{query}");
            let denied = ask(&api, Some(UNPRIVILEGED), &target, &[], &Value::Null).await;
            assert_eq!(denied.status, 403, "{target}");
            assert_eq!(ask(&api, None, &target, &[], &Value::Null).await.status, 403, "{target}");
            let answered = ask(&api, Some(ROOT), &target, &[], &Value::Null).await.status.as_u16();
            assert_eq!(answered, if query.starts_with("page") { 404 } else { 400 }, "{target}");
        }
    }
}
