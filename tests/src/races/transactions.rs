//! Transactions as stores, on SQL databases: what they keep, and what a failure leaves behind.

/// Expands to the tests of [`SqlTransaction`](userbook_sqlx::SqlTransaction) on an environment with an SQL store, and a
/// statement after which an update fails.
#[macro_export]
macro_rules! sql_transactions {
    ($ground:ty, $break:literal) => {
        mod sql_transactions {
            use userbook::{
                AccessError, Actor, NewUser, PermissionAuthorizer, StaticPermissions, UpdateError, UserId,
                UserService, UserStore, UserUpdate,
                store::{Batch, SnapshotQuery, StoreErrorKind},
            };
            use $crate::races::Ground;

            use super::*;

            const NOTES: &str = "CREATE TABLE note (id INTEGER NOT NULL PRIMARY KEY)";
            const ANN: UserId = UserId(1);

            type Store = <$ground as Ground>::Store;

            async fn opened() -> $ground {
                let ground = <$ground as Ground>::open().await;
                sqlx::query(NOTES).execute(ground.store().pool()).await.expect("creates a table");
                let host = Actor::system();
                service(ground.store().clone())
                    .insert_user(&host, NewUser::new("ann", "Ann"))
                    .await
                    .expect("inserts");
                ground
            }

            fn service<S: UserStore>(store: S) -> UserService<S, PermissionAuthorizer<StaticPermissions>> {
                UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()))
            }

            async fn notes(store: &Store) -> i64 {
                sqlx::query_scalar("SELECT COUNT(*) FROM note").fetch_one(store.pool()).await.expect("counts")
            }

            async fn name(store: &impl UserStore) -> String {
                store.load(&SnapshotQuery::user(ANN)).await.expect("loads").user.expect("exists").name
            }

            async fn rename(store: impl UserStore, name: &str) {
                let update = UserUpdate::patch().name(name);
                service(store).update_user(&Actor::system(), ANN, update).await.expect("updates");
            }

            #[tokio::test]
            async fn keep_the_hosts_statements_and_the_updates_together() {
                let ground = opened().await;
                let store = ground.store();
                for (n, kept) in [(1, false), (2, true)] {
                    let transaction = store.transaction().await.expect("begins");
                    rename(transaction.clone(), "In").await;
                    let new = NewUser::new("bob", "Bob");
                    service(transaction.clone()).insert_user(&Actor::system(), new).await.expect("inserts");
                    let note = format!("INSERT INTO note (id) VALUES ({n})");
                    let inserted = transaction
                        .run(move |connection| {
                            Box::pin(async move {
                                sqlx::raw_sql(sqlx::AssertSqlSafe(note)).execute(connection).await
                            })
                        })
                        .await;
                    inserted.expect("runs").expect("inserts");
                    assert_eq!(name(&transaction).await, "In", "the transaction sees its own writes");
                    assert_eq!(name(store).await, "Ann", "others do not");
                    if kept {
                        transaction.commit().await.expect("commits");
                        let ended = transaction.load(&SnapshotQuery::user(ANN)).await.expect_err("has ended");
                        assert_eq!(ended.kind, StoreErrorKind::Other);
                    } else {
                        drop(transaction);
                    }
                }
                assert_eq!((name(store).await.as_str(), notes(store).await), ("In", 1));
            }

            #[tokio::test]
            async fn end_with_the_first_failure() {
                let ground = opened().await;
                let store = ground.store();
                let transaction = store.transaction().await.expect("begins");
                rename(transaction.clone(), "In").await;
                let broken = transaction.run(|connection| {
                    Box::pin(async move {
                        // The statement of one database ends its own connection.
                        _ = sqlx::raw_sql($break).execute(connection).await;
                        Ok::<_, sqlx::Error>(())
                    })
                });
                broken.await.expect("runs").expect("ignores errors");
                let update = UserUpdate::patch().name("Out");
                let failed = service(transaction.clone()).update_user(&Actor::system(), ANN, update).await;
                let ended = transaction.finish().await.expect_err("has ended");
                let Err(UpdateError::Access(AccessError::Store(first))) = failed else {
                    panic!("{failed:?}")
                };
                assert_eq!(ended.kind, first.kind);
                assert_ne!(ended.kind, StoreErrorKind::Ambiguous, "nothing was written");
                assert_eq!(name(store).await, "Ann");
                drop(transaction);
                rename(store.clone(), "After").await;
                assert_eq!(name(store).await, "After");
            }

            #[tokio::test]
            async fn end_with_a_failed_statement_of_the_host() {
                let ground = opened().await;
                let store = ground.store();
                let transaction = store.transaction().await.expect("begins");
                rename(transaction.clone(), "In").await;
                let failed = transaction.run(|connection| {
                    Box::pin(async move {
                        sqlx::raw_sql("INSERT INTO no_such_table VALUES (1)").execute(connection).await
                    })
                });
                assert!(failed.await.expect("runs").is_err());
                assert!(transaction.commit().await.is_err(), "nothing is committed");
                assert_eq!(name(store).await, "Ann");
            }

            #[tokio::test]
            async fn survive_a_dropped_call() {
                let ground = opened().await;
                let store = ground.store();
                let transaction = store.transaction().await.expect("begins");
                for _ in 0..20 {
                    let query = SnapshotQuery::user(ANN);
                    let load = transaction.load(&query);
                    // Polled once: the request is on its way.
                    assert!(futures_util::FutureExt::now_or_never(load).is_none());
                }
                rename(transaction.clone(), "In").await;
                transaction.commit().await.expect("commits");
                assert_eq!(name(store).await, "In");
            }
        }
    };
}
