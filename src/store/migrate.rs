//! Embedded migrations, run under a lock.

use diesel::connection::SimpleConnection;
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
    let before = state(conn)?;
    if !before.unknown.is_empty() {
        return Err(StoreError::Query(format!(
            "the database schema is newer than this binary (it has {}); start the newer version",
            before.unknown.join(", ")
        )));
    }
    if before.missing.is_empty() {
        return Ok(Vec::new());
    }
    match conn {
        Conn::Sqlite(conn) => {
            // Savepoints inside one exclusive transaction: all of it or nothing, and one process at a time.
            conn.exclusive_transaction::<_, LockedRun, _>(|conn| names(conn.run_pending_migrations(SQLITE)))
                .map_err(StoreError::from)
        }
        Conn::Postgres(conn) => {
            conn.batch_execute(&format!("SET statement_timeout = 0; SELECT pg_advisory_lock({PG_LOCK})"))?;
            let done = names(conn.run_pending_migrations(POSTGRES)).map_err(StoreError::from);
            conn.batch_execute(&format!("SELECT pg_advisory_unlock({PG_LOCK})"))?;
            done
        }
    }
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

pub(super) fn state(conn: &mut Conn) -> Result<MigrationState, StoreError> {
    let known = |names: Vec<String>| names;
    let (applied, all) = match conn {
        Conn::Sqlite(c) => (versions(c.applied_migrations())?, known(sqlite_names()?)),
        Conn::Postgres(c) => (versions(c.applied_migrations())?, known(postgres_names()?)),
    };
    let missing = all.iter().filter(|name| !applied.contains(name)).cloned().collect();
    let unknown = applied.iter().filter(|name| !all.contains(name)).cloned().collect();
    Ok(MigrationState { applied, missing, unknown })
}

fn sqlite_names() -> Result<Vec<String>, StoreError> {
    use diesel::migration::{Migration, MigrationSource};
    let all = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).map_err(text)?;
    Ok(all.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn postgres_names() -> Result<Vec<String>, StoreError> {
    use diesel::migration::{Migration, MigrationSource};
    let all = MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES).map_err(text)?;
    Ok(all.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn versions(
    found: Result<Vec<diesel::migration::MigrationVersion<'_>>, Failure>,
) -> Result<Vec<String>, StoreError> {
    let mut names: Vec<String> = found.map_err(text)?.iter().map(ToString::to_string).collect();
    names.sort();
    Ok(names)
}

fn names(
    run: Result<Vec<diesel::migration::MigrationVersion<'_>>, Failure>,
) -> Result<Vec<String>, LockedRun> {
    run.map(|versions| versions.iter().map(ToString::to_string).collect()).map_err(LockedRun::Migration)
}

fn text(error: Failure) -> StoreError {
    StoreError::Query(format!("migration: {error}"))
}

/// The error type diesel's transaction wants: it must be made from diesel's own error.
enum LockedRun {
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
            LockedRun::Migration(error) => text(error),
            LockedRun::Database(error) => Self::from(error),
        }
    }
}
