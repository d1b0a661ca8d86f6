//! What answers requests: one database, or one for each tenant.

use std::{error::Error, sync::Arc};

use axum::Router;
use userbook::authz::ListAuthorizer;
use userbook_tenants::Tenants;

use super::{api, banner, delivery, delivery::RunningDelivery, delivery::Sinks, scim};
use crate::{
    Administrator, Limits, Seed, Settings, TenantRouting,
    ambient::Ambient,
    authorizer, bootstrap,
    database::{Database, Reachable},
    metrics::{Observed, ObservedDatabase},
    tenants::{Site, TenantDatabases, TenantDelivery, router},
};

/// The databases of a server.
pub(super) enum Backend {
    Single(Box<Database>),
    Tenants(Tenants<Site>, Arc<TenantDelivery>),
}

type Prepared = Result<(Backend, Router), Box<dyn Error + Send + Sync>>;

impl Backend {
    /// Opens what the settings name, and builds the router. `rest` answers paths that need no database.
    pub(super) async fn prepare(
        settings: &Settings,
        policies: Option<Arc<dyn ListAuthorizer>>,
        rest: Router,
        origin: &str,
        quiet: bool,
    ) -> Prepared {
        match &settings.tenants {
            None => Self::single(settings, policies, rest, origin, quiet).await,
            Some(routing) => Self::tenants(settings, policies, rest, routing).await,
        }
    }

    async fn single(
        settings: &Settings,
        policies: Option<Arc<dyn ListAuthorizer>>,
        rest: Router,
        origin: &str,
        quiet: bool,
    ) -> Prepared {
        let ambient = settings.ambient()?;
        let seed = settings.seed.as_deref().map(|path| Seed::read_with(path, &ambient)).transpose()?;
        let database = Database::open(settings.database.as_str(), &settings.limits).await?;
        let announce =
            |administrator: &Administrator| banner::print_administrator(origin, administrator, quiet);
        let ready = bootstrap::prepare(&database, seed, announce).await?;
        let authorizer = policies.unwrap_or_else(|| authorizer::permissions(&database.auth));
        let scim_url = settings.scim_url.clone();
        let router = tenant_router(settings, &database, authorizer, ready.install_id, &ambient, scim_url);
        Ok((Self::Single(Box::new(database)), router.fallback_service(rest)))
    }

    async fn tenants(
        settings: &Settings,
        policies: Option<Arc<dyn ListAuthorizer>>,
        rest: Router,
        routing: &TenantRouting,
    ) -> Prepared {
        let (ambient, limits) = (settings.ambient()?, &settings.limits);
        let databases = TenantDatabases::prepare(settings.database.as_str(), limits, false).await?;
        databases.ping().await?;
        let site = Site::new(databases, routing.clone(), settings.clone(), ambient, policies, rest);
        let tenants = Tenants::new(site, limits.tenants());
        let delivery = Arc::new(TenantDelivery::default());
        let router = router(tenants.clone(), Arc::clone(&delivery), settings.policy.into());
        Ok((Self::Tenants(tenants, delivery), router))
    }

    /// What must answer for the server to be ready.
    pub(super) fn reachable(&self) -> Arc<dyn Reachable> {
        match self {
            Self::Single(database) => Arc::new((**database).clone()),
            Self::Tenants(tenants, _) => Arc::new(tenants.source().databases().clone()),
        }
    }

    /// What the page of metrics reads: the pool and the queues of a single database, or the states of tenants.
    pub(super) fn observed(&self, limits: &Limits, sinks: &Sinks) -> Observed {
        let database = match self {
            Self::Single(database) => (**database).clone(),
            Self::Tenants(tenants, _) => return Observed::Tenants(tenants.clone()),
        };
        let destinations = sinks.iter().map(|(destination, _)| destination.clone()).collect();
        let observed = ObservedDatabase::new(database, destinations, limits.health_timeout);
        Observed::Single(Box::new(observed))
    }

    /// Starts the delivery of events.
    pub(super) fn deliver(&self, settings: &Settings, sinks: Sinks) -> RunningDelivery {
        match self {
            Self::Single(database) => delivery::start(settings, database, sinks),
            Self::Tenants(tenants, work) => {
                RunningDelivery::start(|stop| Arc::clone(work).run(tenants.clone(), sinks, stop))
            }
        }
    }

    /// Waits for running operations and closes all connections.
    pub(super) async fn close(&self) {
        match self {
            Self::Single(database) => database.close().await,
            Self::Tenants(tenants, _) => {
                tenants.close().await;
                tenants.source().databases().close().await;
            }
        }
    }
}

/// Builds the API and the SCIM provider over one database, without a fallback.
pub(crate) fn tenant_router(
    settings: &Settings,
    database: &Database,
    authorizer: Arc<dyn ListAuthorizer>,
    install_id: String,
    ambient: &Ambient,
    scim_url: Option<String>,
) -> Router {
    let provider = if settings.scim {
        userbook_axum::router(scim::scim(settings, database, Arc::clone(&authorizer), scim_url))
    } else {
        Router::new()
    };
    userbook_axum::router(api::api(settings, database, authorizer, install_id, ambient)).merge(provider)
}
