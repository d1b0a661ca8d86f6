//! `permission`: grants, revokes and lists permissions.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use userbook::UserId;

use super::{Failure, Message, context::Context, lookup, print};
use crate::{
    auth::{GrantRow, GrantedOn},
    seed::check_permission,
};

/// The prefix that may be left out.
const CORE: &str = "authentik_core.";

/// `permission …`
#[derive(Debug, Clone, Args)]
pub struct PermissionArgs {
    /// Prints JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Grants permissions
    Grant(Grant),
    /// Revokes permissions
    Revoke(Grant),
    /// Lists permissions
    List {
        /// Only those of this user (username, number or UUID)
        user: Option<String>,
    },
}

#[derive(Debug, Clone, Args)]
struct Grant {
    /// The holder: username, number or UUID
    user: String,
    /// The permissions, such as `change_user`
    #[arg(required = true)]
    permissions: Vec<String>,
    /// Only on this user (username, number or UUID); on everything by default
    #[arg(long, value_name = "USER", conflicts_with = "on_group")]
    on_user: Option<String>,
    /// Only on this group (name or UUID); on everything by default
    #[arg(long, value_name = "GROUP")]
    on_group: Option<String>,
}

impl Grant {
    /// Returns a row for each permission. All names are checked before the first one is written.
    async fn rows(&self, context: &Context) -> Result<Vec<GrantRow>, Failure> {
        let user = lookup::user(context, &self.user).await?.user.id;
        let on = match (&self.on_user, &self.on_group) {
            (Some(user), _) => GrantedOn::User(lookup::user(context, user).await?.user.id),
            (None, Some(group)) => GrantedOn::Group(lookup::group(context, group).await?.id),
            (None, None) => GrantedOn::Everything,
        };
        let rows = self.permissions.iter().map(|name| {
            let permission = if name.contains('.') { name.clone() } else { format!("{CORE}{name}") };
            check_permission(&permission).map_err(Message::failure)?;
            Ok(GrantRow { user, permission, on })
        });
        rows.collect()
    }
}

pub(super) async fn run(context: &Context, arguments: &PermissionArgs) -> Result<(), Failure> {
    let json = arguments.json;
    let auth = &context.database.auth;
    match &arguments.action {
        Action::Grant(grant) => {
            for row in grant.rows(context).await? {
                report(if auth.grant(&row).await? { "granted" } else { "unchanged" }, &row, json)?;
            }
            Ok(())
        }
        Action::Revoke(grant) => {
            for row in grant.rows(context).await? {
                report(if auth.revoke(&row).await? { "revoked" } else { "unchanged" }, &row, json)?;
            }
            Ok(())
        }
        Action::List { user } => list(context, user.as_deref(), json).await,
    }
}

fn out(row: &GrantRow) -> Value {
    let object = match row.on {
        GrantedOn::Everything => Value::Null,
        GrantedOn::User(user) => json!({"user": user}),
        GrantedOn::Group(group) => json!({"group": group}),
    };
    json!({"user": row.user, "permission": row.permission, "on": object})
}

fn object(on: GrantedOn) -> String {
    match on {
        GrantedOn::Everything => "everything".to_owned(),
        GrantedOn::User(user) => format!("user {user}"),
        GrantedOn::Group(group) => format!("group {group}"),
    }
}

fn report(what: &str, row: &GrantRow, json: bool) -> Result<(), Failure> {
    if json {
        return print::json(&json!({"outcome": what, "grant": out(row)}));
    }
    print::line(&format!("user {}: {} on {}: {what}", row.user, row.permission, object(row.on)))
}

async fn list(context: &Context, user: Option<&str>, json: bool) -> Result<(), Failure> {
    let user: Option<UserId> = match user {
        None => None,
        Some(user) => Some(lookup::user(context, user).await?.user.id),
    };
    let mut grants = context.database.auth.grants_of_all().await?;
    grants.retain(|row| user.is_none_or(|user| row.user == user));
    if json {
        return print::json(&grants.iter().map(out).collect::<Vec<_>>());
    }
    let rows: Vec<_> =
        grants.iter().map(|row| [row.user.to_string(), row.permission.clone(), object(row.on)]).collect();
    print::table(["user", "permission", "on"], &rows)
}
