//! The command line: `serve`, which is the default, and the administration commands.

mod environment;
mod serve;

use clap::{
    ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind, parser::ValueSource,
};
pub use serve::{PolicyName, ReleaseName, Settings, WebhookSecret};

use crate::admin;

/// authentik's "update user" over HTTP, with its own database. Without a command, the server starts.
#[derive(Debug, Clone, Parser)]
#[command(name = "userbook-server", version, about, subcommand_required = false)]
pub struct Cli {
    /// The options of the server
    #[command(flatten)]
    pub settings: Settings,

    /// The command
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands. All but `serve` work on the database and end.
#[derive(Debug, Clone, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Starts the server (the default)
    Serve(Box<Settings>),
    /// Lists, shows, creates, changes and deletes users
    User(admin::UserArgs),
    /// Lists, shows, creates, changes and deletes groups
    Group(admin::GroupArgs),
    /// Creates, lists and revokes tokens
    Token(admin::TokenArgs),
    /// Connects identity providers over SCIM, and lists and ends their connections
    Scim(admin::ScimArgs),
    /// Grants, revokes and lists permissions
    Permission(admin::PermissionArgs),
    /// Imports users and groups from a file
    Import(admin::ImportArgs),
    /// Exports the whole directory to a file
    Export(admin::ExportArgs),
    /// Copies the database to a new file, also while a server uses it (SQLite)
    Backup(admin::BackupArgs),
    /// Lists and deletes audit events
    Events(admin::EventsArgs),
    /// Checks the database for contradictions
    Check(admin::CheckArgs),
    /// Fills an empty database with a small directory to try things on
    Demo(admin::DemoArgs),
    /// Creates, lists and migrates tenants
    Tenant(admin::TenantArgs),
}

impl Cli {
    /// Reads the command line and the environment; on an error, prints the error and exits.
    pub fn from_env() -> Self {
        Self::try_read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// Returns whether the command line starts the server.
    pub fn serves(&self) -> bool {
        matches!(self.command, None | Some(Command::Serve(_)))
    }

    /// Returns whether the command line starts a server with a page of metrics.
    pub fn serves_metrics(&self) -> bool {
        let settings = match &self.command {
            None => &self.settings,
            Some(Command::Serve(settings)) => settings,
            Some(_) => return false,
        };
        settings.metrics.is_some()
    }

    fn try_read(
        arguments: impl IntoIterator<Item = impl Into<std::ffi::OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command
            .try_get_matches_from_mut(arguments)
            .map_err(|error| environment::with_variables(error, &command))?;
        reject_unused(&command, &matches).map_err(|error| error.format(&mut command))?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// The options that every command takes.
const SHARED: [&str; 5] = ["database", "policy", "secret_attributes", "tenant", "unique_email"];

/// Rejects options of the server before another command, where they would have no effect.
fn reject_unused(command: &clap::Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some((name, _)) = matches.subcommand() else { return Ok(()) };
    let is_given = |id: &&clap::Id| {
        matches.value_source(id.as_str()) == Some(ValueSource::CommandLine) && !SHARED.contains(&id.as_str())
    };
    // The matches also contain options of the other command, such as `--json`, and groups of options.
    let own: Vec<_> = command.get_arguments().map(clap::Arg::get_id).collect();
    let unused = matches.ids().filter(|id| own.contains(id)).find(is_given);
    match unused {
        None => Ok(()),
        Some(id) => {
            let option = id.as_str().replace('_', "-");
            let message = format!("--{option} belongs after `serve`; `{name}` does not use it\n");
            Err(clap::Error::raw(ErrorKind::ArgumentConflict, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Cli, String> {
        let all = ["userbook-server"].iter().chain(arguments);
        Cli::try_read(all.copied()).map_err(|error| error.to_string())
    }

    #[test]
    fn command_line_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_the_default() {
        assert!(read(&[]).unwrap().command.is_none());
        assert_eq!(read(&["--listen", "127.0.0.1:7"]).unwrap().settings.listen.port(), 7);
        let Some(Command::Serve(settings)) = read(&["serve", "--listen", "127.0.0.1:7"]).unwrap().command
        else {
            panic!("no server");
        };
        assert_eq!(settings.listen.port(), 7);
    }

    #[test]
    fn database_is_accepted_before_and_after_the_command() {
        for arguments in [
            ["--database", "sqlite:x.db", "user", "list"],
            ["user", "--database", "sqlite:x.db", "list"],
            ["user", "list", "--database", "sqlite:x.db"],
        ] {
            assert_eq!(read(&arguments).unwrap().settings.database.as_str(), "sqlite:x.db", "{arguments:?}");
        }
        let Some(Command::Serve(settings)) = read(&["serve", "--database", "sqlite:x.db"]).unwrap().command
        else {
            panic!("no server");
        };
        assert_eq!(settings.database.as_str(), "sqlite:x.db");
    }

    #[test]
    fn options_of_the_command_are_accepted_in_any_place() {
        for command in
            [&["user", "list"][..], &["user", "--json", "list"], &["token", "list"], &["events", "failed"]]
        {
            let arguments = [command, &["--json"]].concat();
            let arguments = if command.contains(&"--json") { command } else { &arguments };
            read(arguments).unwrap();
        }
    }

    #[test]
    fn options_without_effect_are_rejected() {
        let error = read(&["--listen", "127.0.0.1:7", "user", "list"]).unwrap_err();
        assert!(error.contains("--listen belongs after `serve`"), "{error}");
        let error = read(&["--max-body", "7", "serve"]).unwrap_err();
        assert!(error.contains("--max-body"), "{error}");
    }
}
