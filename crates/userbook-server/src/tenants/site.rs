//! An open tenant of the server: its database, and the API over it.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use userbook::{authz::ListAuthorizer, store::StoreError};
use userbook_tenants::{TenantName, TenantSource};

use super::{TenantDatabases, TenantRouting};
use crate::{Settings, ambient::Ambient, authorizer, database::Database, serve::tenant_router};

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
            Some(url) => Some(url.replace("{tenant}", name.as_str())),
            None => self.routing.scim_path(name),
        }
    }

    async fn serve(&self, name: &TenantName, database: &Database) -> Result<Option<Router>, StoreError> {
        let Some(install_id) = database.install.install_id().await? else {
            tracing::warn!(tenant = %name, "the tenant is empty: use `tenant create`, `demo` or `import`");
            return Ok(None);
        };
        let policies = self.policies.clone();
        let authorizer = policies.unwrap_or_else(|| authorizer::permissions(&database.auth));
        let scim_url = self.scim_url(name);
        let router = tenant_router(&self.settings, database, authorizer, install_id, &self.ambient, scim_url);
        Ok(Some(router.fallback_service(self.rest.clone())))
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
        match self.serve(name, &database).await {
            Ok(Some(router)) => Ok(Some(ServedTenant { database, router })),
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
