//! `tenant`: creates, lists and migrates tenants.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use userbook_tenants::TenantName;

use super::{Failure, Message, print};
use crate::{
    Administrator, Seed,
    ambient::Ambient,
    bootstrap,
    chain::error_chain,
    cli::Settings,
    database::Database,
    tenants::{TenantDatabases, is_filled},
};

/// `tenant …`
#[derive(Debug, Clone, Args)]
pub struct TenantArgs {
    /// Prints JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Creates a tenant with an administrator, and prints the administrator's token, which is stored nowhere
    Create {
        /// The name: letters a to z, digits and '-'
        name: TenantName,
        /// JSON file with the content, instead of an administrator
        #[arg(long, value_name = "FILE", conflicts_with = "empty")]
        seed: Option<PathBuf>,
        /// Leaves the tenant empty, for `import` or `demo`; it is not served before
        #[arg(long)]
        empty: bool,
    },
    /// Lists tenants
    List,
    /// Migrates all tenants, so that the first request of each does not have to wait
    Migrate,
}

pub(super) async fn run(settings: &Settings, arguments: &TenantArgs) -> Result<(), Failure> {
    if settings.tenant.is_some() {
        return Err(Message::failure("`tenant` takes the name as an argument, not with --tenant"));
    }
    let creates = matches!(arguments.action, Action::Create { .. });
    let databases = TenantDatabases::prepare(settings.database.as_str(), &settings.limits, creates).await?;
    let json = arguments.json;
    let outcome = match &arguments.action {
        Action::Create { name, seed, empty } => {
            let seed = seed.as_deref().map(|path| Seed::read_with(path, &Ambient::default())).transpose()?;
            create(&databases, name, seed, *empty, json).await
        }
        Action::List => list(&databases, json).await,
        Action::Migrate => migrate(&databases, json).await,
    };
    databases.close().await;
    outcome
}

/// Creates the tenant, or completes a creation that was interrupted.
async fn create(
    databases: &TenantDatabases,
    name: &TenantName,
    seed: Option<Seed>,
    stays_empty: bool,
    json: bool,
) -> Result<(), Failure> {
    let is_new = databases.create(name).await?;
    let missing = || Message::failure(format!("tenant {name} was deleted meanwhile"));
    let database = databases.open(name).await?.ok_or_else(missing)?;
    let outcome = fill(&database, name, seed, stays_empty, is_new, json).await;
    database.close().await;
    outcome
}

async fn fill(
    database: &Database,
    name: &TenantName,
    seed: Option<Seed>,
    stays_empty: bool,
    is_new: bool,
    json: bool,
) -> Result<(), Failure> {
    if is_filled(database).await? || (stays_empty && !is_new) {
        return Err(Message::failure(format!("tenant {name} exists already")));
    }
    if stays_empty || seed.is_some() {
        if let Some(seed) = seed {
            bootstrap::prepare(database, Some(seed), |_| Ok(())).await?;
        }
        return if json { print::json(&json!({"tenant": name.as_str()})) } else { print::line("created") };
    }
    // A token that was not shown leaves nothing behind.
    let announce = |administrator: &Administrator| {
        let (user, token) = (&administrator.user.username, &administrator.token);
        let record = json!({"tenant": name.as_str(), "user": user, "token": token});
        print::secret(token, &record, json).map_err(std::io::Error::other)
    };
    bootstrap::prepare(database, None, announce).await?;
    Ok(())
}

async fn list(databases: &TenantDatabases, json: bool) -> Result<(), Failure> {
    let names = databases.names().await?;
    if json {
        return print::json(&names.iter().map(TenantName::as_str).collect::<Vec<_>>());
    }
    let rows: Vec<_> = names.iter().map(|name| [name.to_string()]).collect();
    print::table(["tenant"], &rows)
}

/// Continues with the next tenant after a failure.
async fn migrate(databases: &TenantDatabases, json: bool) -> Result<(), Failure> {
    let (mut migrated, mut failed) = (0_usize, Vec::new());
    for name in databases.names().await? {
        match databases.open(&name).await {
            Ok(Some(database)) => {
                database.close().await;
                migrated += 1;
            }
            Ok(None) => {}
            Err(error) => failed.push((name, error_chain(&error))),
        }
    }
    if json {
        let failed = failed.iter().map(|(name, error)| json!({"tenant": name.as_str(), "error": error}));
        print::json(&json!({"migrated": migrated, "failed": failed.collect::<Vec<_>>()}))?;
    } else {
        print::line(&format!("{migrated} tenants are migrated"))?;
        for (name, error) in &failed {
            print::line(&format!("{name}: {error}"))?;
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Message::failure(format!("{} tenants failed", failed.len()))) }
}
