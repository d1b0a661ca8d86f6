//! Requests on lists and groups never fail with 500, and the memory store and SQLite respond identically.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::Value;
use userbook::{Policy, UserId, authz::Permission};
use userbook_tests::fixture::{Kind, UNPRIVILEGED, directory, events, row, store};

const NAMES: &[&str] = &[
    "attributes",
    "email",
    "groups_by_name",
    "groups_by_pk",
    "include_groups",
    "include_users",
    "is_active",
    "is_superuser",
    "members_by_pk",
    "members_by_username",
    "name",
    "ordering",
    "page",
    "page_size",
    "path",
    "path_startswith",
    "search",
    "type",
    "username",
    "uuid",
    "dry_run",
    "format",
];

const VALUES: &[&str] = &[
    "",
    "ann",
    "ANN",
    "root",
    "staff",
    "admins",
    "users",
    "u",
    "%25",
    "_",
    "true",
    "false",
    "1",
    "2",
    "3",
    "-1",
    "0",
    "internal",
    "external",
    "robot",
    "username",
    "-pk,username",
    "-last_login,type",
    "name,-name",
    "%00",
    "%FF",
    "00000000-0000-0000-0000-000000000005",
    "00000000-0000-0000-0000-000000000102",
    "%7B%22team%22:%22red%22%7D",
    "%7B%22settings%22:%7B%22theme%22:%22dark%22%7D%7D",
    "%7B%22a%22:%5B1e400%5D%7D",
    "%5B%5D",
    "%7B",
    "%7B%22team__iexact%22:%22RED%22%7D",
    "%7B%22team__isnull%22:true%7D",
    "%7B%22team__gte%22:%22a%22,%22n__lt%22:2%7D",
    "%7B%22contains%22:%7B%22team%22:%22red%22%7D,%22has_key%22:%22team%22%7D",
    "%7B%22settings__theme__in%22:%5B%22dark%22,1%5D%7D",
    "%7B%22team__regex%22:%22(%22%7D",
    "ANN+TR%C3%9CE,example",
    "%22team%22:+%22RED%22",
    "xml",
    "json",
    "a,n+e",
    "n%C3%A4%F0%9F%A6%80",
    "%27;--",
    "%22",
    "%5C",
    "9223372036854775807",
    "9223372036854775808",
    "1e9",
];

fn query() -> impl Strategy<Value = String> {
    let value = prop_oneof![12 => select(VALUES).prop_map(str::to_owned), 1 => "[a-z%0-9+,-]{0,12}"];
    let pair = (select(NAMES), value).prop_map(|(name, value)| format!("{name}={value}"));
    vec(pair, 0..4).prop_map(|pairs| pairs.join("&"))
}

fn target() -> impl Strategy<Value = (&'static str, String)> {
    let group = select(vec![
        "00000000-0000-0000-0000-000000000005",
        "0000000000000000000000000000000A",
        "00000000-0000-0000-0000-00000000000c",
        "00000000-0000-0000-0000-000000000099",
        "zz",
        "%00",
    ]);
    let list = select(vec![
        "core/users/",
        "core/users/",
        "core/users/",
        "core/users/paths/",
        "core/groups/",
        "core/groups/",
    ]);
    prop_oneof![
        6 => list.prop_map(|list| ("GET", list.to_owned())),
        2 => group.clone().prop_map(|group| ("GET", format!("core/groups/{group}/"))),
        4 => (group, any::<bool>()).prop_map(|(group, joins)| {
            ("POST", format!("core/groups/{group}/{}_user/", if joins { "add" } else { "remove" }))
        }),
        1 => (select(vec!["GET", "PUT", "OPTIONS", "HEAD"]), select(vec!["core/users/me/", "root/config/"]))
            .prop_map(|(method, path)| (method, path.to_owned())),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => select(vec![
            r#"{"pk": 1}"#, r#"{"pk": 2}"#, r#"{"pk": "2"}"#, r#"{"pk": 6}"#, r#"{"pk": 99}"#, r#"{"pk": 1e300}"#,
            r#"{"pk": null}"#, "{}", "", "[2]", "{", r#"{"pk": 99999999999999999999999999}"#,
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..24),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn stores_answer_alike_and_cleanly(
        (method, path) in target(),
        query in query(),
        body in body(),
        by in select(vec![1_i64, 1, 3, 4, UNPRIVILEGED, 6, 7, 99]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let [memory, sqlite] = [Kind::Memory, Kind::Sqlite].map(|kind| {
            let request = Request::builder()
                .method(method)
                .uri(format!("/api/v3/{path}?{query}"))
                .header("authorization", format!("Bearer {by}"))
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(body.clone())));
            // Skip targets that HTTP cannot express.
            let request = request.ok()?;
            Some(runtime.block_on(async {
                let store = store(kind).await;
                let api = directory(&store, Policy::hardened(), |granted| {
                    granted
                        .grant_on_user(UserId(UNPRIVILEGED), Permission::ViewUser, UserId(2))
                        .grant(UserId(UNPRIVILEGED), Permission::ViewGroup)
                        .grant(UserId(UNPRIVILEGED), Permission::AddUserToGroup)
                });
                let response = api.handle(request).await;
                let body: Option<Value> = match response.body() {
                    nothing if nothing.is_empty() => None,
                    body => Some(serde_json::from_slice(body).expect("bodies are JSON")),
                };
                let mut rows = Vec::new();
                for user in 1..=7 {
                    let user = row(&store, user).await;
                    rows.push((user.groups, user.version));
                }
                (response.status(), body, rows, events(&store).await.len())
            }))
        });
        if let Some((status, body, ..)) = &memory {
            prop_assert!(status.as_u16() < 500, "{status} {body:?}");
        }
        prop_assert_eq!(memory, sqlite);
    }
}
