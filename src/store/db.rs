//! The two doors to the database, whichever it is.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::meter::{timed, version_once};
use super::postgres::PgDb;
use super::sqlite::SqliteDb;
use super::{Conn, MigrationState, StoreError, Tx, WriteError, migrate};

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DbSettings {
    /// `sqlite://PATH` or `postgres://…`.
    pub url: crate::kernel::Secret,
    /// Connections to PostgreSQL; also the most SQLite readers kept open.
    pub pool_size: u32,
    /// How long a request may wait for the database before it is answered 503.
    pub wait: Duration,
}

/// The database. Clones share it.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

enum Inner {
    Sqlite(SqliteDb),
    Postgres(PgDb),
}

/// What the SQLite writer has done so far, for the metrics; zeros on PostgreSQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterFacts {
    /// Commits on disk.
    pub commits: u64,
    /// Closures those commits carried.
    pub closures: u64,
}

impl Db {
    /// Opens the database; runs nothing yet.
    ///
    /// # Errors
    /// When the URL has another scheme or the database cannot be reached.
    pub fn open(settings: &DbSettings) -> Result<Self, StoreError> {
        let url = settings.url.expose();
        let inner = if let Some(path) = url.strip_prefix("sqlite://") {
            Inner::Sqlite(SqliteDb::open(PathBuf::from(path), settings)?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Inner::Postgres(PgDb::open(settings)?)
        } else {
            return Err(StoreError::Unavailable(
                "database.url must begin with sqlite:// or postgres://".to_owned(),
            ));
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Reads. On SQLite the closure runs at once on the calling thread (a look-up costs less than a change
    /// of threads); on PostgreSQL on a blocking thread with a pooled connection.
    ///
    /// # Errors
    /// What the closure says, or [`StoreError::Unavailable`].
    pub async fn read<T, F>(&self, f: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        match &*self.0 {
            Inner::Sqlite(db) => timed(async { db.read(f) }).await,
            Inner::Postgres(db) => timed(db.read(f)).await,
        }
    }

    /// Writes in one transaction and answers after it is on disk. The closure may run more than once
    /// (serialisation failures on PostgreSQL), so it must not do anything but talk to the transaction.
    ///
    /// # Errors
    /// What the closure says (its work is rolled back), or a [`StoreError`] of the commit.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WriteError + Send + 'static,
    {
        match &*self.0 {
            Inner::Sqlite(db) => timed(db.write(f)).await,
            Inner::Postgres(db) => timed(db.write(f)).await,
        }
    }

    /// Writes without waiting for the disk: for marks whose loss harms nobody (a session's last-seen time).
    pub fn write_soon<F>(&self, f: F)
    where
        F: FnMut(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
    {
        let db = self.clone();
        tokio::spawn(async move {
            if let Err(error) = db.write(f).await {
                tracing::warn!(%error, "a deferred mark was not stored");
            }
        });
    }

    /// The version of what nodes keep in memory. Rises with every committed change of a tenant, client or
    /// key, by whichever process: exact on SQLite, within the notification's travel time on PostgreSQL.
    ///
    /// # Errors
    /// When the database cannot be read; callers that may answer from memory do so.
    pub fn config_version(&self) -> Result<u64, StoreError> {
        match &*self.0 {
            Inner::Sqlite(db) => version_once(|| db.config_version()),
            Inner::Postgres(db) => Ok(db.config_version()),
        }
    }

    /// Whether the database answers at all; uses no pooled connection, so a full pool is not "down".
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &*self.0 {
            Inner::Sqlite(db) => db.read(|conn| super::installation::config_version(conn).map(drop)),
            Inner::Postgres(db) => db.ping().await,
        }
    }

    /// Runs the migrations that are missing, under a lock.
    ///
    /// # Errors
    /// When one fails (it is rolled back) or the schema is newer than this binary.
    pub fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.with_own_connection(migrate::up)
    }

    /// Takes every migration back, last first; for the parity test.
    ///
    /// # Errors
    /// When one fails.
    #[cfg(any(test, feature = "testkit"))]
    pub fn migrate_down(&self) -> Result<(), StoreError> {
        self.with_own_connection(migrate::down)
    }

    /// Which migrations are there and which are missing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn migration_state(&self) -> Result<MigrationState, StoreError> {
        self.with_own_connection(migrate::state)
    }

    /// Runs a closure on a connection of its own, outside the pool and the writer.
    ///
    /// # Errors
    /// What the closure says, or that no connection could be made.
    pub fn with_own_connection<T>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut conn = match &*self.0 {
            Inner::Sqlite(db) => db.connect()?,
            Inner::Postgres(db) => db.connect()?,
        };
        f(&mut conn)
    }

    /// How well the writer shares its commits.
    pub fn writer_facts(&self) -> WriterFacts {
        match &*self.0 {
            Inner::Sqlite(db) => db.facts(),
            Inner::Postgres(_) => WriterFacts::default(),
        }
    }

    /// Whether several nodes may share this database.
    pub fn is_shared(&self) -> bool {
        matches!(&*self.0, Inner::Postgres(_))
    }
}
