//! What every command works with.

use std::sync::Arc;

use userbook::{Actor, PermissionAuthorizer, UserService, authz::PermissionSource};

use userbook_tenants::TenantName;

use super::{Failure, Message};
use crate::{
    cli::Settings,
    database::{Database, Directory},
    tenants::TenantDatabases,
};

pub(super) type Service = UserService<Arc<dyn Directory>, PermissionAuthorizer<Arc<dyn PermissionSource>>>;

/// An open database and the service on it.
pub(super) struct Context {
    pub(super) database: Database,
    pub(super) service: Service,
    pub(super) actor: Actor,
}

impl Context {
    /// Opens a database that has content.
    pub(super) async fn open(settings: &Settings) -> Result<Self, Failure> {
        let context = Self::new(settings, false).await?;
        context.require_content().await?;
        Ok(context)
    }

    /// Opens a database, or creates an empty one.
    pub(super) async fn open_or_create(settings: &Settings) -> Result<Self, Failure> {
        Self::new(settings, true).await
    }

    async fn new(settings: &Settings, create: bool) -> Result<Self, Failure> {
        if settings.database.as_str().starts_with("memory:") {
            return Err(Message::failure(
                "a database in memory ends with its process: name another --database",
            ));
        }
        let url = settings.database.as_str();
        // Commands reject the option `--tenants`, but the environment may set it.
        if settings.tenants.is_some() && settings.tenant.is_none() {
            return Err(Message::failure("USERBOOK_TENANTS is set: name a tenant with --tenant"));
        }
        let database = match (&settings.tenant, create) {
            // Only `tenant create` creates a tenant.
            (Some(tenant), _) => open_tenant(settings, tenant).await?,
            (None, true) => Database::open(url, &settings.limits).await?,
            (None, false) => Database::open_existing(url, &settings.limits).await?,
        };
        let source: Arc<dyn PermissionSource> = database.auth.clone();
        let service = UserService::new(database.directory.clone(), PermissionAuthorizer::new(source))
            .with_policy(settings.policy());
        Ok(Self { database, service, actor: Actor::system() })
    }

    /// Fails for a database that no start, seed or import has filled.
    pub(super) async fn require_content(&self) -> Result<(), Failure> {
        if self.is_empty().await? {
            let text = "the database is empty: start the server once, or use `demo` or `import` with a seed";
            return Err(Message::failure(text));
        }
        Ok(())
    }

    pub(super) async fn is_empty(&self) -> Result<bool, Failure> {
        Ok(self.database.install.install_id().await?.is_none())
    }
}

/// Opens the database of a tenant that exists.
async fn open_tenant(settings: &Settings, tenant: &TenantName) -> Result<Database, Failure> {
    let databases = TenantDatabases::prepare(settings.database.as_str(), &settings.limits, false).await?;
    let database = databases.open(tenant).await;
    databases.close().await;
    database?.ok_or_else(|| Message::failure(format!("tenant {tenant} does not exist: use `tenant create`")))
}
