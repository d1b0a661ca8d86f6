//! `demo`: a small directory to try things on.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};
use userbook::{
    clock::{ChangeIds, RandomIds},
    store::ImportOutcome,
};

use super::{Failure, Message, context::Context, print, token::new_key};
use crate::{ambient::Ambient, seed::Seed};

/// Groups and users. Tokens and the install id are new in each demo directory.
const DEMO: &str = include_str!("demo.json");

/// The users who get a token, and what each may do.
const TOKENS: [(i64, &str, &str); 3] = [
    (1, "ada", "superuser"),
    (2, "desk", "views and changes users, except superusers"),
    (3, "grace", "views and changes the own account"),
];

/// `demo`
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: &Context, arguments: &DemoArgs) -> Result<(), Failure> {
    let keys = TOKENS.map(|_| new_key());
    let seed = Seed::parse(&seed(&keys)?, Path::new("demo.json"), &Ambient::default())?;
    let fill = context.database.auth.fill(&seed.rows, &seed.auth, &|| Ok(())).await?;
    if fill == ImportOutcome::NotEmpty {
        return Err(Message::failure("a demo directory needs an empty database: name another --database"));
    }
    if arguments.json {
        let tokens = TOKENS
            .iter()
            .zip(&keys)
            .map(|((_, user, rights), key)| json!({"username": user, "rights": rights, "key": key}));
        return print::json(&json!({"users": seed.rows.users.len(), "tokens": tokens.collect::<Vec<_>>()}));
    }
    print::line(&format!("{} users and {} groups. Tokens:", seed.rows.users.len(), seed.rows.groups.len()))?;
    let rows: Vec<_> = TOKENS
        .iter()
        .zip(&keys)
        .map(|((_, user, rights), key)| [(*user).to_owned(), (*rights).to_owned(), key.clone()])
        .collect();
    print::table(["user", "rights", "token"], &rows)?;
    print::line(
        "Start the server with `userbook-server`, and sign in with a token at http://127.0.0.1:9000/.",
    )
}

/// Returns the seed with an install id and tokens.
fn seed(keys: &[String]) -> Result<Vec<u8>, Failure> {
    let mut seed: Value = serde_json::from_str(DEMO)?;
    let tokens = TOKENS.iter().zip(keys).map(|((pk, user, _), key)| {
        json!({
            "key": key, "identifier": format!("demo-{user}"), "intent": "api", "expiring": false, "expires": null,
            "user_pk": pk,
        })
    });
    let tokens = tokens.collect();
    if let Some(members) = seed.as_object_mut() {
        members.insert("install_id".to_owned(), json!(RandomIds.next_uuid()));
        members.insert("tokens".to_owned(), tokens);
    }
    Ok(serde_json::to_vec(&seed)?)
}
