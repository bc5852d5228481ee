//! PostgreSQL: a bounded pool used from blocking threads, and a listener that hears of configuration changes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use tokio::sync::Semaphore;

use super::{Conn, DbSettings, StoreError, Tx, WriteError};
use crate::kernel::Secret;

/// How often a write that lost a serialisation race is begun again.
const RETRIES: u32 = 3;
/// How often the listener looks at its socket: the most a change of configuration is late on another node.
const LISTEN_EVERY: Duration = Duration::from_millis(20);

pub(super) struct PgDb {
    pool: Arc<Pool>,
}

struct Pool {
    url: Secret,
    idle: Mutex<Vec<Conn>>,
    permits: Arc<Semaphore>,
    /// One connection beside the pool, so that "is it up?" has an answer when the pool is full.
    probe: Mutex<Option<Conn>>,
    wait: Duration,
    config_version: AtomicU64,
}

impl PgDb {
    pub(super) fn open(settings: &DbSettings) -> Result<Self, StoreError> {
        let pool = Arc::new(Pool {
            url: settings.url.clone(),
            idle: Mutex::new(Vec::new()),
            permits: Arc::new(Semaphore::new(settings.pool_size.max(1) as usize)),
            probe: Mutex::new(None),
            wait: settings.wait,
            config_version: AtomicU64::new(0),
        });
        let first = pool.connect()?;
        pool.put_back(first);
        let heard = Arc::downgrade(&pool);
        std::thread::Builder::new()
            .name("pg-listener".to_owned())
            .spawn(move || listen(&heard))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
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
        self.on_pool(f).await
    }

    pub(super) async fn write<T, E, F>(&self, mut f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WriteError + Send + 'static,
    {
        let pool = self.pool.clone();
        self.on_pool(move |conn| {
            let mut tries = 0;
            loop {
                match transaction(conn, &mut f) {
                    Err(outcome) if tries < RETRIES && outcome.was_in_the_way() => tries += 1,
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
        let asked = tokio::task::spawn_blocking(move || {
            let mut probe = pool.probe.lock().unwrap_or_else(PoisonError::into_inner);
            let mut conn = match probe.take() {
                Some(conn) => conn,
                None => pool.connect()?,
            };
            super::installation::config_version(&mut conn)?;
            *probe = Some(conn);
            Ok(())
        });
        match tokio::time::timeout(self.pool.wait, asked).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Panicked),
            Err(_) => Err(StoreError::Unavailable("no answer in time".to_owned())),
        }
    }

    async fn on_pool<T, F>(&self, f: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let pool = self.pool.clone();
        let full = || StoreError::Unavailable("every database connection is busy".to_owned());
        let permit = tokio::time::timeout(pool.wait, pool.permits.clone().acquire_owned())
            .await
            .map_err(|_| full())?
            .map_err(|_| full())?;
        let wait = pool.wait;
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut conn = pool.take()?;
            let result = f(&mut conn);
            if !matches!(&result, Err(error) if error.breaks_connection()) && !broken(&mut conn) {
                pool.put_back(conn);
            }
            result
        });
        match tokio::time::timeout(wait, work).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Panicked),
            Err(_) => Err(StoreError::Unavailable("the database did not answer in time".to_owned())),
        }
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

fn transaction<T, E, F>(conn: &mut Conn, f: &mut F) -> Result<(T, bool), Outcome<E>>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E>,
    E: WriteError,
{
    execute(conn, "BEGIN").map_err(Outcome::Database)?;
    let mut tx = Tx::new(conn);
    match f(&mut tx) {
        Ok(value) => {
            let config_changed = tx.config_changed();
            if config_changed {
                execute(conn, "NOTIFY portico_config").map_err(Outcome::Database)?;
            }
            execute(conn, "COMMIT").map_err(Outcome::Database)?;
            Ok((value, config_changed))
        }
        Err(error) => {
            execute(conn, "ROLLBACK").map_err(Outcome::Database)?;
            Err(Outcome::Closure(error))
        }
    }
}

fn execute(conn: &mut Conn, sql: &str) -> Result<(), StoreError> {
    match conn {
        Conn::Postgres(conn) => conn.batch_execute(sql).map_err(StoreError::from),
        Conn::Sqlite(_) => Err(StoreError::Query("not a PostgreSQL connection".to_owned())),
    }
}

fn broken(conn: &mut Conn) -> bool {
    execute(conn, "").is_err()
}

impl Pool {
    fn connect(&self) -> Result<Conn, StoreError> {
        let mut conn = PgConnection::establish(self.url.expose())
            .map_err(|_| StoreError::Unavailable("PostgreSQL refused the connection".to_owned()))?;
        conn.batch_execute(&format!(
            "SET synchronous_commit = on; SET statement_timeout = {}; SET idle_in_transaction_session_timeout = 10000; \
             SET default_transaction_isolation = 'read committed'; SET client_min_messages = warning",
            self.wait.as_millis()
        ))?;
        Ok(Conn::Postgres(conn))
    }

    fn take(&self) -> Result<Conn, StoreError> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| self.connect(), Ok)
    }

    fn put_back(&self, conn: Conn) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    }
}

/// Hears `NOTIFY portico_config` from every node and from the command line. When the connection was lost,
/// nobody knows what was missed, so the version rises then too.
fn listen(pool: &Weak<Pool>) {
    let mut listener: Option<PgConnection> = None;
    loop {
        std::thread::sleep(LISTEN_EVERY);
        let Some(pool) = pool.upgrade() else { return };
        let Some(conn) = listener.as_mut() else {
            listener = start_listening(pool.url.expose());
            if listener.is_some() {
                pool.config_version.fetch_add(1, Ordering::SeqCst);
            }
            continue;
        };
        let mut lost = false;
        for notification in conn.notifications_iter() {
            match notification {
                Ok(_) => {
                    pool.config_version.fetch_add(1, Ordering::SeqCst);
                }
                Err(_) => lost = true,
            }
        }
        if lost {
            listener = None;
        }
    }
}

fn start_listening(url: &str) -> Option<PgConnection> {
    let mut conn = PgConnection::establish(url).ok()?;
    conn.batch_execute("LISTEN portico_config").ok()?;
    Some(conn)
}
