//! Updates of many users in one bulk, compared with the same updates one after another.

use std::{sync::Arc, time::Instant};

use serde_json::{Map, json};
use tokio::runtime::Runtime;
use userbook::{
    Actor, PermissionAuthorizer, StaticPermissions, UserId, UserService, UserUpdate,
    service::BulkOperation,
    store::{BatchStore, ImportStore},
};
use userbook_tests::servers::postgres::Database;

use super::{Found, Setting, sqlite};
use crate::{
    Failure,
    directory::rows,
    figure::{Bound, Figure},
    stats::try_paired,
    traffic::permissions,
};

type Service<S> = Arc<UserService<S, PermissionAuthorizer<StaticPermissions>>>;

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let users = setting.pick(10_000, 1_000);
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let file = runtime.block_on(sqlite::prepared(&folder.path().join("users.db"), users))?;
    let server = runtime.block_on(async {
        let database = Database::new().await;
        database.store.import(&rows(users)).await?;
        Ok::<_, Failure>(database)
    })?;
    let ratios = [
        ("sqlite", ratio(&runtime, setting, file, users)?),
        ("postgres", ratio(&runtime, setting, server.store.clone(), users)?),
    ];
    let detail: Map<_, _> =
        ratios.iter().map(|(name, (_, detail))| ((*name).to_owned(), detail.clone())).collect();
    Ok(Figure {
        name: "bulk_10000_vs_single",
        value: ratios.iter().map(|(_, (ratio, _))| *ratio).fold(f64::INFINITY, f64::min),
        bound: Bound::AtLeast(5.0),
        baseline: "the same updates one after another, on the same store (the worse of SQLite and PostgreSQL)",
        detail: json!(detail),
    }
    .into())
}

fn ratio<S: BatchStore>(
    runtime: &Runtime,
    setting: &Setting,
    store: S,
    users: i64,
) -> Result<(f64, serde_json::Value), Failure> {
    let service = Arc::new(UserService::new(store, permissions()));
    let paired = try_paired(
        setting.pick(3, 1),
        || runtime.block_on(bulk(&service, users)),
        || runtime.block_on(single(&service, users)),
    )?;
    Ok((paired.ratio(), paired.detail("updates/s")))
}

fn update() -> UserUpdate {
    UserUpdate::patch().name(format!("{:?}", Instant::now()))
}

async fn bulk<S: BatchStore>(service: &Service<S>, users: i64) -> Result<f64, Failure> {
    let start = Instant::now();
    let operations = (1..=users).map(|user| BulkOperation::Update(UserId(user).into(), update()));
    let mut written = 0;
    service.bulk(&Actor::system()).run(operations, |_, result| written += i64::from(result.is_ok())).await?;
    assert_eq!(written, users);
    Ok(users as f64 / start.elapsed().as_secs_f64())
}

async fn single<S: BatchStore>(service: &Service<S>, users: i64) -> Result<f64, Failure> {
    let start = Instant::now();
    for user in 1..=users {
        service.update_user(&Actor::system(), UserId(user), update()).await?;
    }
    Ok(users as f64 / start.elapsed().as_secs_f64())
}
