//! PostgreSQL: a bounded pool used from blocking threads, and a listener that hears of configuration changes.
//!
//! What lives elsewhere: the queries (one file per aggregate), what an error means (`store::error`).

mod listener;
mod pool;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;

use super::{Conn, DbSettings, StoreError, Tx, WriteError};
use crate::kernel::Rng;
use pool::Pool;

/// How often a write that another one got in the way of is begun again.
const RETRIES: u32 = 3;

pub(super) struct PgDb {
    pool: Arc<Pool>,
}

impl PgDb {
    pub(super) fn open(settings: &DbSettings) -> Result<Self, StoreError> {
        let pool = Arc::new(Pool::new(settings));
        let first = pool.connect()?;
        pool.put_back(first);
        listener::start(&pool)?;
        Ok(Self { pool })
    }

    pub(super) fn connect(&self) -> Result<Conn, StoreError> {
        self.pool.connect()
    }

    pub(super) async fn read<T, F>(&self, f: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.on_pool(|conn, _| f(conn)).await
    }

    pub(super) async fn write<T, E, F>(&self, mut f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WriteError + Send + 'static,
    {
        let pool = self.pool.clone();
        self.on_pool(move |conn, given_up| {
            let mut tries = 0;
            loop {
                match transaction(conn, given_up, &mut f) {
                    Err(outcome) if tries < RETRIES && outcome.was_in_the_way() => {
                        tries += 1;
                        std::thread::sleep(pause(tries));
                    }
                    Err(Outcome::Database(error)) => return Err(error),
                    Err(Outcome::Closure(error)) => return Ok(Err(error)),
                    Ok((value, config_changed)) => {
                        if config_changed {
                            pool.config_version.fetch_add(1, Ordering::SeqCst);
                        }
                        return Ok(Ok(value));
                    }
                }
            }
        })
        .await?
    }

    pub(super) fn config_version(&self) -> u64 {
        self.pool.config_version.load(Ordering::SeqCst)
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        let pool = self.pool.clone();
        let asked = tokio::task::spawn_blocking(move || pool.probe());
        match tokio::time::timeout(self.pool.wait, asked).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Panicked),
            Err(_) => Err(StoreError::Unavailable("no answer in time".to_owned())),
        }
    }

    /// Runs `f` on a pooled connection. Waiting for one and working with it share one limit of time;
    /// `f` is told when it has passed, so that it commits nothing whose caller was told it failed.
    async fn on_pool<T, F>(&self, f: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut Conn, &AtomicBool) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let given_up = Arc::new(AtomicBool::new(false));
        let seen = given_up.clone();
        let work = async {
            let permit = self.pool.permits.clone().acquire_owned().await;
            let permit = permit.map_err(|_| StoreError::Unavailable("the pool is closed".to_owned()))?;
            let pool = self.pool.clone();
            let work = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                let mut conn = pool.take()?;
                let result = f(&mut conn, &seen);
                pool.return_after(conn, result.is_err());
                result
            });
            work.await.unwrap_or(Err(StoreError::Panicked))
        };
        tokio::time::timeout(self.pool.wait, work).await.unwrap_or_else(|_| {
            given_up.store(true, Ordering::SeqCst);
            Err(StoreError::Unavailable("no database connection answered in time".to_owned()))
        })
    }
}

enum Outcome<E> {
    Database(StoreError),
    Closure(E),
}

impl<E: WriteError> Outcome<E> {
    fn was_in_the_way(&self) -> bool {
        let storage = match self {
            Self::Database(error) => Some(error),
            Self::Closure(error) => error.storage(),
        };
        matches!(storage, Some(StoreError::Serialization))
    }
}

/// A few milliseconds, longer each time and never the same, so that two that collided do not meet again.
fn pause(tries: u32) -> Duration {
    let [random] = Rng::system().bytes::<1>();
    Duration::from_micros(u64::from(random) * 20 * u64::from(tries))
}

fn transaction<T, E, F>(conn: &mut Conn, given_up: &AtomicBool, f: &mut F) -> Result<(T, bool), Outcome<E>>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E>,
    E: WriteError,
{
    execute(conn, "BEGIN").map_err(Outcome::Database)?;
    let mut tx = Tx::new(conn);
    let result = f(&mut tx);
    let config_changed = tx.config_changed();
    let ended = match result {
        Ok(_) if given_up.load(Ordering::SeqCst) => {
            Err(Outcome::Database(StoreError::Unavailable("its caller was already told no".to_owned())))
        }
        Ok(value) => {
            commit(conn, config_changed).map(|()| (value, config_changed)).map_err(Outcome::Database)
        }
        Err(error) => Err(Outcome::Closure(error)),
    };
    if ended.is_err() {
        // When even this fails, the connection is lost and with it the transaction.
        execute(conn, "ROLLBACK").map_err(Outcome::Database)?;
    }
    ended
}

/// A statement that fails spoils the whole transaction, and then COMMIT rolls back and reports success. So
/// another statement goes before it, which fails in a spoiled transaction.
fn commit(conn: &mut Conn, config_changed: bool) -> Result<(), StoreError> {
    execute(conn, if config_changed { "NOTIFY portico_config; COMMIT" } else { "SELECT 1; COMMIT" })
}

fn execute(conn: &mut Conn, sql: &str) -> Result<(), StoreError> {
    match conn {
        Conn::Postgres(conn) => conn.batch_execute(sql).map_err(StoreError::from),
        Conn::Sqlite(_) => Err(StoreError::Query("not a PostgreSQL connection".to_owned())),
    }
}
