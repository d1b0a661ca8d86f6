//! The administration commands. They work on the database, through the same service, rules and events as the API, as
//! the host: the actor with the rights of a superuser.

mod backup;
mod check;
mod context;
mod demo;
mod events;
mod export;
mod group;
mod import;
mod lookup;
mod permission;
mod print;
mod scim;
mod tenant;
mod token;
mod user;

use std::error::Error;

pub use backup::BackupArgs;
pub use check::CheckArgs;
pub use demo::DemoArgs;
pub use events::EventsArgs;
pub use export::ExportArgs;
pub use group::GroupArgs;
pub use import::ImportArgs;
pub use permission::PermissionArgs;
pub use scim::ScimArgs;
pub use tenant::TenantArgs;
pub use token::TokenArgs;
pub use user::UserArgs;

use self::context::Context;
use crate::{
    cli::{Command, Settings},
    resources,
};

/// Why a command ended without its result.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// A message to the person who typed the command.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Message(pub String);

impl Message {
    pub(crate) fn failure(text: impl Into<String>) -> Failure {
        Self(text.into()).into()
    }
}

/// Runs a command other than `serve` on the database of the settings.
///
/// # Errors
/// Every failure, with its cause.
pub(crate) async fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    resources::room(1, settings.limits.database_connections)?;
    match command {
        Command::Tenant(arguments) => return tenant::run(settings, &arguments).await,
        Command::Demo(arguments) => {
            return demo::run(&Context::open_or_create(settings).await?, &arguments).await;
        }
        Command::Import(arguments) => {
            return import::run(&Context::open_or_create(settings).await?, &arguments).await;
        }
        _ => {}
    }
    let context = Context::open(settings).await?;
    let outcome = match &command {
        Command::User(arguments) => user::run(&context, arguments).await,
        Command::Group(arguments) => group::run(&context, arguments).await,
        Command::Token(arguments) => token::run(&context, arguments).await,
        Command::Scim(arguments) => scim::run(&context, arguments).await,
        Command::Permission(arguments) => permission::run(&context, arguments).await,
        Command::Export(arguments) => export::run(&context, arguments).await,
        Command::Backup(arguments) => backup::run(&context, arguments).await,
        Command::Events(arguments) => events::run(&context, arguments).await,
        Command::Check(arguments) => check::run(&context, arguments).await,
        Command::Serve(_) | Command::Import(_) | Command::Demo(_) | Command::Tenant(_) => Ok(()),
    };
    context.database.close().await;
    outcome
}
