//! Hosts and paths that name no tenant.

use super::site::{Site, USERS, folder, raw};

#[test]
fn hosts_that_name_no_tenant_reach_none() {
    let (_folder, url) = folder();
    let site = Site::new(url, "host:example.com", &[]);
    let get = |line: &str, hosts: &[&str]| raw(&site.server, line, hosts, &site.acme, "").status;
    let users = format!("GET {USERS}");
    for host in ["acme.example.com", "ACME.Example.Com", "acme.example.com.", "acme.example.com:8443"] {
        assert_eq!(get(&users, &[host]), 200, "{host}");
    }
    for host in [
        "example.com",
        "acme.evil.com",
        "acme.example.com.evil.com",
        "evil.acme.example.com",
        "acmeexample.com",
        ".example.com",
        "globex.example.com@acme.example.com",
        "acme.example.com@evil.com",
        "%61cme.example.com",
        "acme.example.com:80:80",
        "acme.example.com/",
        "127.0.0.1",
        "localhost",
        "../acme.example.com",
    ] {
        let status = get(&users, &[host]);
        assert!(status == 404 || status == 400, "{host}: {status}");
    }
    assert_eq!(get(&users, &["acme.example.com", "globex.example.com"]), 400);
    assert_eq!(get(&users, &[]), 400);
    // The target's host counts, and must be that of the header.
    assert_eq!(get(&format!("GET http://acme.example.com{USERS}"), &["acme.example.com"]), 200);
    assert_eq!(get(&format!("GET http://acme.example.com{USERS}"), &["globex.example.com"]), 404);
    // Headers of proxies name nothing.
    let target = format!("GET {USERS} HTTP/1.1\r\nx-forwarded-host: acme.example.com\r\nx-ignored: a");
    let forwarded = raw(&site.server, &target, &["globex.example.com"], &site.acme, "");
    assert_eq!(forwarded.status, 403);
    let live = raw(&site.server, "GET /-/health/ready/", &["127.0.0.1"], "", "");
    assert_eq!(live.status, 200);
}

#[test]
fn paths_that_name_no_tenant_reach_none() {
    let (_folder, url) = folder();
    let site = Site::new(url, "path:/t", &[]);
    let get =
        |target: &str| raw(&site.server, &format!("GET {target}"), &["localhost"], &site.acme, "").status;
    assert_eq!(get("/t/acme/api/v3/core/users/"), 200);
    for target in [
        "/acme/api/v3/core/users/",
        "/t/api/v3/core/users/",
        "/t//acme/api/v3/core/users/",
        "/t/ACME/api/v3/core/users/",
        "/t/%61cme/api/v3/core/users/",
        "/t/acme%2fapi/v3/core/users/",
        "/t/globex/../acme/api/v3/core/users/",
        "/t/globex/%2e%2e/acme/api/v3/core/users/",
        "/t/./acme/api/v3/core/users/",
        "/t/acme./api/v3/core/users/",
        "/t/acme;a/api/v3/core/users/",
        "/t/acme.db/api/v3/core/users/",
        "/t/..%2facme/api/v3/core/users/",
        "/T/acme/api/v3/core/users/",
        "//t/acme/api/v3/core/users/",
        "/t/acme",
        "/t",
        "/",
    ] {
        let status = get(target);
        assert!(status == 404 || status == 403, "{target}: {status}");
    }
    // The target of the other tenant, with the token of this one.
    assert_eq!(get("/t/globex/api/v3/core/users/?tenant=acme"), 403);
}
