//! The settings from the command line and from `USERBOOK_*` environment variables.

use std::{convert::Infallible, fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use clap::{Parser, ValueEnum};
use userbook::{Policy, Timestamp, model::parse_timestamp};
use userbook_http::{Avatars, ExtensionSet, Release};
use userbook_tenants::TenantName;

use crate::{
    DatabaseUrl, EventTarget, Limits, TenantRouting,
    ambient::{Ambient, NotInMemory},
};

/// The options of the server.
#[derive(Debug, Clone, Parser)]
pub struct Settings {
    /// Listening address; port 0 selects a free port
    #[arg(long, value_name = "ADDR", env = "USERBOOK_LISTEN", default_value = "127.0.0.1:9000")]
    pub listen: SocketAddr,

    /// Address of a page with metrics for Prometheus, such as 127.0.0.1:9300: `http://ADDR/metrics`, without
    /// authentication. By default there is none
    #[arg(long, value_name = "ADDR", env = "USERBOOK_METRICS")]
    pub metrics: Option<SocketAddr>,

    /// Database: sqlite:FILE (created if missing), `postgres://USER@HOST/DATABASE`, `mysql://USER@HOST/DATABASE` or
    /// memory:
    #[arg(
        long,
        value_name = "URL",
        env = "USERBOOK_DATABASE",
        hide_env_values = true,
        global = true,
        default_value = "sqlite:userbook.db"
    )]
    pub database: DatabaseUrl,

    /// Serves several tenants: `host:DOMAIN` for NAME.DOMAIN, `path` for /NAME/…, or `path:/PREFIX`. The database
    /// contains a schema, database or file for each; a SQLite URL names a folder
    #[arg(long, value_name = "WHERE", env = "USERBOOK_TENANTS", conflicts_with = "seed")]
    pub tenants: Option<TenantRouting>,

    /// The tenant that a command works on
    #[arg(long, value_name = "NAME", global = true)]
    pub tenant: Option<TenantName>,

    /// JSON file with the content of an empty database
    #[arg(long, value_name = "FILE", env = "USERBOOK_SEED")]
    pub seed: Option<PathBuf>,

    /// The set of rules
    #[arg(long, env = "USERBOOK_POLICY", default_value = "hardened", global = true)]
    pub policy: PolicyName,

    /// Release of authentik whose fields and list parameters the API has; no rule depends on it
    #[arg(long, env = "USERBOOK_RELEASE", default_value = "2025.2", global = true)]
    pub release: ReleaseName,

    /// Time of everything that happens, for tests of other programs; requires `--database memory:`
    #[arg(long, value_name = "TIME", env = "USERBOOK_FIXED_TIME", value_parser = parse_time)]
    pub fixed_time: Option<Timestamp>,

    /// Ids and tokens in a fixed order instead of random ones, for tests of other programs; requires
    /// `--database memory:`
    #[arg(long, env = "USERBOOK_NUMBERED_IDS")]
    pub numbered_ids: bool,

    /// File of Cedar policies that decide access instead of permissions
    #[cfg(feature = "cedar")]
    #[arg(long, value_name = "FILE", env = "USERBOOK_CEDAR")]
    pub cedar: Option<PathBuf>,

    /// Serves SCIM 2.0 at /scim/v2 for the connections of `scim connect`
    #[arg(long, env = "USERBOOK_SCIM")]
    pub scim: bool,

    /// Public URL of the SCIM service in its answers, such as `https://app.example.com/scim/v2`; by default the path
    /// alone. With `--tenants` it contains `{tenant}`, which stands for the name
    #[arg(long, value_name = "URL", env = "USERBOOK_SCIM_URL")]
    pub scim_url: Option<String>,

    /// Avatars: none, initials, attributes.PATH, a URL template, or a comma-separated list of them
    #[arg(long, value_name = "MODES", env = "USERBOOK_AVATARS", default_value = "initials")]
    pub avatars: Avatars,

    /// Destination of audit events: `stdout`, `file:PATH`, or the URL of a webhook; repeatable
    #[arg(
        long,
        value_name = "WHERE",
        env = "USERBOOK_EVENTS",
        hide_env_values = true,
        value_delimiter = ' '
    )]
    pub events: Vec<EventTarget>,

    /// Secret that signs webhooks: `whsec_` and Base64, or any other text
    #[arg(long, value_name = "SECRET", env = "USERBOOK_WEBHOOK_SECRET", hide_env_values = true)]
    pub webhook_secret: Option<WebhookSecret>,

    /// Number of times that a receiver may reject an event before the event is set aside
    #[arg(long, value_name = "N", env = "USERBOOK_EVENTS_TRIES", default_value = "10", value_parser = clap::value_parser!(u32).range(1..))]
    pub events_tries: u32,

    /// Size in bytes at which the file of events is rotated
    #[arg(long, value_name = "BYTES", env = "USERBOOK_EVENTS_FILE_SIZE", default_value = "67108864")]
    pub events_file_size: u64,

    /// Number of rotated files of events to keep
    #[arg(long, value_name = "N", env = "USERBOOK_EVENTS_FILES", default_value = "10")]
    pub events_files: u32,

    /// Days after which events are deleted: delivered ones, those set aside, and all if there is no destination
    #[arg(long, value_name = "DAYS", env = "USERBOOK_EVENTS_KEEP", default_value = "30")]
    pub events_keep: u32,

    /// Attribute whose values appear in no event, such as `mfa.seed`; repeatable
    #[arg(
        long = "secret-attribute",
        value_name = "PATH",
        env = "USERBOOK_SECRET_ATTRIBUTES",
        value_delimiter = ',',
        global = true
    )]
    pub secret_attributes: Vec<String>,

    /// Rejects a new e-mail address that another user has as address or username, compared without case
    #[arg(long, env = "USERBOOK_UNIQUE_EMAIL", global = true)]
    pub unique_email: bool,

    /// All limits
    #[command(flatten)]
    pub limits: Limits,
}

/// Reads a time such as `2025-01-01T00:00:00Z`.
fn parse_time(text: &str) -> Result<Timestamp, InvalidTime> {
    parse_timestamp(text).ok_or(InvalidTime)
}

#[derive(Debug, thiserror::Error)]
#[error("expected a time such as 2025-01-01T00:00:00Z")]
struct InvalidTime;

impl Settings {
    /// Returns time and identifiers of the server.
    pub(crate) fn ambient(&self) -> Result<Ambient, NotInMemory> {
        let is_in_memory = self.database.as_str().starts_with("memory:");
        Ambient::new(self.fixed_time, self.numbered_ids, is_in_memory)
    }

    /// Returns the rules in force.
    pub(crate) fn policy(&self) -> Policy {
        self.with_options(self.policy.into())
    }

    /// Returns the rules for SCIM connections: every safeguard, whatever the policy of the API is.
    pub(crate) fn scim_policy(&self) -> Policy {
        self.with_options(Policy::hardened())
    }

    fn with_options(&self, policy: Policy) -> Policy {
        let path = |attribute: &String| attribute.split('.').map(str::to_owned).collect::<Vec<_>>();
        let policy = if self.unique_email { policy.with_unique_email() } else { policy };
        self.secret_attributes.iter().map(path).fold(policy, Policy::with_secret_attribute)
    }
}

/// The policies by name.
///
/// Exhaustive: the command line lists the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyName {
    /// Every safeguard and every extension
    Hardened,
    /// Only the behaviour of the recorded release
    #[value(name = "authentik-2025.2")]
    Authentik,
}

/// The releases by name.
///
/// Exhaustive: the command line lists the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReleaseName {
    /// The recorded release
    #[value(name = "2025.2")]
    V2025_2,
    /// The release that current clients expect
    #[value(name = "2026.8")]
    V2026_8,
}

impl From<ReleaseName> for Release {
    fn from(name: ReleaseName) -> Self {
        match name {
            ReleaseName::V2025_2 => Self::V2025_2,
            ReleaseName::V2026_8 => Self::V2026_8,
        }
    }
}

/// The secret of webhooks. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(pub(crate) String);

impl FromStr for WebhookSecret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
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
    fn releases_have_the_names_of_the_library() {
        for release in Release::ALL {
            let arguments = ["userbook-server", "--release", release.as_str()];
            let settings = Settings::try_parse_from(arguments).unwrap();
            assert_eq!(Release::from(settings.release), *release);
        }
        assert_eq!(ReleaseName::value_variants().len(), Release::ALL.len());
    }

    #[test]
    fn invalid_arguments_are_rejected() {
        for arguments in [
            ["--policy", "lenient"],
            ["--release", "2024.12"],
            ["--fixed-time", "yesterday"],
            ["--avatars", "gravatar"],
            ["--listen", "here"],
        ] {
            assert!(Settings::try_parse_from(["userbook-server"].into_iter().chain(arguments)).is_err());
        }
    }
}
