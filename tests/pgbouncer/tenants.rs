//! Tenants are search paths, which PgBouncer drops: without a check, all of them would use `public`.

use userbook_sqlx::postgres::pool_options;
use userbook_tenants::{PostgresTenants, TenantLimits, TenantPrefix, Tenants};
use userbook_tests::servers::postgres::Pooled;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgBouncer 1.21"]
async fn tenants_are_refused() {
    let database = Pooled::blank().await;
    let pool = pool_options().max_connections(2);
    let source = PostgresTenants::postgres(database.options(), pool, TenantPrefix::default());
    let tenants = Tenants::new(source, TenantLimits::default());
    let acme = "acme".parse().unwrap();
    assert!(tenants.create(&acme).await.is_err());
    let error = tenants.get(&acme).await.err().unwrap();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    assert!(text.contains("drops the start options"), "{text}");
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'userbook%'")
        .fetch_one(database.pool())
        .await
        .unwrap();
    assert_eq!(tables, 0, "another schema was migrated");
}
