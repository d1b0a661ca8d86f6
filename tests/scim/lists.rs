//! Lists: filters, orders, pages, search.

use serde_json::{Value, json};
use userbook::StaticPermissions;
use userbook_scim::Strictness;
use userbook_tests::fixture::Kind;

use crate::{
    on_each_store,
    provider::{ENTERPRISE, Provider, USER, patch},
};

on_each_store!(
    filters_find_users,
    orders_and_pages,
    filters_find_groups,
    search_has_the_parameters_in_the_body,
    strictly_a_search_names_its_schema,
    repeated_attributes_are_joined,
    further_addresses_are_found_beside_primary_ones,
    names_of_groups_are_found_in_every_case,
    case_does_not_matter_where_the_schema_says_so,
);

/// Five users; `u3` is inactive.
async fn filled(kind: Kind) -> Provider {
    let provider = Provider::new(kind).await;
    for (n, title) in [(1, "Zoo"), (2, "alpha"), (3, "Beta"), (4, "Zoo"), (5, "gamma")] {
        let body = json!({
            "schemas": [USER, ENTERPRISE], "userName": format!("u{n}"), "externalId": format!("e{n}"), "title": title,
            "active": n != 3, "name": {"givenName": format!("G{n}"), "familyName": format!("F{}", 9 - n)},
            "emails": [
                {"value": format!("u{n}@example.com"), "type": "work", "primary": true},
                {"value": format!("u{n}@home.org"), "type": "home"},
            ],
            ENTERPRISE: {"department": if n % 2 == 0 { "even" } else { "odd" }},
        });
        provider.ask("POST /Users", body).await.expect(201);
    }
    provider
}

async fn names(provider: &Provider, query: &str) -> (u64, Vec<String>) {
    let answer = provider.ask(&format!("GET /Users?{query}"), Value::Null).await.expect(200);
    let resources = answer["Resources"].as_array().unwrap();
    let names = resources.iter().map(|user| user["userName"].as_str().unwrap().to_owned()).collect();
    assert_eq!(answer["itemsPerPage"], resources.len());
    (answer["totalResults"].as_u64().unwrap(), names)
}

async fn filters_find_users(kind: Kind) {
    let provider = filled(kind).await;
    let department = format!("{ENTERPRISE}:department");
    for (filter, expected) in [
        // An empty filter is no filter.
        ("", vec![1, 2, 3, 4, 5]),
        ("userName eq \"u1\"", vec![1]),
        ("userName eq \"U1\"", vec![1]),
        ("userName eq \"u9\"", vec![]),
        ("externalId eq \"e2\"", vec![2]),
        ("externalId eq \"E2\"", vec![]),
        ("emails.value eq \"u2@example.com\"", vec![2]),
        ("emails[type eq \"work\" and value eq \"U2@example.com\"]", vec![2]),
        ("emails[type eq \"home\" and value eq \"u2@example.com\"]", vec![]),
        ("userName eq \"u1\" or emails eq \"u2@example.com\" or externalId eq \"e1\"", vec![1, 2]),
        ("userName eq \"u1\" and title eq \"alpha\"", vec![]),
        ("userName eq \"u1\" or emails eq \"u2@home.org\"", vec![1, 2]),
        ("emails[type eq \"home\" and value eq \"U2@home.org\"]", vec![2]),
        ("emails[type eq \"work\"].value eq \"u2@example.com\"", vec![2]),
        ("emails[type eq \"home\"].value eq \"U2@home.org\"", vec![2]),
        ("emails[type eq \"work\" and value eq \"u2@home.org\"]", vec![]),
        ("emails eq \"work\"", vec![]),
        ("emails.value eq \"u9@home.org\"", vec![]),
        ("emails eq \"U2@home.org\" or id eq \"nothing\"", vec![2]),
        ("emails eq \"u2@home.org\" or emails eq \"u1@example.com\"", vec![1, 2]),
        ("active eq false", vec![3]),
        ("active eq true and title sw \"z\"", vec![1, 4]),
        ("not (active eq true)", vec![3]),
        ("title co \"ET\"", vec![3]),
        ("userName gt \"u3\"", vec![4, 5]),
        ("emails.value ew \"@home.org\" and userName le \"u2\"", vec![1, 2]),
        ("nickName pr", vec![]),
        ("meta.created gt \"2000-01-01T00:00:00Z\" and userName eq u5", vec![5]),
        (&*format!("{department} eq \"even\""), vec![2, 4]),
        ("id eq \"nothing\"", vec![]),
    ] {
        let (count, found) = names(&provider, &format!("sortBy=userName&filter={filter}")).await;
        let expected: Vec<String> = expected.into_iter().map(|n| format!("u{n}")).collect();
        assert_eq!(found, expected, "{filter}");
        assert_eq!(count, expected.len() as u64, "{filter}");
    }
}

async fn orders_and_pages(kind: Kind) {
    let provider = filled(kind).await;
    for (query, total, expected) in [
        ("sortBy=userName&count=2", 5, "u1 u2"),
        ("sortBy=userName&count=2&startIndex=3", 5, "u3 u4"),
        ("sortBy=userName&count=2&startIndex=5", 5, "u5"),
        ("sortBy=userName&startIndex=9", 5, ""),
        ("sortBy=userName&count=0", 5, ""),
        ("sortBy=userName&sortOrder=descending&count=2", 5, "u5 u4"),
        ("sortBy=name.familyName", 5, "u5 u4 u3 u2 u1"),
        ("sortBy=title&count=3", 5, "u2 u3 u5"),
        ("sortBy=name.givenName&sortOrder=descending&count=2&startIndex=2", 5, "u4 u3"),
        ("sortBy=meta.created&count=1", 5, "u1"),
        ("sortBy=userName&filter=title pr&count=2&startIndex=2", 5, "u2 u3"),
        ("sortBy=emails&filter=active eq true&count=3", 4, "u1 u2 u4"),
    ] {
        let (count, found) = names(&provider, query).await;
        assert_eq!((count, found.join(" ").as_str()), (total, expected), "{query}");
    }
    // Pages without an order neither repeat nor omit users.
    let mut all = Vec::new();
    for start in 1..=5 {
        all.extend(names(&provider, &format!("count=1&startIndex={start}")).await.1);
    }
    all.sort();
    assert_eq!(all.join(" "), "u1 u2 u3 u4 u5");
}

async fn filters_find_groups(kind: Kind) {
    let provider = Provider::new(kind).await;
    let (ada, bo) = (provider.user("ada").await, provider.user("bo").await);
    let first = provider.group("red", &[&ada]).await;
    let second = provider.group("blue", &[&ada, &bo]).await;
    let named = patch(&json!([{"op": "add", "path": "externalId", "value": "g2"}]));
    assert_eq!(provider.ask(&format!("PATCH /Groups/{second}"), named).await.expect(200)["externalId"], "g2");
    for (filter, expected) in [
        ("displayName eq \"red\"".to_owned(), vec!["red"]),
        ("displayName eq \"RED\"".to_owned(), vec!["red"]),
        (format!("displayName eq \"RED\" or id eq \"{second}\""), vec!["blue", "red"]),
        ("displayName eq \"RED\" or displayName eq \"blue\"".to_owned(), vec!["blue", "red"]),
        (format!("id eq \"{first}\""), vec!["red"]),
        ("externalId eq \"g2\"".to_owned(), vec!["blue"]),
        (format!("members eq \"{ada}\""), vec!["blue", "red"]),
        (format!("members[value eq \"{bo}\"]"), vec!["blue"]),
        (format!("members.value eq \"{bo}\" and displayName co \"r\""), vec![]),
        ("displayName co \"e\"".to_owned(), vec!["blue", "red"]),
        ("members pr".to_owned(), vec!["blue", "red"]),
        ("members eq \"x\"".to_owned(), vec![]),
    ] {
        let query = format!("GET /Groups?sortBy=displayName&excludedAttributes=members&filter={filter}");
        let answer = provider.ask(&query, Value::Null).await.expect(200);
        let resources = answer["Resources"].as_array().unwrap();
        let names: Vec<&str> = resources.iter().map(|group| group["displayName"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{filter}");
        assert!(resources.iter().all(|group| group.get("members").is_none()), "{filter}");
    }
}

async fn search_has_the_parameters_in_the_body(kind: Kind) {
    let provider = filled(kind).await;
    provider.group("red", &[]).await;
    let schemas = json!(["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]);
    for (path, body, total, ids) in [
        (
            "/Users/.search",
            json!({"schemas": schemas, "filter": "userName eq \"u1\"", "attributes": ["userName"]}),
            1,
            1,
        ),
        ("/Groups/.search", json!({"schemas": schemas}), 1, 1),
        ("/.search", json!({"schemas": schemas, "count": 4}), 6, 4),
        ("/.search", json!({"count": "4"}), 6, 4),
        ("/.search", json!({"schemas": schemas, "count": 4, "startIndex": 5}), 6, 2),
        ("/.search", json!({"schemas": schemas, "startIndex": 6}), 6, 1),
        ("/.search", json!({"schemas": schemas, "sortBy": "userName", "count": 9}), 6, 6),
    ] {
        let answer = provider.ask(&format!("POST {path}"), body.clone()).await.expect(200);
        assert_eq!(answer["totalResults"], total, "{path} {body}");
        assert_eq!(answer["Resources"].as_array().unwrap().len(), ids, "{path} {body}");
    }
    for path in ["/.search", "/Groups/.search"] {
        let sorted = json!({"schemas": schemas, "sortBy": "unknown"});
        assert_eq!(
            provider.ask(&format!("POST {path}"), sorted).await.expect(400)["scimType"],
            "invalidPath"
        );
    }
}

async fn strictly_a_search_names_its_schema(kind: Kind) {
    let strict = |it: userbook_scim::Connection| it.strictness(Strictness::strict());
    let provider = Provider::with(kind, StaticPermissions::none(), strict).await;
    let schemas = json!(["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]);
    for (body, status) in [
        (json!({"count": 1}), 400),
        (json!({"schemas": ["x"]}), 400),
        (json!({"schemas": schemas, "count": "1"}), 400),
        (json!({"schemas": schemas, "count": 1}), 200),
    ] {
        for path in ["/.search", "/Users/.search"] {
            assert_eq!(provider.ask(&format!("POST {path}"), body.clone()).await.status, status, "{body}");
        }
    }
}

async fn repeated_attributes_are_joined(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let shown =
        async |query: &str| provider.ask(&format!("GET /Users/{id}?{query}"), Value::Null).await.expect(200);
    let answer = shown("attributes=userName&attributes=active").await;
    assert_eq!((&answer["userName"], &answer["active"]), (&json!("ada"), &json!(true)), "{answer}");
    let answer = shown("excludedAttributes=userName&excludedAttributes=active").await;
    assert_eq!((answer.get("userName"), answer.get("active")), (None, None), "{answer}");
}

/// An address may be the primary one of a user and a further one of others, and each way of a change is found.
async fn further_addresses_are_found_beside_primary_ones(kind: Kind) {
    let provider = Provider::new(kind).await;
    let emails = |addresses: &[&str]| -> Vec<Value> {
        let email = |(n, address): (usize, &&str)| {
            let name = if n == 0 { "work" } else { "home" };
            json!({"value": address, "primary": n == 0, "type": name})
        };
        addresses.iter().enumerate().map(email).collect()
    };
    let many: Vec<String> = (0..120).map(|n| format!("{n}@many.org")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut ids = Vec::new();
    for (name, addresses) in [
        ("eva", &["x@x.org"][..]),
        ("fay", &["fay@x.org", "X@x.org"]),
        ("gus", &["gus@x.org", "other@x.org", "x@X.ORG"]),
        ("hal", &many),
    ] {
        let body = json!({"schemas": [USER], "userName": name, "emails": emails(addresses)});
        ids.push(provider.ask("POST /Users", body).await.id());
    }
    let [_, fay, gus, hal] = &ids[..] else { panic!("four users") };
    let found =
        async |filter: &str| names(&provider, &format!("sortBy=userName&filter={filter}")).await.1.join(" ");
    for (filter, expected) in [
        ("emails eq \"x@x.org\"", "eva fay gus"),
        ("emails.value eq \"X@X.org\"", "eva fay gus"),
        ("emails[value eq \"x@x.org\" and type eq \"home\"]", "fay gus"),
        ("emails[value eq \"x@x.org\" and primary eq true]", "eva"),
        ("emails eq \"x@x.org\" and userName gt \"eva\"", "fay gus"),
        ("emails eq \"119@many.org\" or emails eq \"other@x.org\"", "gus hal"),
        ("emails eq \"120@many.org\"", ""),
    ] {
        assert_eq!(found(filter).await, expected, "{filter}");
    }
    let replace =
        |addresses: &[&str]| patch(&json!([{"op": "replace", "path": "emails", "value": emails(addresses)}]));
    provider.ask(&format!("PATCH /Users/{fay}"), replace(&["fay@x.org", "new@x.org"])).await.expect(200);
    provider.ask(&format!("PATCH /Users/{hal}"), replace(&["hal@x.org", "x@x.org"])).await.expect(200);
    provider.ask(&format!("DELETE /Users/{gus}"), Value::Null).await.expect(204);
    for (filter, expected) in [
        ("emails eq \"x@x.org\"", "eva hal"),
        ("emails eq \"new@x.org\"", "fay"),
        ("emails eq \"other@x.org\"", ""),
        ("emails eq \"7@many.org\"", ""),
    ] {
        assert_eq!(found(filter).await, expected, "{filter}");
    }
}

async fn names_of_groups_are_found_in_every_case(kind: Kind) {
    let provider = Provider::new(kind).await;
    for name in ["red", "Red", "RED", "reddish", "\u{212a}elvin"] {
        provider.group(name, &[]).await;
    }
    for (filter, expected) in [
        ("displayName eq \"red\"", vec!["RED", "Red", "red"]),
        ("displayName eq \"rEd\"", vec!["RED", "Red", "red"]),
        ("displayName eq \"RED\" or displayName eq \"REDDISH\"", vec!["RED", "Red", "red", "reddish"]),
        ("displayName eq \"kelvin\"", vec!["\u{212a}elvin"]),
        ("displayName eq \"ed\"", vec![]),
    ] {
        let answer = provider.ask(&format!("GET /Groups?filter={filter}"), Value::Null).await.expect(200);
        let resources = answer["Resources"].as_array().unwrap();
        let mut names: Vec<&str> =
            resources.iter().map(|group| group["displayName"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{filter}");
    }
}

async fn case_does_not_matter_where_the_schema_says_so(kind: Kind) {
    let provider = Provider::new(kind).await;
    let body = json!({
        "schemas": [USER], "userName": "Ada@Example.com",
        "emails": [
            {"value": "Ada@Example.com", "type": "work", "primary": true}, {"value": "Home@Example.org", "type": "home"},
        ],
    });
    let id = provider.ask("POST /Users", body).await.id();
    provider.group("Red Team", &[&id]).await;
    for filter in [
        "Users?filter=userName eq \"ADA@example.COM\"",
        "Users?filter=emails.value eq \"ADA@example.COM\"",
        "Users?filter=emails[value eq \"HOME@example.org\"]",
        "Users?filter=userName eq \"nothing\" or emails eq \"HOME@example.org\"",
        "Groups?filter=displayName eq \"RED team\"",
        &format!("Groups?filter=members eq \"{id}\" and displayName eq \"RED team\""),
    ] {
        let answer = provider.ask(&format!("GET /{filter}"), Value::Null).await.expect(200);
        assert_eq!(answer["totalResults"], 1, "{filter}");
    }
    let part = provider.ask("GET /Users?filter=userName eq \"da@Example.co\"", Value::Null).await.expect(200);
    assert_eq!(part["totalResults"], 0);
}
