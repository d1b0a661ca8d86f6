//! Prints the updates per second of scim-server 0.5.3: `userbook-bench-peer memory|sqlite FOLDER USERS MILLISECONDS`.
//! An update replaces a user, with the check that its name is unique, and without HTTP.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::{
    error::Error,
    time::{Duration, Instant},
};

use scim_server::{
    RequestContext, ResourceProvider,
    providers::StandardResourceProvider,
    storage::{InMemoryStorage, SqliteStorage, StorageKey, StorageProvider},
};
use serde_json::{Value, json};

/// The tenant of requests without a tenant.
const TENANT: &str = "default";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, folder, users, milliseconds] = &arguments[..] else {
        return Err("expected a kind, a folder, a number of users, and milliseconds".into());
    };
    let (users, time) = (users.parse()?, Duration::from_millis(milliseconds.parse()?));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rate = runtime.block_on(async {
        match kind.as_str() {
            "memory" => measure(InMemoryStorage::new(), users, time).await,
            "sqlite" => {
                let storage = SqliteStorage::new_with_path(&format!("{folder}/peer.db")).await?;
                measure(storage, users, time).await
            }
            other => Err(format!("unknown kind {other:?}").into()),
        }
    })?;
    println!("{rate}");
    Ok(())
}

/// Returns the updates per second among this many users.
async fn measure<S: StorageProvider>(storage: S, users: usize, time: Duration) -> Result<f64, Box<dyn Error>> {
    // Creating users one by one takes minutes: each creation reads all of them.
    for user in 0..users {
        storage.put(StorageKey::new(TENANT, "User", user.to_string()), content(user, 0)).await?;
    }
    let provider = StandardResourceProvider::new(storage);
    let context = RequestContext::new("bench".to_owned());
    let (start, mut updates) = (Instant::now(), 0);
    while start.elapsed() < time {
        // A prime, so that updates concern users in all parts of the directory.
        let user = updates * 7919 % users;
        let body = content(user, updates + 1);
        provider.update_resource("User", &user.to_string(), body, None, &context).await?;
        updates += 1;
    }
    Ok(updates as f64 / start.elapsed().as_secs_f64())
}

fn content(user: usize, round: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": user.to_string(),
        "userName": format!("user{user}"),
        "displayName": format!("User Number {round}"),
        "name": {"formatted": format!("User Number {round}"), "givenName": "User", "familyName": "Number"},
        "emails": [{"value": format!("user{user}@example.com"), "type": "work", "primary": true}],
        "active": true,
    })
}
