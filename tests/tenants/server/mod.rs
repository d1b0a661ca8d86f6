//! The server with `--tenants`: routing by host and by path, administration of one tenant, and attacks on the
//! isolation.

mod routing;
mod site;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor};
use userbook_tests::{
    binary::{Answer, Server, command, send},
    receiver::wait_for,
    servers::{mariadb, postgres},
};

use site::{Site, USERS, done, folder, json_of, raw, refused, refused_by};

/// A tenant's users, tokens, events and connections belong to the tenant alone.
fn tenants_are_isolated(site: &Site) {
    let (acme, globex) = (site.acme.as_str(), site.globex.as_str());
    for (tenant, own, other) in [("acme", acme, globex), ("globex", globex, acme)] {
        assert_eq!(site.status(tenant, own, USERS), 200);
        // As an unknown token: 403 is authentik's status.
        assert_eq!(site.status(tenant, other, USERS), site.status(tenant, "unknown", USERS));
        assert_eq!(site.status(tenant, other, USERS), 403);
        assert_eq!(site.status(tenant, own, "/api/v3/core/users/99/"), 404);
    }
    let renamed = site.ask("acme", acme, "PATCH", "/api/v3/core/users/1/", &json!({"name": "Ada"}));
    assert_eq!((renamed.status, &json_of(&renamed)["name"]), (200, &json!("Ada")));
    let other = site.ask("globex", globex, "GET", "/api/v3/core/users/1/", &Value::Null);
    assert_eq!(json_of(&other)["name"], "authentik Default Admin");
    // Ids and UUIDs of groups differ; a group of another tenant does not exist.
    let group = json_of(&other)["groups"][0].clone();
    let joined = site.ask("acme", acme, "PATCH", "/api/v3/core/users/1/", &json!({"groups": [group]}));
    assert_eq!(joined.status, 400);
    for unknown in ["initech", "public"] {
        // Errors of the API have a body.
        let answer = site.ask(unknown, acme, "GET", USERS, &Value::Null);
        let body = json!({"detail": "Not found.", "code": "unknown_operation"});
        assert_eq!((answer.status, json_of(&answer)), (404, body), "{unknown}");
        let answer = site.ask(unknown, acme, "GET", "/if/", &Value::Null);
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{unknown}");
    }
    assert!(done(&site.url, &["tenant", "list"]) == json!(["acme", "globex"]));
}

/// Commands work on the tenant that they name.
fn commands_work_on_one_tenant(site: &Site) {
    let url = site.url.as_str();
    let created = done(url, &["--tenant", "acme", "user", "create", "bob"]);
    assert_eq!(created["user"]["username"], "bob");
    let names = |tenant: &str| {
        let users = done(url, &["--tenant", tenant, "user", "list"]);
        users
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("acme"), ["akadmin", "bob"]);
    assert_eq!(names("globex"), ["akadmin"]);
    let token =
        done(url, &["--tenant", "acme", "token", "create", "bob"])["key"].as_str().unwrap().to_owned();
    let me = "/api/v3/core/users/me/";
    assert_eq!((site.status("acme", &token, me), site.status("globex", &token, me)), (200, 403));
    assert_eq!(done(url, &["--tenant", "acme", "check"]), json!({"problems": []}));
    for (arguments, expected) in [
        (vec!["--tenant", "initech", "user", "list"], "does not exist"),
        (vec!["--tenant", "../acme", "user", "list"], "tenant name"),
        (vec!["--tenant", "Acme", "user", "list"], "tenant name"),
        (vec!["tenant", "create", "acme"], "exists already"),
        (vec!["tenant", "create", "a_b"], "tenant name"),
    ] {
        let error = refused(url, &arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    // The variable of the server, as in the environment of a container.
    let in_container = || {
        let mut command = command();
        command.env("USERBOOK_TENANTS", site.routing);
        command
    };
    for arguments in [["user", "list"], ["export", "-"], ["demo", "--json"]] {
        let error = refused_by(in_container(), url, &arguments);
        assert!(error.contains("name a tenant with --tenant"), "{arguments:?}: {error}");
    }
    for arguments in [["tenant", "list", "--json"].as_slice(), &["--tenant", "acme", "user", "list"]] {
        let output = in_container().args(arguments).args(["--database", url]).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
    assert_eq!(done(url, &["tenant", "migrate"]), json!({"migrated": 2, "failed": []}));
}

/// A SCIM connection belongs to one tenant, and answers with the tenant's own URLs.
fn connections_belong_to_one_tenant(site: &Site) {
    let token = done(&site.url, &["--tenant", "acme", "scim", "connect", "okta"]);
    let token = token["token"].as_str().unwrap();
    let users = "/scim/v2/Users";
    assert_eq!((site.status("acme", token, users), site.status("globex", token, users)), (200, 401));
    let config = site.ask("acme", token, "GET", "/scim/v2/ServiceProviderConfig", &Value::Null);
    let location = json_of(&config)["meta"]["location"].as_str().unwrap().to_owned();
    let base = if site.routing.starts_with("host:") { "/scim/v2" } else { "/acme/scim/v2" };
    assert_eq!(location, format!("{base}/ServiceProviderConfig"));
}

/// The public URL of SCIM contains the name of the tenant.
#[test]
fn scim_urls_name_the_tenant() {
    let (_folder, url) = folder();
    let site = Site::new(url, "path", &["--scim", "--scim-url", "https://{tenant}.example.com/v2"]);
    for tenant in ["acme", "globex"] {
        let connection = done(&site.url, &["--tenant", tenant, "scim", "connect", "okta"]);
        let token = connection["token"].as_str().unwrap();
        let config = site.ask(tenant, token, "GET", "/scim/v2/ServiceProviderConfig", &Value::Null);
        let location = format!("https://{tenant}.example.com/v2/ServiceProviderConfig");
        assert_eq!(json_of(&config)["meta"]["location"], location);
    }
}

/// Replaces a tenant under traffic, which renews the last use of the open one: no answer after the command is the old
/// tenant's.
fn replaced_tenant_is_opened_again(site: &Site, delete: impl FnOnce()) {
    let get = |token: &str| site.ask("acme", token, "GET", "/api/v3/core/users/1/", &Value::Null);
    let uid = |answer: &Answer| json_of(answer)["uid"].as_str().unwrap().to_owned();
    let old = uid(&get(&site.acme));
    std::thread::scope(|scope| {
        let is_over = Over(Arc::default());
        for _ in 0..4 {
            let is_over = Arc::clone(&is_over.0);
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    site.status("acme", &site.acme, USERS);
                }
            });
        }
        delete();
        wait_for("a deleted tenant is served", || site.status("acme", &site.acme, USERS) == 404);
        let token = done(&site.url, &["tenant", "create", "acme"])["token"].as_str().unwrap().to_owned();
        let is_new = || {
            let answer = get(&token);
            match answer.status {
                200 => assert_ne!(uid(&answer), old),
                // The request met an opening that found the tenant empty, or the end of the old one.
                status => assert!([404, 503].contains(&status), "{answer:?}"),
            }
            answer.status == 200
        };
        wait_for("the new tenant is not served", is_new);
        assert!((0..20).all(|_| is_new()), "the new tenant is not served");
    });
    assert_eq!(site.status("acme", &site.acme, USERS), 403);
}

/// Ends the traffic, also after a failed assertion.
struct Over(Arc<AtomicBool>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn replaced_file_is_opened_again() {
    let (folder, url) = folder();
    let site = Site::new(url, "path", &[]);
    replaced_tenant_is_opened_again(&site, || {
        for end in ["db", "db-wal", "db-shm"] {
            let path = folder.path().join("tenants/acme").with_extension(end);
            assert!(std::fs::remove_file(&path).is_ok() || end != "db");
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaced_schema_is_opened_again() {
    let database = postgres::Database::blank().await;
    let site = Site::new(database.options().to_url_lossy().to_string(), "path", &[]);
    let pool = database.pool().clone();
    tokio::task::spawn_blocking(move || {
        replaced_tenant_is_opened_again(&site, || {
            let runtime = tokio::runtime::Handle::current();
            runtime.block_on(pool.execute("DROP SCHEMA tenant_acme CASCADE")).unwrap();
        });
    })
    .await
    .unwrap();
}

/// A tenant created beside a running server is served.
fn new_tenants_are_served_at_once(site: &Site) {
    let token = done(&site.url, &["tenant", "create", "initech"])["token"].as_str().unwrap().to_owned();
    assert_eq!(site.status("initech", &token, USERS), 200);
    // An empty one is not: a request never creates an administrator.
    done(&site.url, &["tenant", "create", "hooli", "--empty"]);
    assert_eq!(site.status("hooli", &token, USERS), 404);
    done(&site.url, &["--tenant", "hooli", "demo"]);
    assert_eq!(site.status("hooli", &token, USERS), 403);
}

fn all(site: &Site) {
    tenants_are_isolated(site);
    commands_work_on_one_tenant(site);
    connections_belong_to_one_tenant(site);
    new_tenants_are_served_at_once(site);
}

#[test]
fn sqlite_by_host() {
    let (_folder, url) = folder();
    all(&Site::new(url, "host:example.com", &["--scim"]));
}

#[test]
fn sqlite_by_path() {
    let (_folder, url) = folder();
    all(&Site::new(url, "path", &["--scim"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_by_host() {
    let database = postgres::Database::blank().await;
    let url = database.options().to_url_lossy().to_string();
    // As few connections as possible: each tenant makes room for the next.
    let more = ["--scim", "--database-connections", "2", "--tenant-connections", "1"];
    all(&Site::new(url, "host:example.com", &more));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mysql_by_path() {
    // The server's databases of tenants have a fixed prefix: this test needs a database server of its own.
    let instance =
        mariadb::Instance::new(&["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"]);
    all(&Site::new(instance.url(instance.port(), "mysql"), "path", &["--scim"]));
}

/// Events carry the name of their tenant, also those that a command wrote, and an unreachable destination loses none.
#[test]
fn events_name_their_tenant() {
    let (folder, url) = folder();
    let path: PathBuf = folder.path().join("events.jsonl");
    let target = format!("file:{}", path.display());
    let site = Site::new(url, "path", &["--events", &target]);
    let lines = || -> Vec<Value> {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    for (tenant, token, name) in
        [("acme", &site.acme, "Ada"), ("globex", &site.globex, "Grace"), ("acme", &site.acme, "Bob")]
    {
        let update = site.ask(tenant, token, "PATCH", "/api/v3/core/users/1/", &json!({"name": name}));
        assert_eq!(update.status, 200);
    }
    wait_for("events do not arrive", || lines().len() == 3);
    let of = |tenant: &str| {
        let events = lines().into_iter().filter(|event| event["tenant"] == tenant);
        events.map(|event| event["diff"]["name"]["new"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (of("acme"), of("globex")),
        (vec!["Ada".to_owned(), "Bob".to_owned()], vec!["Grace".to_owned()])
    );
    // A command writes beside the server: the next request to the tenant brings its event along.
    done(&site.url, &["--tenant", "globex", "user", "create", "bob"]);
    let update = site.ask("globex", &site.globex, "PATCH", "/api/v3/core/users/1/", &json!({"name": "G"}));
    assert_eq!(update.status, 200);
    wait_for("events of commands do not arrive", || lines().len() == 5);
    let pending = done(&site.url, &["--tenant", "acme", "events", "list", "--pending"]);
    assert_eq!(pending, json!([]));
    let (_, log) = site.server.log();
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let (folder, url) = folder();
    let start = |arguments: &[&str]| Server::try_start(arguments).unwrap_err();
    assert!(start(&["--database", &url, "--tenants", "path"]).contains("folder"));
    assert!(start(&["--database", "memory:", "--tenants", "path"]).contains("memory"));
    assert!(start(&["--database", &url, "--tenant", "acme"]).contains("--tenants serves all"));
    assert!(start(&["--database", &url, "--tenants", "header:x"]).contains("expected host:DOMAIN"));
    let seed = folder.path().join("seed.json").display().to_string();
    assert!(start(&["--database", &url, "--tenants", "path", "--seed", &seed]).contains("--seed"));
    let scim =
        ["--database", &url, "--tenants", "path", "--scim", "--scim-url", "https://example.com/scim/v2"];
    assert!(start(&scim).contains("--scim-url does not contain {tenant}"));
}

/// The page of metrics counts the tenants of each state, and names none.
#[test]
fn metrics_count_tenants() {
    let (folder, url) = folder();
    let site = Site::new(url, "path", &["--metrics", "127.0.0.1:0"]);
    std::fs::write(folder.path().join("tenants/broken.db"), "no database".repeat(1_000)).unwrap();
    let page = || {
        let answer = send(site.server.metrics_address(), "GET", "/metrics", &[], None).unwrap();
        String::from_utf8(answer.body).unwrap()
    };
    let shows = |page: &str, state: &str, count: &str| {
        let line = format!("userbook_tenants{{state=\"{state}\"}} {count}");
        page.lines().any(|known| known.starts_with(&line))
    };
    let all = page();
    for state in ["in_use", "idle", "waiting", "opening", "closing", "failed"] {
        assert!(shows(&all, state, ""), "{state}\n{all}");
    }
    wait_for("the page does not count the tenants", || {
        for tenant in ["acme", "globex", "broken"] {
            site.status(tenant, &site.acme, USERS);
        }
        let page = page();
        shows(&page, "idle", "2") && shows(&page, "failed", "1")
    });
    assert!(!page().contains("acme"));
}

/// A damaged tenant gets 503; the others are served, and the server stays ready.
#[test]
fn damaged_tenant_affects_no_other() {
    let (folder, url) = folder();
    let site = Site::new(url, "path", &[]);
    std::fs::write(folder.path().join("tenants/broken.db"), "no database".repeat(1_000)).unwrap();
    for _ in 0..3 {
        let answer = site.ask("broken", &site.acme, "GET", USERS, &Value::Null);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert_eq!(site.status("acme", &site.acme, USERS), 200);
    }
    assert_eq!(raw(&site.server, "GET /-/health/ready/", &["x"], "", "").status, 200);
    let (_, log) = site.server.log();
    assert!(log.contains("tenant=broken"), "{log}");
}
