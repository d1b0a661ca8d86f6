//! `token`: creates, lists and revokes tokens.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use userbook::{
    Timestamp,
    clock::{ChangeIds, Clock, RandomIds, SystemClock},
    model::{parse_timestamp, timestamp_text},
};
use userbook_http::{TokenIntent, TokenKey};

use super::{Failure, Message, context::Context, lookup, print};
use crate::auth::TokenRow;

/// `token …`
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// Prints JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Creates a token for the API and prints its key, which is stored nowhere
    Create {
        /// Username, number or UUID
        user: String,
        /// The name of the token; random by default
        #[arg(long)]
        identifier: Option<String>,
        /// The token ends after this number of days
        #[arg(long, value_name = "DAYS", conflicts_with = "expires")]
        days: Option<u32>,
        /// The token ends at this time, such as 2030-01-31T12:00:00Z
        #[arg(long, value_name = "TIME", value_parser = time)]
        expires: Option<Timestamp>,
    },
    /// Lists tokens, without their keys
    List {
        /// Only those of this user (username, number or UUID)
        user: Option<String>,
    },
    /// Revokes a token: the next request with it is denied
    Revoke {
        /// The name of the token
        identifier: String,
    },
}

/// Reads a time of the command line.
pub(super) fn time(text: &str) -> Result<Timestamp, Message> {
    let error = || Message(format!("not a time such as 2030-01-31T12:00:00Z: {text:?}"));
    parse_timestamp(text).ok_or_else(error)
}

pub(super) async fn run(context: &Context, arguments: &TokenArgs) -> Result<(), Failure> {
    let json = arguments.json;
    match &arguments.action {
        Action::Create { user, identifier, days, expires } => {
            let expires = match days {
                None => *expires,
                Some(days) => Some(in_days(*days)?),
            };
            create(context, user, identifier.clone(), expires, json).await
        }
        Action::List { user } => list(context, user.as_deref(), json).await,
        Action::Revoke { identifier } => {
            if !context.database.auth.revoke_token(identifier).await? {
                return Err(Message::failure(format!("no token {identifier:?}")));
            }
            if json { print::json(&json!({"revoked": identifier})) } else { print::line("revoked") }
        }
    }
}

fn in_days(days: u32) -> Result<Timestamp, Failure> {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let micros = i64::from(days).checked_mul(DAY);
    let micros = micros.and_then(|micros| SystemClock.now().timestamp_micros().checked_add(micros));
    let time = micros.and_then(Timestamp::from_timestamp_micros);
    time.ok_or_else(|| Message::failure(format!("{days} days are too many")))
}

async fn create(
    context: &Context,
    user: &str,
    identifier: Option<String>,
    expires: Option<Timestamp>,
    json: bool,
) -> Result<(), Failure> {
    let owner = lookup::user(context, user).await?.user;
    let key = new_key();
    let hash = TokenKey::new(key.as_str()).hash();
    let token = TokenRow {
        hash,
        user: owner.id,
        identifier: identifier.unwrap_or_else(|| TokenRow::default_identifier(&hash)),
        intent: TokenIntent::Api,
        expiring: expires.is_some(),
        expires,
    };
    if !context.database.auth.create_token(&token).await? {
        return Err(Message::failure(format!("a token {:?} exists already", token.identifier)));
    }
    if !owner.is_active {
        tracing::warn!("{} is not active: the token works only after an activation", lookup::shown(&owner));
    }
    let expires = expires.map(timestamp_text);
    let record = json!({"identifier": token.identifier, "key": key, "user": owner.id, "expires": expires});
    let printed = print::secret(&key, &record, json);
    if printed.is_err() {
        // A key that was not shown is of no use, and must not stay valid.
        context.database.auth.revoke_token(&token.identifier).await?;
    }
    printed
}

/// Two version 4 UUIDs contain 244 random bits.
pub(crate) fn new_key() -> String {
    format!("{}{}", RandomIds.next_uuid().simple(), RandomIds.next_uuid().simple())
}

async fn list(context: &Context, user: Option<&str>, json: bool) -> Result<(), Failure> {
    let user = match user {
        None => None,
        Some(user) => Some(lookup::user(context, user).await?.user.id),
    };
    let tokens = context.database.auth.tokens(user).await?;
    if json {
        return print::json(&tokens.iter().map(out).collect::<Vec<_>>());
    }
    let rows: Vec<_> = tokens
        .iter()
        .map(|token| {
            let expires = token.expires.filter(|_| token.expiring).map(timestamp_text);
            let expires = expires.unwrap_or_else(|| "never".to_owned());
            [token.identifier.clone(), token.user.to_string(), token.intent.as_str().to_owned(), expires]
        })
        .collect();
    print::table(["identifier", "user", "intent", "expires"], &rows)
}

fn out(token: &TokenRow) -> Value {
    json!({
        "identifier": token.identifier, "user": token.user, "intent": token.intent.as_str(),
        "expiring": token.expiring, "expires": token.expires.map(timestamp_text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_beyond_the_calendar_are_rejected() {
        assert!(in_days(3650).is_ok());
        for days in [213_503_983, u32::MAX] {
            assert!(in_days(days).is_err(), "{days}");
        }
    }
}
