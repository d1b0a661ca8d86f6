//! Users in PostgreSQL: open, migrate, import, update, read the outbox.
//!
//! ```sh
//! cargo run -p userbook-sqlx --features postgres --example postgres -- postgres://localhost/users
//! ```
#![allow(clippy::print_stdout, reason = "the example shows its result")]

use std::{env, error::Error};

use userbook::{
    Actor, PermissionAuthorizer, StaticPermissions, User, UserId, UserService, UserUpdate,
    store::{ImportData, ImportOutcome, ImportStore, Outbox, OutboxLimit},
};
use userbook_sqlx::postgres::{PostgresStore, connect_options, pool_options};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| "postgres://localhost/users".to_owned());

    // The pool is yours. The recommended options spare the server work and round trips.
    let pool = pool_options().max_connections(4).connect_with(connect_options(&url)?).await?;
    let store = PostgresStore::new(pool);
    store.migrate().await?;

    // An import stores rows as they are, and only in an empty store.
    let ada = User { id: UserId(7), username: "ada".into(), name: "Ada".into(), ..User::example() };
    match store.import(&ImportData { users: vec![ada], ..ImportData::default() }).await? {
        ImportOutcome::Imported => println!("imported"),
        ImportOutcome::NotEmpty => println!("has users already"),
    }

    // The store is cheap to clone.
    let service = UserService::new(store.clone(), PermissionAuthorizer::new(StaticPermissions::none()));
    let update = UserUpdate::patch().name("Ada Lovelace").email("ada@example.org");
    let updated = service.update_user(&Actor::system(), UserId(7), update).await?;
    println!("{:?}: {} <{}>", updated.outcome, updated.view.user.name, updated.view.user.email);

    // Each change wrote one event in the same statement. Acknowledged events are not pending any more.
    let events = store.pending(OutboxLimit { events: 100, bytes: 1024 * 1024 }).await?;
    for event in &events {
        println!("event {}: {:?}", event.id.0, event.diff.keys().collect::<Vec<_>>());
    }
    store.ack(&events.iter().map(|event| event.id).collect::<Vec<_>>()).await?;
    Ok(())
}
