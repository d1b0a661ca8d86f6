//! A store for one scene, with a count of its SQL statements.

use std::{
    any::Any,
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Arc, Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};
use tracing::{Event, Metadata, Subscriber, span};
use userbook::store::ImportData;
use userbook_memory::MemoryStore;
use userbook_sqlx::{MySqlStore, PostgresStore, mysql, postgres, sqlite};
use userbook_tests::{
    fixture::{AnyStore, Kind},
    servers::{
        mariadb::{self as mariadb_server, Command},
        postgres as postgres_server,
    },
};

/// A store over one connection. The database ends with the value.
pub(crate) struct Database {
    pub(crate) store: AnyStore,
    statements: Statements,
    _guard: Box<dyn Any>,
}

/// Where statements are counted.
enum Statements {
    /// The store has none.
    None,
    /// By the thread that runs the statements of the connection.
    Sqlite(SqlitePool, String),
    Postgres(postgres_server::Proxy),
    MariaDb(mariadb_server::Proxy),
}

impl Database {
    /// A store with these rows. A server that does not start fails the test.
    pub(crate) async fn open(kind: Kind, rows: &ImportData) -> Self {
        let database = match kind {
            Kind::Memory => Self::new(Arc::new(MemoryStore::new()), Statements::None, ()),
            Kind::Sqlite => Self::sqlite().await,
            Kind::Postgres => Self::postgres().await,
            Kind::MariaDb => Self::mariadb().await,
        };
        database.store.import(rows).await.unwrap();
        database.statements().await;
        database
    }

    fn new(store: AnyStore, statements: Statements, database: impl Any) -> Self {
        Self { store, statements, _guard: Box::new(database) }
    }

    async fn sqlite() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Log::install();
        let thread = format!("attack-sqlite-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let name = thread.clone();
        let options = sqlite::connect_options("sqlite::memory:").unwrap().thread_name(move |_| name.clone());
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let store = sqlite::SqliteStore::new(pool.clone());
        store.migrate().await.unwrap();
        Self::new(Arc::new(store), Statements::Sqlite(pool, thread), ())
    }

    async fn postgres() -> Self {
        let database = postgres_server::Database::new().await;
        let proxy = postgres_server::Proxy::start(&database.options());
        let pool = postgres::pool_options().max_connections(1).connect_with(proxy.options().clone());
        let store = PostgresStore::new(pool.await.unwrap());
        Self::new(Arc::new(store), Statements::Postgres(proxy), database)
    }

    async fn mariadb() -> Self {
        let database = mariadb_server::Database::new().await;
        let proxy = mariadb_server::Proxy::start(&database.options());
        let pool = mysql::pool_options().max_connections(1).connect_with(proxy.options().clone());
        let store = MySqlStore::new(pool.await.unwrap());
        Self::new(Arc::new(store), Statements::MariaDb(proxy), database)
    }

    /// The statements since the last call; `None` if the store has none.
    pub(crate) async fn statements(&self) -> Option<usize> {
        match &self.statements {
            Statements::None => None,
            Statements::Sqlite(pool, thread) => {
                // The thread logs a statement after its answer, and before it runs the next one.
                sqlx::query(MARKER).execute(pool).await.unwrap();
                let statements = lock().remove(thread).unwrap_or_default();
                Some(statements.iter().filter(|it| !it.contains(MARKER)).count())
            }
            Statements::Postgres(proxy) => {
                let sent = proxy.messages();
                Some(sent.execute + sent.query)
            }
            Statements::MariaDb(proxy) => {
                let is_statement = |it: &&Command| matches!(it, Command::Query(_) | Command::Execute);
                Some(proxy.commands().iter().filter(is_statement).count())
            }
        }
    }
}

/// Ends the log of a SQLite connection for one count.
const MARKER: &str = "SELECT 'attack'";

/// The statements that sqlx logs, by thread. The threads of SQLite connections alone are kept.
static LOG: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

struct Statement(String);

struct Log;

fn lock() -> MutexGuard<'static, BTreeMap<String, Vec<String>>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Log {
    /// Installs the log for the process.
    fn install() {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| tracing::subscriber::set_global_default(Self).unwrap());
    }
}

impl tracing::field::Visit for Statement {
    fn record_debug(&mut self, _field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        // Writing to a string never fails.
        _ = write!(self.0, "{value:?} ");
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let thread = std::thread::current();
        let Some(name) = thread.name().filter(|name| name.starts_with("attack-sqlite-")) else { return };
        let mut statement = Statement(String::new());
        event.record(&mut statement);
        lock().entry(name.to_owned()).or_default().push(statement.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
