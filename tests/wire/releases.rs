//! Release 2026.8: other fields and parameters, the same rules.

use http::{
    Request,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::{Value, json};
use userbook::{Limits, PermissionAuthorizer, Policy, StaticPermissions, UserId, authz::Permission};
use userbook_http::Release;
use userbook_tests::fixture::{
    ADMINS, ANN, CHIEFS, DEVS, Directory, HELPER, Kind, ROOT, STAFF, answer, api_of, directory_of, group_id,
    store,
};

on_every_store!(
    roles_are_refused_in_every_media_type,
    groups_have_a_list_of_parents,
    hidden_relatives_are_left_out,
    relatives_and_members_are_included_on_request,
    only_shown_attributes_count_towards_the_size,
    lists_filter_and_order_by_dates,
    parameters_of_a_later_release_are_ignored,
);

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const PATCH: &str = "application/json-patch+json";

async fn latest(kind: Kind) -> Directory {
    directory_of(Release::V2026_8, &store(kind).await, |granted| granted)
}

async fn send(api: &Directory, by: i64, request: &str, media_type: &str, body: &Value) -> (u16, Value) {
    let (method, path) = request.split_once(' ').unwrap();
    let request = Request::builder().method(method).uri(format!("/api/v3{path}"));
    let request = request.header(AUTHORIZATION, format!("Bearer {by}")).header(CONTENT_TYPE, media_type);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = answer(api.handle(request.body(body).unwrap()).await);
    (answer.status.as_u16(), answer.json)
}

async fn get(api: &Directory, by: i64, path: &str) -> (u16, Value) {
    send(api, by, &format!("GET /core/{path}"), JSON, &Value::Null).await
}

async fn roles_are_refused_in_every_media_type(kind: Kind) {
    let api = latest(kind).await;
    let role = "00000000-0000-4000-8000-0000000000cc";
    let refused = json!({"roles": [format!("Invalid pk \"{role}\" - object does not exist.")]});
    let patch = format!("PATCH /core/users/{ANN}/");
    for (request, media_type, body) in [
        (patch.as_str(), JSON, json!({"name": "x", "roles": [role]})),
        (&patch, MERGE, json!({"roles": [role]})),
        (&patch, PATCH, json!([{"op": "replace", "path": "/roles", "value": [role]}])),
        (
            &patch,
            PATCH,
            json!([{"op": "replace", "path": "/name", "value": "x"}, {"op": "add", "path": "/roles", "value": [role]}]),
        ),
        (&format!("PUT /core/users/{ANN}/"), JSON, json!({"username": "ann", "name": "x", "roles": [role]})),
        ("POST /core/users/", JSON, json!({"username": "new", "name": "x", "roles": [role]})),
        ("POST /core/groups/", JSON, json!({"name": "new", "roles": [role]})),
    ] {
        assert_eq!(
            send(&api, ROOT, request, media_type, &body).await,
            (400, refused.clone()),
            "{request} {body}"
        );
    }
    for (media_type, body) in [
        (JSON, json!({"roles": []})),
        (MERGE, json!({"roles": []})),
        (PATCH, json!([{"op": "test", "path": "/roles", "value": []}])),
    ] {
        let (status, user) = send(&api, ROOT, &patch, media_type, &body).await;
        assert_eq!((status, &user["roles"], &user["roles_obj"]), (200, &json!([]), &json!([])), "{body}");
    }
    let null = send(&api, ROOT, &patch, JSON, &json!({"roles": null})).await;
    assert_eq!(null, (400, json!({"roles": ["This field may not be null."]})));
    // A caller without the right to change the user learns nothing about the body.
    assert_eq!(send(&api, 5, &patch, JSON, &json!({"roles": [role]})).await.0, 403);
    let (_, user) = get(&api, ROOT, &format!("users/{ANN}/")).await;
    assert_eq!(user["name"], "ANN", "nothing is written");
}

async fn groups_have_a_list_of_parents(kind: Kind) {
    let api = latest(kind).await;
    let devs = format!("/core/groups/{}/", group_id(DEVS));
    let (staff, admins) = (group_id(STAFF), group_id(ADMINS));
    let patch = format!("PATCH {devs}");
    for (body, expected) in [
        (json!({"parents": [staff]}), json!([staff])),
        (json!({"name": "devs"}), json!([staff])),
        (json!({"parents": [staff, staff]}), json!([staff])),
        (json!({"parent": admins}), json!([staff])),
        (json!({"parents": []}), json!([])),
    ] {
        let (status, group) = send(&api, ROOT, &patch, JSON, &body).await;
        assert_eq!((status, &group["parents"]), (200, &expected), "{body}");
        assert!(group.get("parent").is_none() && group.get("parent_name").is_none());
    }
    send(&api, ROOT, &patch, JSON, &json!({"parents": [staff]})).await;
    let (_, replaced) = send(&api, ROOT, &format!("PUT {devs}"), JSON, &json!({"name": "devs"})).await;
    assert_eq!(replaced["parents"], json!([]), "a PUT without parents clears them");
    for (body, message) in [
        (json!({"parents": [staff, admins]}), "A group has at most one parent.".to_owned()),
        (json!({"parents": [group_id(DEVS)]}), "Cannot set group as parent of itself.".to_owned()),
        (json!({"parents": null}), "This field may not be null.".to_owned()),
        (json!({"parents": staff}), "Expected a list of items but got type \"str\".".to_owned()),
        (json!({"parents": ["x"]}), "“x” is not a valid UUID.".to_owned()),
        (
            json!({"parents": [group_id(99)]}),
            format!("Invalid pk \"{}\" - object does not exist.", group_id(99)),
        ),
    ] {
        assert_eq!(
            send(&api, ROOT, &patch, JSON, &body).await,
            (400, json!({"parents": [message]})),
            "{body}"
        );
    }
    let preview = format!("PATCH {devs}?dry_run=true");
    let (status, preview) = send(&api, ROOT, &preview, JSON, &json!({"parents": [staff]})).await;
    assert_eq!((status, &preview["group"]["parents"]), (200, &json!([staff])));
    // The rule is the same: the caller may not place a group below one that grants superuser status.
    let api = directory_of(Release::V2026_8, &store(kind).await, |granted| {
        let writes = [Permission::ViewGroup, Permission::ChangeGroup];
        writes.into_iter().fold(granted, |all, permission| all.grant(UserId(HELPER), permission))
    });
    let body = json!({"parents": [admins], "users": [ANN]});
    let (status, denied) = send(&api, HELPER, &patch, JSON, &body).await;
    assert_eq!((status, &denied["code"]), (403, &json!("grants_superuser")), "{denied}");
}

async fn hidden_relatives_are_left_out(kind: Kind) {
    let only_chiefs = |granted: StaticPermissions| {
        granted.grant_on_group(UserId(HELPER), Permission::ViewGroup, group_id(CHIEFS))
    };
    let api = directory_of(Release::V2026_8, &store(kind).await, only_chiefs);
    let chiefs = format!("groups/{}/?include_parents=true", group_id(CHIEFS));
    let (status, group) = get(&api, HELPER, &chiefs).await;
    assert_eq!(
        (status, &group["parents"]),
        (200, &json!([group_id(ADMINS)])),
        "ids are shown, as in `parent`"
    );
    assert_eq!(group["parents_obj"], json!([]));
    let only_admins = |granted: StaticPermissions| {
        granted.grant_on_group(UserId(HELPER), Permission::ViewGroup, group_id(ADMINS))
    };
    let api = directory_of(Release::V2026_8, &store(kind).await, only_admins);
    let admins = format!("groups/{}/?include_children=true", group_id(ADMINS));
    let (_, group) = get(&api, HELPER, &admins).await;
    assert_eq!((&group["children"], &group["children_obj"]), (&json!([]), &json!([])));
    let (_, group) = get(&api, ROOT, &admins).await;
    assert_eq!(group["children"], json!([group_id(CHIEFS)]));
}

/// The error about a response that is too large names the parameter that makes it smaller.
async fn only_shown_attributes_count_towards_the_size(kind: Kind) {
    let store = store(kind).await;
    let api = directory_of(Release::V2026_8, &store, |granted| granted);
    let heavy = json!({"attributes": {"text": "x".repeat(60_000)}});
    let (admins, chiefs) = (format!("groups/{}/", group_id(ADMINS)), format!("groups/{}/", group_id(CHIEFS)));
    for path in [&chiefs, &format!("users/{ANN}/")] {
        let (status, answer) = send(&api, ROOT, &format!("PATCH /core/{path}"), JSON, &heavy).await;
        assert_eq!(status, 200, "{answer}");
    }
    let (status, _) =
        send(&api, ROOT, &format!("PATCH /core/{admins}"), JSON, &json!({"users": [ROOT, ANN]})).await;
    assert_eq!(status, 200);
    let policy = Policy::hardened().with_limits(Limits { page_bytes: 50_000, ..Limits::default() });
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let api = Directory::from(api_of(Release::V2026_8, &store, policy, authorizer));

    let (children, brief) = (json!([group_id(CHIEFS)]), "include_users=false");
    let list = "groups/?ordering=name&page_size=1&include_users=false";
    for (request, body, member) in [
        (format!("GET /core/{admins}?{brief}"), Value::Null, "/children"),
        (format!("GET /core/{list}"), Value::Null, "/results/0/children"),
        (format!("PATCH /core/{admins}?{brief}"), json!({"attributes": {"n": 1}}), "/children"),
        (format!("PUT /core/{admins}?{brief}"), json!({"name": "admins", "users": [ROOT, ANN]}), "/children"),
    ] {
        let (status, answer) = send(&api, ROOT, &request, JSON, &body).await;
        assert_eq!((status, answer.pointer(member)), (200, Some(&children)), "{request}: {answer}");
    }
    for (request, body, parameter) in [
        (format!("GET /core/{admins}?{brief}&include_children=true"), Value::Null, "include_children"),
        (format!("GET /core/{list}&include_children=true"), Value::Null, "include_children"),
        (
            format!("PATCH /core/{admins}?{brief}&include_children=true"),
            json!({"name": "x"}),
            "include_children",
        ),
        (
            format!("PUT /core/{admins}?{brief}&include_children=true"),
            json!({"name": "x", "users": []}),
            "include_children",
        ),
        (format!("GET /core/{admins}"), Value::Null, "include_users"),
        (format!("PATCH /core/{admins}"), json!({"name": "x"}), "include_users"),
    ] {
        let (status, answer) = send(&api, ROOT, &request, JSON, &body).await;
        assert_eq!(status, 400, "{request}: {answer}");
        assert!(answer.get(parameter).is_some(), "{request}: {answer}");
    }
    let (status, used_by) = get(&api, ROOT, &format!("{admins}used_by/")).await;
    let names: Vec<_> =
        used_by.as_array().unwrap().iter().map(|object| object["name"].as_str().unwrap()).collect();
    assert_eq!((status, names), (200, vec!["Group chiefs", "root", "ann"]));
}

async fn relatives_and_members_are_included_on_request(kind: Kind) {
    let api = latest(kind).await;
    let related = |number: u128, name: &str, is_superuser: bool| {
        let pk = group_id(number);
        json!({"pk": pk, "name": name, "is_superuser": is_superuser, "attributes": {}, "group_uuid": pk})
    };
    let all = "include_users=false&include_parents=true&include_children=True&include_inherited_roles=true";
    let (_, page) = get(&api, ROOT, &format!("groups/?ordering=name&{all}")).await;
    assert_eq!(page["autocomplete"], json!({}));
    let shown = |name: &str, member: &str| {
        let groups = page["results"].as_array().unwrap();
        groups.iter().find(|group| group["name"] == name).unwrap()[member].clone()
    };
    assert_eq!(shown("chiefs", "parents_obj"), json!([related(ADMINS, "admins", true)]));
    assert_eq!(shown("admins", "children_obj"), json!([related(CHIEFS, "chiefs", false)]));
    assert_eq!(shown("admins", "children"), json!([group_id(CHIEFS)]));
    assert_eq!(
        (shown("admins", "users_obj"), shown("staff", "inherited_roles_obj")),
        (Value::Null, json!([]))
    );
    let (_, page) = get(&api, ROOT, "groups/?include_children=yes").await;
    assert_eq!(page["results"][0]["children_obj"], Value::Null, "only `true` includes");
}

async fn lists_filter_and_order_by_dates(kind: Kind) {
    let api = latest(kind).await;
    let (_, made) =
        send(&api, ROOT, "POST /core/users/", JSON, &json!({"username": "new", "name": "New"})).await;
    let joined = made["date_joined"].as_str().unwrap().replace('+', "%2B");
    let (_, all) = get(&api, ROOT, "users/?ordering=-date_joined").await;
    assert_eq!(all["results"][0]["username"], "new");
    for (query, finds_new) in [
        (format!("date_joined={joined}"), true),
        (format!("date_joined__gt={joined}"), false),
        ("date_joined__gt=2001-01-01T00:00:00Z".to_owned(), true),
        ("date_joined__lt=2001-01-01T00:00:00Z".to_owned(), false),
        (format!("last_updated={joined}"), true),
        ("last_login__isnull=true".to_owned(), true),
        ("last_login__isnull=false".to_owned(), false),
        ("last_login__gt=2001-01-01T00:00Z".to_owned(), false),
    ] {
        let (status, page) = get(&api, ROOT, &format!("users/?username=new&{query}")).await;
        assert_eq!((status, &page["pagination"]["count"]), (200, &json!(u8::from(finds_new))), "{query}");
    }
    for (query, message) in [
        ("date_joined=yesterday", "Enter a valid date/time."),
        ("last_updated__lt=x", "Enter a valid date/time."),
        ("roles_by_name=admin", "Select a valid choice. admin is not one of the available choices."),
        ("roles_by_pk=x", "“x” is not a valid UUID."),
    ] {
        let name = query.split('=').next().unwrap();
        assert_eq!(
            get(&api, ROOT, &format!("users/?{query}")).await,
            (400, json!({name: [message]})),
            "{query}"
        );
    }
}

async fn parameters_of_a_later_release_are_ignored(kind: Kind) {
    let api = directory_of(Release::V2025_2, &store(kind).await, |granted| granted);
    let (_, all) = get(&api, ROOT, "users/").await;
    for query in ["date_joined=x", "last_login__isnull=x", "roles_by_pk=x", "ordering=date_joined"] {
        assert_eq!(get(&api, ROOT, &format!("users/?{query}")).await, (200, all.clone()), "{query}");
    }
    assert!(all.get("autocomplete").is_none());
    let body = json!({"roles": ["x"]});
    assert_eq!(send(&api, ROOT, &format!("PATCH /core/users/{ANN}/"), JSON, &body).await.0, 200);
    let body = json!({"name": "devs", "parents": "x"});
    assert_eq!(
        send(&api, ROOT, &format!("PATCH /core/groups/{}/", group_id(DEVS)), JSON, &body).await.0,
        200
    );
}
