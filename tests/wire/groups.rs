//! Groups, and the members that a caller may view.

use serde_json::{Value, json};
use userbook::{Policy, StaticPermissions, UserId, authz::Permission};
use userbook_tests::fixture::{
    ADMINS, ANN, BOSS, CHIEFS, DEVS, Directory, HELPER, Kind, MACHINE, ROOT, STAFF, UNPRIVILEGED, VIEWER,
    ask, directory, group_id, store,
};

on_every_database!(
    group_includes_its_members,
    filters_and_orders,
    callers_see_the_groups_they_may_view,
    hidden_members_are_left_out,
);

async fn get(api: &Directory, by: i64, path: &str) -> (u16, Value) {
    let answer = ask(api, Some(by), &format!("GET /core/groups/{path}"), &[], &Value::Null).await;
    (answer.status.as_u16(), answer.json)
}

async fn group_includes_its_members(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    let (status, group) = get(&api, ROOT, &format!("{}/", group_id(CHIEFS))).await;
    assert_eq!(status, 200);
    let boss = ask(&api, Some(ROOT), &format!("GET /core/users/{BOSS}/"), &[], &Value::Null).await.json;
    let member: Value = ["pk", "username", "name", "is_active", "last_login", "email", "attributes", "uid"]
        .into_iter()
        .map(|key| (key.to_owned(), boss[key].clone()))
        .collect();
    assert_eq!(
        group,
        json!({
            "pk": group_id(CHIEFS), "num_pk": group_id(CHIEFS).num_pk(), "name": "chiefs", "is_superuser": false,
            "parent": group_id(ADMINS), "parent_name": "admins", "users": [BOSS], "users_obj": [member],
            "attributes": {}, "roles": [], "roles_obj": [],
        })
    );
    let (_, bare) = get(&api, ROOT, &format!("{}/?include_users=false", group_id(CHIEFS))).await;
    assert_eq!((&bare["users"], &bare["users_obj"]), (&json!([BOSS]), &Value::Null));
    let (_, list) = get(&api, ROOT, "").await;
    assert_eq!(list["pagination"]["count"], 4);
    assert_eq!(list["results"][1], group);
    for unknown in [format!("{}/", group_id(99)), "zz/".to_owned()] {
        assert_eq!(get(&api, ROOT, &unknown).await, (404, json!({"detail": "Not found."})));
    }
}

async fn filters_and_orders(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for (query, expected) in [
        ("", "admins chiefs devs staff"),
        ("ordering=-name", "staff devs chiefs admins"),
        ("name=devs", "devs"),
        ("is_superuser=true", "admins"),
        ("search=ST", "staff"),
        ("members_by_pk=1&members_by_pk=2", "admins staff"),
        ("members_by_username=boss", "chiefs"),
        ("attributes=%7B%22a%22%3A1%7D", ""),
        ("page_size=1&page=3", "devs"),
        ("search=true", "admins"),
        ("ordering=-parent,name&page_size=1", "admins"),
    ] {
        let (status, list) = get(&api, ROOT, &format!("?{query}")).await;
        assert_eq!(status, 200, "{query}: {list}");
        let groups = list["results"].as_array().unwrap();
        let names: Vec<&str> = groups.iter().map(|group| group["name"].as_str().unwrap()).collect();
        assert_eq!(names.join(" "), expected, "{query}");
    }
    let faults =
        json!({"is_superuser": ["Must be a valid boolean."], "members_by_pk": ["“x” is not a valid value."]});
    assert_eq!(get(&api, ROOT, "?members_by_pk=x&is_superuser=maybe").await, (400, faults));
}

async fn callers_see_the_groups_they_may_view(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| {
        let granted = granted.grant(UserId(HELPER), Permission::ViewGroup);
        granted.grant_on_group(UserId(VIEWER), Permission::ViewGroup, group_id(STAFF))
    });
    let (staff, devs, none) = (group_id(STAFF), group_id(DEVS), group_id(99));
    for (by, count, statuses) in [
        (ROOT, Some(4), [200, 200, 404, 404]),
        (HELPER, Some(4), [200, 200, 404, 404]),
        (VIEWER, Some(1), [200, 404, 404, 404]),
        (UNPRIVILEGED, None, [403, 403, 403, 403]),
        (MACHINE, Some(0), [404, 404, 404, 404]),
    ] {
        let (status, list) = get(&api, by, "").await;
        assert_eq!(list["pagination"]["count"].as_u64(), count, "{by}");
        assert_eq!(status, if count.is_some() { 200 } else { 403 }, "{by}");
        let paths = [format!("{staff}/"), format!("{devs}/"), format!("{none}/"), "zz/".to_owned()];
        for (path, status) in paths.iter().zip(statuses) {
            assert_eq!(get(&api, by, path).await.0, status, "{by} {path}");
        }
    }
    let answer = ask(&api, None, "GET /core/groups/", &[], &Value::Null).await;
    assert_eq!(answer.status, 403);
}

async fn hidden_members_are_left_out(kind: Kind) {
    let store = store(kind).await;
    let grant = |granted: StaticPermissions| {
        let granted = granted.grant(UserId(UNPRIVILEGED), Permission::ViewGroup);
        granted.grant_on_user(UserId(UNPRIVILEGED), Permission::ViewUser, UserId(ANN))
    };
    let api = directory(&store, Policy::hardened(), grant);
    let (_, list) = get(&api, UNPRIVILEGED, "").await;
    assert_eq!(list["pagination"]["count"], 4);
    for group in list["results"].as_array().unwrap() {
        let expected = if group["name"] == "staff" { json!([ANN]) } else { json!([]) };
        assert_eq!(group["users"], expected);
        assert_eq!(group["users_obj"].as_array().unwrap().len(), expected.as_array().unwrap().len());
    }
    let text = list.to_string();
    assert!(!text.contains("root@example.com") && !text.contains("boss"), "{text}");
    // A hidden member is no choice of a filter, like a missing one.
    let bad = |name: &str, value: &str| json!({name: [format!("Select a valid choice. {value} is not one of the available choices.")]});
    for (query, error) in [
        ("members_by_pk=1", bad("members_by_pk", "1")),
        ("members_by_pk=99", bad("members_by_pk", "99")),
        ("members_by_pk=1&members_by_pk=2", bad("members_by_pk", "1")),
        ("members_by_username=root", bad("members_by_username", "root")),
        ("members_by_pk=2&members_by_username=boss", bad("members_by_username", "boss")),
    ] {
        assert_eq!(get(&api, UNPRIVILEGED, &format!("?{query}")).await, (400, error), "{query}");
    }
    let by_ann = get(&api, UNPRIVILEGED, "?members_by_pk=2&members_by_username=ann").await;
    assert_eq!(by_ann.1["pagination"]["count"], 1);

    // The recorded release shows all members.
    let api = directory(&store, Policy::authentik_2025_2(), grant);
    let (_, list) = get(&api, UNPRIVILEGED, "?members_by_username=boss").await;
    assert_eq!((&list["pagination"]["count"], &list["results"][0]["users"]), (&json!(1), &json!([BOSS])));
}
