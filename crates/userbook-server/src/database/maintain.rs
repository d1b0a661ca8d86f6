//! The work of administration commands on a whole database.

use std::path::{Path, PathBuf};

use sqlx::{Row, SqlitePool};
use userbook::{event::Event, store::DistinctNames};

use super::{Database, OpenStore};
use crate::{
    admin::{Failure, Message},
    maintenance::{EventQuery, ExportSink, Maintenance},
};

impl Database {
    fn maintenance(&self) -> Result<&dyn Maintenance, Failure> {
        let error = || Message::failure("a database in memory has no tables");
        self.maintenance.as_deref().ok_or_else(error)
    }

    /// Hands all rows of one moment to the sink.
    pub(crate) async fn export(&self, sink: &mut dyn ExportSink) -> Result<(), Failure> {
        Ok(self.maintenance()?.export(sink).await?)
    }

    /// Returns audit events, newest first, and whether each is acknowledged.
    pub(crate) async fn events(&self, query: EventQuery) -> Result<Vec<(Event, bool)>, Failure> {
        Ok(self.maintenance()?.events(query).await?)
    }

    /// Returns what is wrong with the database.
    pub(crate) async fn problems(&self, distinct: DistinctNames) -> Result<Vec<String>, Failure> {
        let mut problems = match &self.store {
            OpenStore::Sqlite(store) => damaged(store.pool()).await?,
            OpenStore::Memory | OpenStore::MySql(_) | OpenStore::Postgres(_) => Vec::new(),
        };
        // A damaged file answers nothing reliably.
        if problems.is_empty() {
            problems = self.maintenance()?.problems(distinct).await?;
        }
        Ok(problems)
    }

    /// Copies a SQLite database to a new file, as of one moment, while others read and write.
    pub(crate) async fn backup(&self, to: &Path) -> Result<(), Failure> {
        let OpenStore::Sqlite(store) = &self.store else {
            let text = "backups are for SQLite: use pg_dump or mariadb-dump, or `export`";
            return Err(Message::failure(text));
        };
        if to.exists() {
            return Err(Message::failure(format!("{} exists already", to.display())));
        }
        // Only a complete copy gets the name.
        let partial: PathBuf = to.with_added_extension("partial");
        if partial.exists() {
            std::fs::remove_file(&partial)?;
        }
        let name = partial.to_str().ok_or_else(|| Message::failure("the file name is not UTF-8"))?;
        let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(store.pool()).await;
        let synced =
            copied.map_err(Failure::from).and_then(|_| Ok(std::fs::File::open(&partial)?.sync_all()?));
        if let Err(error) = synced {
            // The error says more than that of the removal.
            _ = std::fs::remove_file(&partial);
            return Err(error);
        }
        Ok(std::fs::rename(&partial, to)?)
    }
}

/// What SQLite's own checks report.
async fn damaged(pool: &SqlitePool) -> Result<Vec<String>, sqlx::Error> {
    let mut problems = Vec::new();
    for row in sqlx::query("PRAGMA integrity_check").fetch_all(pool).await? {
        let text: String = row.try_get(0)?;
        if text != "ok" {
            problems.push(format!("the file is damaged: {text}"));
        }
    }
    for row in sqlx::query("PRAGMA foreign_key_check").fetch_all(pool).await? {
        let (table, parent): (String, String) = (row.try_get("table")?, row.try_get("parent")?);
        problems.push(format!("a row of {table} names a missing row of {parent}"));
    }
    Ok(problems)
}
