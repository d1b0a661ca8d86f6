//! Other ways to learn what a caller may not see: headers and parameters, lists, entity tags, JSON Patch tests.

use http_body_util::Full;
use serde_json::{Value, json};
use userbook::{Actor, NewGroup, authz::Permission as P};
use userbook_tests::fixture::Answer;

use crate::{
    fixture::*,
    setting::{Rights, Setting, everywhere},
};

everywhere!(
    c2_headers_and_parameters_of_denied_callers_have_no_effect,
    c2_parameters_of_denied_lists_have_no_effect,
    c2_filters_match_visible_users_alone,
    c2_filters_of_groups_match_visible_members_alone,
    c2_members_that_are_not_visible_do_not_exist,
    m6_single_hidden_groups_do_not_exist,
    m6_tests_of_a_json_patch_see_no_hidden_group,
    m6_entity_tags_do_not_depend_on_hidden_groups,
);

/// Headers and parameters that an update understands, well-formed and not.
const VARIANTS: [(&str, &[(&str, &str)]); 12] = [
    ("", &[]),
    ("", &[("if-match", "*")]),
    ("", &[("if-match", "\"00000000000000000000000000001000.0\"")]),
    ("", &[("if-match", "nonsense")]),
    ("", &[("if-none-match", "*")]),
    ("", &[("x-request-id", "one"), ("prefer", "return=minimal")]),
    ("", &[("content-length", "99999999999")]),
    ("", &[("content-encoding", "gzip")]),
    ("?dry_run=true", &[]),
    ("?dry_run=nonsense", &[]),
    ("?allow_self_lockout=true&include_groups=false", &[]),
    ("?include_groups=nonsense&include_groups=%FF", &[]),
];

async fn c2_headers_and_parameters_of_denied_callers_have_no_effect(at: Setting) {
    let fixture = Fixture::new(at).await;
    for by in [None, Some(NO_RIGHTS), Some(SELF_ONLY), Some(ONLY_ONE)] {
        let mut seen = Vec::new();
        for (query, headers) in VARIANTS {
            for target in [ADMIN, HIDDEN, MISSING] {
                let mut request = head(by, "PATCH", &format!("users/{target}/{query}"), JSON);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                let answer = fixture.request(request.body(full(&json!({"name": "x"}))).unwrap()).await;
                let work = fixture.work().await;
                seen.push((format!("{query} {headers:?} {target}"), (answer.status, answer.json, work)));
            }
        }
        let expected = &seen[0].1;
        assert!(expected.0 == 403 || expected.0 == 404, "{at} {by:?}");
        for (variant, seen) in &seen {
            assert_eq!(seen, expected, "{at} {by:?} {variant}");
        }
    }
}

async fn c2_parameters_of_denied_lists_have_no_effect(at: Setting) {
    let fixture = Fixture::new(at).await;
    for by in [None, Some(NO_RIGHTS)] {
        for list in ["users", "groups"] {
            let mut seen = Vec::new();
            for query in [
                "",
                "?search=admin",
                "?page=99",
                "?page=x&page_size=x&ordering=x",
                "?attributes=%5B&is_active=x&uuid=x&type=x&groups_by_pk=x&members_by_pk=x",
                "?username=admin&is_superuser=true",
            ] {
                let request = head(by, "GET", &format!("{list}/{query}"), JSON);
                let answer = fixture.request(request.body(Full::<bytes::Bytes>::default()).unwrap()).await;
                seen.push((answer.status, answer.json, fixture.work().await));
            }
            assert_eq!(seen[0].0, 403, "{at} {by:?}");
            assert!(seen.iter().all(|it| *it == seen[0]), "{at} {by:?} {list}: {seen:#?}");
        }
    }
}

/// The ids and the count of a page.
fn page(answer: &Answer) -> (Vec<Value>, Value) {
    let results = answer.json["results"].as_array().unwrap();
    (results.iter().map(|row| row["pk"].clone()).collect(), answer.json["pagination"]["count"].clone())
}

async fn c2_filters_match_visible_users_alone(at: Setting) {
    let fixture = Fixture::new(at).await;
    let hidden = fixture.user(HIDDEN).await;
    let uuid = format!("uuid={}", hidden.uuid);
    for filter in [
        "username=hidden",
        "search=hidden",
        "search=DE123",
        "email=root@example.com",
        "name=ADMIN",
        "is_active=false",
        "is_superuser=true",
        "type=service_account",
        "attributes=%7B%22pin%22%3A4711%7D",
        "attributes=%7B%22mfa%22%3A%7B%22seed%22%3A%22SECRET1%22%7D%7D",
        "last_login__isnull=false&username=admin",
        "path=users&username=admin",
        "path_startswith=u&search=admin",
        &uuid,
    ] {
        let answer = fixture.get(SELF_ONLY, &format!("users/?{filter}")).await;
        assert_eq!(page(&answer), (vec![], json!(0)), "{at} {filter}: {}", answer.json);
    }
    for column in ["username", "-username", "name", "-email", "date_joined", "last_login", "-is_active", "pk"]
    {
        let answer = fixture.get(SELF_ONLY, &format!("users/?ordering={column}&page_size=1")).await;
        assert_eq!(page(&answer), (vec![json!(SELF_ONLY)], json!(1)), "{at} {column}");
    }
}

async fn c2_filters_of_groups_match_visible_members_alone(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &[grant_on_user(GROUP_VIEWER, P::ViewUser, ALICE)]).await;
    // A hidden user and a missing one get the same error.
    for (name, values) in
        [("members_by_pk", ["10", "1", "999"]), ("members_by_username", ["hidden", "admin", "x"])]
    {
        for value in values {
            let answer = fixture.get(GROUP_VIEWER, &format!("groups/?{name}={value}")).await;
            let message = format!("Select a valid choice. {value} is not one of the available choices.");
            assert_eq!(
                (answer.status.as_u16(), answer.json),
                (400, json!({name: [message]})),
                "{at} {value}"
            );
        }
    }
    // Lists under Cedar policies show the own account alone.
    let answer = fixture.get(GROUP_VIEWER, "groups/?members_by_pk=8").await;
    if at.rights == Rights::Permissions {
        assert_eq!(page(&answer).0, vec![json!(group(STAFF))], "{at}");
    } else {
        assert_eq!(answer.status, 400, "{at}");
    }
    let answer = fixture.get(GROUP_VIEWER, "groups/?page_size=50").await;
    for group in answer.json["results"].as_array().unwrap() {
        let members = group["users"].as_array().unwrap();
        assert!(members.iter().all(|member| *member == ALICE), "{at}: {members:?}");
    }
}

async fn c2_members_that_are_not_visible_do_not_exist(at: Setting) {
    let more = [
        grant_on_group(SELF_ONLY, P::AddUserToGroup, STAFF),
        grant_on_group(SELF_ONLY, P::RemoveUserFromGroup, STAFF),
    ];
    let fixture = Fixture::granting(at, &rows(), &more).await;
    for action in ["add_user", "remove_user"] {
        for query in ["", "?dry_run=true"] {
            let mut seen = Vec::new();
            for user in [HIDDEN, ALICE, ADMIN, OUTPOST, ANONYMOUS, MISSING] {
                let path = format!("groups/{}/{action}/{query}", group(STAFF));
                let answer = fixture.json(SELF_ONLY, "POST", &path, &json!({"pk": user})).await;
                seen.push((answer.status, answer.json, fixture.work().await));
            }
            assert_eq!(seen[0].0, 404, "{at} {action}");
            assert!(seen.iter().all(|it| *it == seen[0]), "{at} {action} {query}: {seen:#?}");
        }
    }
}

/// A caller who sees one of the own groups, which is below a hidden one.
async fn m6_single_hidden_groups_do_not_exist(at: Setting) {
    let mut rows = rows();
    for user in rows.users.iter_mut().filter(|user| user.id.0 == VIEWER) {
        user.groups = [group(STAFF)].into();
    }
    for staff in rows.groups.iter_mut().filter(|it| it.id == group(STAFF)) {
        staff.parent = Some(group(SECRET));
    }
    let fixture = Fixture::granting(at, &rows, &[grant_on_group(VIEWER, P::ViewGroup, STAFF)]).await;
    for method in ["GET", "HEAD", "OPTIONS"] {
        for query in ["", "?include_users=false"] {
            let mut seen = Vec::new();
            for number in [SECRET, ADMINS, NIGHT, NO_GROUP] {
                let path = format!("groups/{}/{query}", group(number));
                let answer = fixture.json(VIEWER, method, &path, &json!({})).await;
                seen.push((answer.status, answer.json, fixture.work().await));
            }
            assert!(seen.iter().all(|it| *it == seen[0]), "{at} {method} {query}: {seen:#?}");
        }
    }
    for path in [&format!("groups/{}/", group(STAFF)), "groups/", "groups/?ordering=-name", "users/14/"] {
        let text = fixture.get(VIEWER, path).await.json.to_string();
        assert!(text.contains("Staff") && !reveals(&text), "{at} {path}: {text}");
    }
    for filter in
        ["search=Hidden", "name=Hidden+project", "attributes=%7B%22budget%22%3A42%7D", "is_superuser=true"]
    {
        let answer = fixture.get(VIEWER, &format!("groups/?{filter}")).await;
        assert_eq!(page(&answer), (vec![], json!(0)), "{at} {filter}: {}", answer.json);
    }
}

async fn m6_tests_of_a_json_patch_see_no_hidden_group(at: Setting) {
    let fixture = Fixture::new(at).await;
    let test = |path: &str, value: Value| json!([{"op": "test", "path": path, "value": value}]);
    let pairs = [
        (test("/groups_obj/0/name", json!("Hidden project")), test("/groups_obj/0/name", json!("Other"))),
        (
            test("/groups_obj/0/attributes/budget", json!(42)),
            test("/groups_obj/0/attributes/budget", json!(43)),
        ),
        (test("/groups_obj/0/is_superuser", json!(false)), test("/groups_obj/0/is_superuser", json!(true))),
    ];
    for (right, wrong) in pairs {
        let right = fixture.json_patch(DESK, HIDDEN, &right).await;
        let wrong = fixture.json_patch(DESK, HIDDEN, &wrong).await;
        assert_eq!(right.status, 409, "{at}: {}", right.json);
        assert_eq!((right.status, right.json), (wrong.status, wrong.json), "{at}");
    }
    let copy = json!([{"op": "copy", "from": "/groups_obj/0/name", "path": "/name"}]);
    let answer = fixture.json_patch(DESK, HIDDEN, &copy).await;
    assert!(answer.status == 400 && !reveals(&answer.json.to_string()), "{at}: {}", answer.json);
}

async fn m6_entity_tags_do_not_depend_on_hidden_groups(at: Setting) {
    let fixture = Fixture::new(at).await;
    let path = format!("users/{HIDDEN}/");
    let before = fixture.get(DESK, &path).await.etag();
    let seen_by_superuser = fixture.get(ADMIN, &path).await.etag();
    let renamed = NewGroup::new("Renamed").attributes(json!({"budget": 43}));
    fixture.service().put_group(&Actor::system(), group(SECRET), renamed).await.unwrap();
    assert_eq!(fixture.get(DESK, &path).await.etag(), before, "{at}");
    assert_ne!(fixture.get(ADMIN, &path).await.etag(), seen_by_superuser, "{at}");
}
