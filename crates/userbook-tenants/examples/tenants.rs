//! Two tenants in one process: each has its own users, and an update of one does not reach the other.
#![allow(clippy::print_stdout, reason = "it is a program for people")]

use sqlx::sqlite::SqlitePoolOptions;
use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService, UserUpdate};
use userbook_tenants::{SqliteTenants, TenantLimits, TenantName, Tenants};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: tenants FOLDER")?;
    std::fs::create_dir_all(&folder)?;
    let pool = SqlitePoolOptions::new().max_connections(2);
    let source = SqliteTenants::sqlite(folder, pool);
    let tenants = Tenants::new(source, TenantLimits { open: 100, ..TenantLimits::default() });

    for (tenant, name) in [("acme", "Ada"), ("globex", "Grace")] {
        let tenant: TenantName = tenant.parse()?;
        tenants.create(&tenant).await?;
        // The value keeps the tenant open until the operations have ended.
        let store = tenants.get(&tenant).await?;
        let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
        let service = UserService::new((*store).clone(), authorizer);
        let user = service.insert_user(&Actor::system(), NewUser::new("admin", "Administrator")).await?;
        let id = user.view.user.id;
        let updated = service.update_user(&Actor::system(), id, UserUpdate::patch().name(name)).await?;
        println!("{tenant}: user {id} is {}", updated.view.user.name);
    }
    tenants.close().await;
    Ok(())
}
