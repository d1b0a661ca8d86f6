//! `scim`: connects identity providers, and ends their connections.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use userbook::{NewUser, PermissionAuthorizer, StaticPermissions, UserId, UserService, UserType};
use userbook_http::TokenKey;
use userbook_scim::Connection;

use super::{Failure, Message, context::Context, print, token::new_key};
use crate::{auth::ConnectionRecord, scim::Connecting};

/// `scim …`
#[derive(Debug, Clone, Args)]
pub struct ScimArgs {
    /// Prints JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Creates a connection with a service account, and prints its bearer token, which is stored nowhere
    Connect {
        /// The name of the connection: letters a to z, digits, '.', '_' and '-'
        name: String,
        /// A deletion by the identity provider deactivates the user
        #[arg(long)]
        deactivate: bool,
        /// Accepts only requests that follow the RFCs to the letter
        #[arg(long)]
        strict: bool,
    },
    /// Lists connections, without their tokens
    List,
    /// Replaces the token of a connection, and prints the new one; the old one is denied from now on
    Renew {
        /// The name of the connection
        name: String,
    },
    /// Ends a connection and deletes its service account; its users and groups stay
    Disconnect {
        /// The name of the connection
        name: String,
    },
}

pub(super) async fn run(context: &Context, arguments: &ScimArgs) -> Result<(), Failure> {
    let json = arguments.json;
    match &arguments.action {
        Action::Connect { name, deactivate, strict } => {
            connect(context, name, *deactivate, *strict, json).await
        }
        Action::List => list(context, json).await,
        Action::Renew { name } => renew(context, name, json).await,
        Action::Disconnect { name } => {
            disconnect(context, name).await?;
            if json { print::json(&json!({"disconnected": name})) } else { print::line("disconnected") }
        }
    }
}

/// Creates the service account and the connection in one step.
async fn connect(
    context: &Context,
    name: &str,
    deactivates: bool,
    is_strict: bool,
    json: bool,
) -> Result<(), Failure> {
    // Checks the name.
    Connection::new(name, context.actor.clone())?;
    let key = new_key();
    let hash = TokenKey::new(key.as_str()).hash();
    let auth = context.database.auth.clone();
    let store = Connecting::new(context.database.directory.clone(), auth, name, hash, deactivates, is_strict);
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let service = UserService::new(store, authorizer).with_policy(context.service.policy().clone());
    let account = NewUser::new(format!("scim-{name}"), format!("SCIM {name}"))
        .with(|user| user.user_type(UserType::ServiceAccount).path("service-accounts"));
    let account = service.insert_user(&context.actor, account).await?.view.user;
    let printed = print_token(name, &key, account.id, json);
    if printed.is_err() {
        // A token that was not shown is of no use, and must not stay valid.
        disconnect(context, name).await?;
    }
    printed
}

fn print_token(name: &str, key: &str, account: UserId, json: bool) -> Result<(), Failure> {
    print::secret(key, &json!({"name": name, "token": key, "account": account}), json)
}

async fn renew(context: &Context, name: &str, json: bool) -> Result<(), Failure> {
    let account = connection(context, name).await?.connection.user;
    let key = new_key();
    let hash = TokenKey::new(key.as_str()).hash();
    if !context.database.auth.set_connection_hash(name, &hash).await? {
        return Err(unknown(name));
    }
    print_token(name, &key, account, json)
}

/// The connection ends with its account.
async fn disconnect(context: &Context, name: &str) -> Result<(), Failure> {
    let account = connection(context, name).await?.connection.user;
    context.service.delete_user(&context.actor, account).await?;
    Ok(())
}

async fn connection(context: &Context, name: &str) -> Result<ConnectionRecord, Failure> {
    let known = context.database.auth.connections().await?;
    known.into_iter().find(|record| record.connection.name == name).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Failure {
    Message::failure(format!("no connection {name:?}"))
}

async fn list(context: &Context, json: bool) -> Result<(), Failure> {
    let connections = context.database.auth.connections().await?;
    if json {
        return print::json(&connections.iter().map(out).collect::<Vec<_>>());
    }
    let rows: Vec<_> = connections
        .iter()
        .map(|record| {
            let connection = &record.connection;
            let state = if record.user_is_active { "active" } else { "inactive" };
            let deletion = if connection.deactivates { "deactivate" } else { "delete" };
            let requests = if connection.is_strict { "strict" } else { "lenient" };
            [
                connection.name.clone(),
                connection.user.to_string(),
                state.into(),
                deletion.into(),
                requests.into(),
            ]
        })
        .collect();
    print::table(["name", "account", "state", "deletions", "requests"], &rows)
}

fn out(record: &ConnectionRecord) -> Value {
    let connection = &record.connection;
    json!({
        "name": connection.name, "account": connection.user, "is_active": record.user_is_active,
        "deactivate": connection.deactivates, "strict": connection.is_strict,
    })
}
