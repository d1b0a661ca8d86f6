//! Requests that clients send around an update: lists, the current user, groups and their members, the configuration.

use userbook_tests::corpus::Case;

use crate::{
    request::Sent,
    variants::{check, sent},
};

const JSON: (&str, &[u8]) = ("content-type", b"application/json");
const MISSING_GROUP: &str = "/api/v3/core/groups/00000000-0000-4000-8000-00000000dead/";

/// Returns the paths of all groups of the case.
fn groups(case: &Case) -> Vec<String> {
    let paths = case.given.groups.iter().map(|group| format!("/api/v3/core/groups/{}/", group.pk));
    let paths: Vec<String> = paths.collect();
    assert!(!paths.is_empty(), "the case has groups");
    paths
}

/// Returns the id of the user of the case.
fn user(case: &Case) -> i64 {
    let path = &case.recorded.request.path;
    path.trim_end_matches('/').rsplit('/').next().and_then(|id| id.parse().ok()).expect("a user's path")
}

/// Returns the request without credentials.
fn anonymous(mut sent: Sent) -> Sent {
    sent.headers.retain(|(name, _)| name != "authorization");
    sent
}

fn read(case: &Case, targets: &[&str]) -> Vec<Sent> {
    let requests = |target: &&str| {
        ["GET", "HEAD"].map(|method| {
            let sent = sent(case, method, target.as_bytes(), &[], b"");
            [sent.clone(), anonymous(sent)]
        })
    };
    targets.iter().flat_map(requests).flatten().collect()
}

#[test]
fn lists() {
    check(&[200, 400, 403, 404], |case| {
        read(
            case,
            &[
                "/api/v3/core/users/",
                "/api/v3/core/users/?page_size=1",
                "/api/v3/core/users/?page_size=1&page=2&ordering=-username",
                "/api/v3/core/users/?page=999",
                "/api/v3/core/users/?page=last",
                "/api/v3/core/users/?search=a+b%20c&search=%C3%A4",
                "/api/v3/core/users/?username=%C3%A4%00&type=internal&type=external",
                "/api/v3/core/users/?attributes=%7B%22a%22%3A+1%7D&include_groups=false",
                "/api/v3/core/users/?is_active=perhaps&type=robot&uuid=x&groups_by_pk=y&attributes=%5B",
                "/api/v3/core/users/?%FF=%FF&;=&&==",
                "/api/v3/core/users/?format=xml",
                "/api/v3/core/users/?attributes=%7B%22a__in%22:%5B1%5D%7D&ordering=attributes",
                "/api/v3/core/users/?groups_by_name=nowhere&groups_by_pk=%7B%7D",
                "/api/v3/core/users/paths/",
                "/api/v3/core/users/paths/?search=%C3%84&type=robot",
                "/api/v3/core/groups/",
                "/api/v3/core/groups/?page_size=1&page=2&include_users=false",
                "/api/v3/core/groups/?is_superuser=true&ordering=-name&search=a",
                "/api/v3/core/groups/?members_by_pk=x",
            ],
        )
    });
}

#[test]
fn single_resources() {
    check(&[200, 403, 404], |case| {
        let groups = groups(case);
        let mut targets: Vec<&str> = groups.iter().map(String::as_str).collect();
        let without_members = format!("{}?include_users=false", groups[0]);
        targets.extend([
            "/api/v3/core/users/me/",
            "/api/v3/core/users/%6De/",
            "/api/v3/root/config/",
            MISSING_GROUP,
            &without_members,
            "/api/v3/core/groups/none/",
        ]);
        read(case, &targets)
    });
}

#[test]
fn missing_resources() {
    check(&[404], |case| {
        let targets = [
            "/api/v3/core/users/me",
            "/api/v3/core/users/me/x/",
            "/api/v3/core/users/paths",
            "/api/v3/core/users",
            "/api/v3/core/groups",
            "/api/v3/core/groups/a/b/",
            "/api/v3/core/groups/a/add_user",
            "/api/v3/core/groups//add_user/",
            "/api/v3/root/config",
            "/api/v3/root/config/x/",
            "/api/v3/root/",
        ];
        let methods = ["GET", "HEAD", "POST", "OPTIONS"];
        let requests =
            |target: &&str| methods.map(|method| sent(case, method, target.as_bytes(), &[JSON], b""));
        targets.iter().flat_map(requests).collect()
    });
}

#[test]
fn methods() {
    check(&[200, 204, 400, 404, 405], |case| {
        let group = &groups(case)[0];
        let (add, remove) = (format!("{group}add_user/"), format!("{group}remove_user/"));
        let targets = [
            "/api/v3/core/users/",
            "/api/v3/core/users/me/",
            "/api/v3/core/groups/",
            group,
            &add,
            &remove,
            "/api/v3/root/config/",
        ];
        let methods =
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "post"];
        let requests =
            |target: &&str| methods.map(|method| sent(case, method, target.as_bytes(), &[JSON], b"{}"));
        targets.iter().flat_map(requests).collect()
    });
}

#[test]
fn members() {
    check(&[200, 204, 400, 403, 404, 406, 415], |case| {
        let own = format!(r#"{{"pk": {}}}"#, user(case)).into_bytes();
        let mut requests = Vec::new();
        for action in ["add_user/", "remove_user/"] {
            for group in
                groups(case).iter().map(String::as_str).chain([MISSING_GROUP, "/api/v3/core/groups/none/"])
            {
                let target = |query| format!("{group}{action}{query}").into_bytes();
                let join = sent(case, "POST", &target(""), &[JSON], &own);
                requests.extend([
                    anonymous(join.clone()),
                    join,
                    sent(case, "POST", &target("?dry_run=true&allow_self_lockout=true"), &[JSON], &own),
                    sent(case, "POST", &target("?dry_run=1"), &[JSON], &own),
                ]);
            }
            let target = format!("{}{action}", groups(case)[0]).into_bytes();
            let bodies: [&[u8]; 11] = [
                b"",
                b"{}",
                b"[]",
                b"null",
                b"{\"pk\": ",
                b"\xff",
                br#"{"pk": null}"#,
                br#"{"pk": "x"}"#,
                br#"{"pk": 1.5}"#,
                br#"{"pk": 999999}"#,
                br#"{"pk": 99999999999999999999}"#,
            ];
            requests.extend(bodies.map(|body| sent(case, "POST", &target, &[JSON], body)));
            let headers: [&[(&str, &[u8])]; 4] = [
                &[("content-type", b"text/plain")],
                &[],
                &[JSON, ("accept", b"text/html")],
                &[JSON, ("accept", b"application/problem+json"), ("x-request-id", b"id-1")],
            ];
            requests.extend(headers.map(|lines| sent(case, "POST", &target, lines, &own)));
        }
        requests
    });
}
