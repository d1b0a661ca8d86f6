//! An open tenant of the server: its database, and the API over it.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use axum::Router;
use tokio::time::Instant;
use userbook::{
    authz::ListAuthorizer,
    store::{StoreError, StoreErrorKind},
};
use userbook_tenants::{OpenTenant, TenantError, TenantName, TenantSource, Tenants};

use super::{TenantDatabases, TenantRouting, content::ContentCheck};
use crate::{Settings, ambient::Ambient, authorizer, database::Database, serve::tenant_router};

/// What stands for the name of the tenant in `--scim-url`.
pub(crate) const TENANT_IN_URL: &str = "{tenant}";

/// Opens tenants for requests.
pub(crate) struct Site {
    databases: TenantDatabases,
    routing: TenantRouting,
    settings: Settings,
    ambient: Ambient,
    /// Cedar policies in place of permissions.
    policies: Option<Arc<dyn ListAuthorizer>>,
    /// Pages and the response to unknown paths, which are the same for all tenants.
    rest: Router,
}

/// An open tenant.
#[derive(Debug)]
pub(crate) struct ServedTenant {
    pub(super) database: Database,
    pub(super) router: Router,
    install_id: String,
    content: ContentCheck,
}

impl ServedTenant {
    fn new(database: Database, router: Router, install_id: String, read: Instant) -> Self {
        Self { database, router, install_id, content: ContentCheck::new(read) }
    }

    /// Returns whether the database is still the one that was opened.
    async fn is_current(&self) -> bool {
        if self.database.has_file() {
            return self.database.is_in_place();
        }
        self.content.is_current(self.has_install_id()).await
    }

    async fn has_install_id(&self) -> bool {
        match self.database.install.install_id().await {
            Ok(install_id) => install_id.as_ref() == Some(&self.install_id),
            // A database that does not answer is not deleted.
            Err(error) if error.kind == StoreErrorKind::Transient => true,
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "cannot read the id of an installation");
                false
            }
        }
    }
}

/// Returns the tenant over its present database: one that was deleted or replaced is closed, and looked for again.
///
/// # Errors
/// [`TenantError`].
pub(super) async fn current(
    tenants: &Tenants<Site>,
    name: &TenantName,
) -> Result<OpenTenant<Site>, TenantError> {
    let tenant = tenants.get(name).await?;
    if tenant.is_current().await {
        return Ok(tenant);
    }
    tracing::warn!(tenant = %name, "the database may have been deleted or replaced: opening it again");
    tenants.retire(&tenant);
    drop(tenant);
    tenants.get(name).await
}

impl Site {
    pub(crate) fn new(
        databases: TenantDatabases,
        routing: TenantRouting,
        settings: Settings,
        ambient: Ambient,
        policies: Option<Arc<dyn ListAuthorizer>>,
        rest: Router,
    ) -> Self {
        Self { databases, routing, settings, ambient, policies, rest }
    }

    pub(super) fn routing(&self) -> &TenantRouting {
        &self.routing
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn databases(&self) -> &TenantDatabases {
        &self.databases
    }

    /// The public URL or path of the tenant's SCIM service.
    fn scim_url(&self, name: &TenantName) -> Option<String> {
        match &self.settings.scim_url {
            Some(url) => Some(url.replace(TENANT_IN_URL, name.as_str())),
            None => self.routing.scim_path(name),
        }
    }

    /// Builds the API over the database. `None` for an empty one. With the install id.
    async fn serve(
        &self,
        name: &TenantName,
        database: &Database,
    ) -> Result<Option<(Router, String)>, StoreError> {
        let Some(install_id) = database.install.install_id().await? else {
            tracing::warn!(tenant = %name, "the tenant is empty: use `tenant create`, `demo` or `import`");
            return Ok(None);
        };
        let policies = self.policies.clone();
        let authorizer = policies.unwrap_or_else(|| authorizer::permissions(&database.auth));
        let scim_url = self.scim_url(name);
        let (settings, id) = (&self.settings, install_id.clone());
        let router = tenant_router(settings, database, authorizer, id, &self.ambient, scim_url);
        Ok(Some((router.fallback_service(self.rest.clone()), install_id)))
    }
}

/// Whether a start, a seed or an import has filled the database.
pub(crate) async fn is_filled(database: &Database) -> Result<bool, StoreError> {
    Ok(database.install.install_id().await?.is_some())
}

#[async_trait]
impl TenantSource for Site {
    type Tenant = ServedTenant;

    async fn exists(&self, name: &TenantName) -> Result<bool, StoreError> {
        self.databases.exists(name).await
    }

    /// An empty tenant is unknown: its administrator is created by a command, never by a request.
    async fn open(&self, name: &TenantName) -> Result<Option<ServedTenant>, StoreError> {
        let Some(database) = self.databases.open(name).await? else { return Ok(None) };
        let began = Instant::now();
        match self.serve(name, &database).await {
            Ok(Some((router, install_id))) => {
                Ok(Some(ServedTenant::new(database, router, install_id, began)))
            }
            answer => {
                database.close().await;
                answer.map(|_| None)
            }
        }
    }

    async fn close(&self, tenant: &ServedTenant) {
        tenant.database.close().await;
    }

    async fn create(&self, name: &TenantName) -> Result<bool, StoreError> {
        self.databases.create(name).await
    }

    async fn names(&self) -> Result<Vec<TenantName>, StoreError> {
        self.databases.names().await
    }
}
