//! Embedded migrations, run under a lock.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::PgConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, StoreError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
/// The advisory lock every node takes before it migrates; the number only has to be ours.
const PG_LOCK: i64 = 0x706f_7274_6963_6f31;

/// Which migrations a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationState {
    /// Names already applied.
    pub applied: Vec<String>,
    /// Names this binary would apply.
    pub missing: Vec<String>,
    /// Names this binary does not know: the schema is newer.
    pub unknown: Vec<String>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn up(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    match conn {
        Conn::Sqlite(conn) => {
            // Savepoints inside one exclusive transaction: all of it or nothing, and one process at a time.
            // The others wait for it longer than a request would.
            conn.batch_execute("PRAGMA busy_timeout = 60000")?;
            conn.exclusive_transaction::<_, LockedRun, _>(|conn| run_missing(conn, SQLITE))
                .map_err(StoreError::from)
        }
        Conn::Postgres(conn) => under_lock(conn, |conn| run_missing(conn, POSTGRES)),
    }
}

/// Whoever waits here waits as long as the one before takes.
fn under_lock<T>(
    conn: &mut PgConnection,
    work: impl FnOnce(&mut PgConnection) -> Result<T, LockedRun>,
) -> Result<T, StoreError> {
    conn.batch_execute(&format!("SET statement_timeout = 0; SELECT pg_advisory_lock({PG_LOCK})"))?;
    let done = work(conn).map_err(StoreError::from);
    conn.batch_execute(&format!("SELECT pg_advisory_unlock({PG_LOCK})"))?;
    done
}

/// Runs what is missing. The lock is held before the first look: making the table of migrations is itself
/// a race that PostgreSQL does not settle.
fn run_missing<C, DB>(conn: &mut C, source: EmbeddedMigrations) -> Result<Vec<String>, LockedRun>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let before = compare(conn, &source)?;
    if !before.unknown.is_empty() {
        let newer = before.unknown.join(", ");
        return Err(LockedRun::Newer(newer));
    }
    let done = conn.run_pending_migrations(source).map_err(LockedRun::Migration)?;
    Ok(done.iter().map(ToString::to_string).collect())
}

#[cfg(any(test, feature = "testkit"))]
pub(super) fn down(conn: &mut Conn) -> Result<(), StoreError> {
    super::conn::on_each!(conn, c => {
        let source = if cfg_is_sqlite(c) { SQLITE } else { POSTGRES };
        c.revert_all_migrations(source).map(drop).map_err(text)
    })
}

#[cfg(any(test, feature = "testkit"))]
fn cfg_is_sqlite<C: 'static>(_: &C) -> bool {
    std::any::TypeId::of::<C>() == std::any::TypeId::of::<diesel::SqliteConnection>()
}

/// Looking needs the lock too: it makes the table of migrations where there is none.
pub(super) fn state(conn: &mut Conn) -> Result<MigrationState, StoreError> {
    match conn {
        Conn::Sqlite(conn) => compare(conn, &SQLITE).map_err(StoreError::from),
        Conn::Postgres(conn) => under_lock(conn, |conn| compare(conn, &POSTGRES)),
    }
}

fn compare<C, DB>(conn: &mut C, source: &EmbeddedMigrations) -> Result<MigrationState, LockedRun>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let found = conn.applied_migrations().map_err(LockedRun::Migration)?;
    let mut applied: Vec<String> = found.iter().map(ToString::to_string).collect();
    applied.sort();
    let known = source.migrations().map_err(LockedRun::Migration)?;
    let known: Vec<String> = known.iter().map(|migration| migration.name().version().to_string()).collect();
    let missing = known.iter().filter(|name| !applied.contains(name)).cloned().collect();
    let unknown = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
    Ok(MigrationState { applied, missing, unknown })
}

fn text(error: Failure) -> StoreError {
    StoreError::Query(format!("migration: {error}"))
}

/// The error type diesel's transaction wants: it must be made from diesel's own error.
enum LockedRun {
    /// The database has migrations that this binary does not know.
    Newer(String),
    Migration(Failure),
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for LockedRun {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<LockedRun> for StoreError {
    fn from(run: LockedRun) -> Self {
        match run {
            LockedRun::Newer(names) => Self::Query(format!(
                "the database schema is newer than this binary (it has {names}); start the newer version"
            )),
            LockedRun::Migration(error) => text(error),
            LockedRun::Database(error) => Self::from(error),
        }
    }
}
