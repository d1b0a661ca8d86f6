//! The settings from the command line and from `USERBOOK_*` environment variables.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, ValueEnum};
use userbook::Policy;
use userbook_http::{Avatars, ExtensionSet};

use crate::{DatabaseUrl, Limits};

/// The options of the server.
#[derive(Debug, Clone, Parser)]
pub struct Settings {
    /// Listening address; port 0 selects a free port
    #[arg(long, value_name = "ADDR", env = "USERBOOK_LISTEN", default_value = "127.0.0.1:9000")]
    pub listen: SocketAddr,

    /// Database: sqlite:FILE (created if missing), `postgres://USER@HOST/DATABASE`, `mysql://USER@HOST/DATABASE` or memory:
    #[arg(
        long,
        value_name = "URL",
        env = "USERBOOK_DATABASE",
        hide_env_values = true,
        global = true,
        default_value = "sqlite:userbook.db"
    )]
    pub database: DatabaseUrl,

    /// JSON file with the content of an empty database
    #[arg(long, value_name = "FILE", env = "USERBOOK_SEED")]
    pub seed: Option<PathBuf>,

    /// The set of rules
    #[arg(long, env = "USERBOOK_POLICY", default_value = "hardened", global = true)]
    pub policy: PolicyName,

    /// File of Cedar policies that decide access instead of permissions
    #[cfg(feature = "cedar")]
    #[arg(long, value_name = "FILE", env = "USERBOOK_CEDAR")]
    pub cedar: Option<PathBuf>,

    /// Avatars: none, initials, attributes.PATH, a URL template, or a comma-separated list of them
    #[arg(long, value_name = "MODES", env = "USERBOOK_AVATARS", default_value = "initials")]
    pub avatars: Avatars,

    /// Delivery of audit events
    #[arg(long, value_name = "WHERE", env = "USERBOOK_EVENTS")]
    pub events: Option<EventTarget>,

    /// All limits
    #[command(flatten)]
    pub limits: Limits,
}

impl Settings {
    /// Returns the rules in force.
    pub(crate) fn policy(&self) -> Policy {
        self.policy.into()
    }
}

/// The policies by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyName {
    /// Every safeguard and every extension
    Hardened,
    /// Only the behaviour of the recorded release
    #[value(name = "authentik-2025.2")]
    Authentik,
}

/// The destination of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EventTarget {
    /// Standard output, one JSON object per line
    Stdout,
}

impl From<PolicyName> for Policy {
    fn from(name: PolicyName) -> Self {
        match name {
            PolicyName::Hardened => Self::hardened(),
            PolicyName::Authentik => Self::authentik_2025_2(),
        }
    }
}

impl From<PolicyName> for ExtensionSet {
    fn from(name: PolicyName) -> Self {
        match name {
            PolicyName::Hardened => Self::all(),
            PolicyName::Authentik => Self::none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_valid_and_has_the_documented_defaults() {
        Settings::command().debug_assert();
        let settings = Settings::try_parse_from(["userbook-server"]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:9000");
        assert_eq!(settings.database.as_str(), "sqlite:userbook.db");
        assert_eq!(settings.policy, PolicyName::Hardened);
        assert_eq!(settings.avatars.to_string(), "initials");
    }

    #[test]
    fn invalid_arguments_are_rejected() {
        for arguments in [["--policy", "lenient"], ["--avatars", "gravatar"], ["--listen", "here"]] {
            assert!(Settings::try_parse_from(["userbook-server"].into_iter().chain(arguments)).is_err());
        }
    }
}
