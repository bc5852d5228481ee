//! SQLite: readers that are taken from a stack, and one writer thread that shares its commits.
//!
//! The writer takes the closures that wait, runs each in a savepoint of its own, commits once, and only
//! then answers them all: an answer always means "on disk", and the fsync is shared.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use tokio::sync::oneshot;

use super::{Conn, DbSettings, StoreError, Tx, WriteError, WriterFacts};

/// The most closures one commit carries.
const BATCH: usize = 128;
/// The most closures that may wait; more are refused at once.
const QUEUE: usize = 8_192;

pub(super) struct SqliteDb {
    path: PathBuf,
    readers: Mutex<Vec<Conn>>,
    keep: usize,
    wait: Duration,
    jobs: mpsc::Sender<Box<dyn Job>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: AtomicUsize,
    commits: AtomicU64,
    closures: AtomicU64,
}

impl SqliteDb {
    pub(super) fn open(path: PathBuf, settings: &DbSettings) -> Result<Self, StoreError> {
        let writer = connect(&path, settings.wait)?;
        let (jobs, inbox) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let of_writer = shared.clone();
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || Writer { conn: writer, inbox, shared: of_writer }.run())
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self {
            path,
            readers: Mutex::new(Vec::new()),
            keep: settings.pool_size.max(1) as usize,
            wait: settings.wait,
            jobs,
            shared,
        })
    }

    pub(super) fn connect(&self) -> Result<Conn, StoreError> {
        connect(&self.path, self.wait)
    }

    pub(super) fn read<T>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = match kept {
            Some(conn) => conn,
            None => self.connect()?,
        };
        let result = f(&mut conn);
        if !matches!(&result, Err(error) if error.breaks_connection()) {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() < self.keep {
                readers.push(conn);
            }
        }
        result
    }

    pub(super) async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WriteError + Send + 'static,
    {
        if self.shared.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreError::Unavailable("too many writes are waiting".to_owned()).into());
        }
        let (answer, answered) = oneshot::channel();
        let given_up = Arc::new(AtomicBool::new(false));
        let job = Box::new(Closure { f, result: None, answer, given_up: given_up.clone() });
        self.jobs.send(job).map_err(|_| StoreError::Unavailable("the writer has stopped".to_owned()))?;
        match tokio::time::timeout(self.wait, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Unavailable("the writer has stopped".to_owned()).into()),
            Err(_) => {
                given_up.store(true, Ordering::SeqCst);
                Err(StoreError::Unavailable("the disk does not answer".to_owned()).into())
            }
        }
    }

    pub(super) fn config_version(&self) -> Result<u64, StoreError> {
        self.read(super::installation::config_version)
    }

    pub(super) fn facts(&self) -> WriterFacts {
        WriterFacts {
            commits: self.shared.commits.load(Ordering::Relaxed),
            closures: self.shared.closures.load(Ordering::Relaxed),
        }
    }
}

fn connect(path: &Path, wait: Duration) -> Result<Conn, StoreError> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    conn.batch_execute(&format!("PRAGMA busy_timeout = {};", wait.as_millis()))?;
    use_wal(&mut conn)?;
    conn.batch_execute(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF;",
    )?;
    Ok(Conn::Sqlite(conn))
}

/// Turns the write-ahead log on. The first connection to a new file changes the file for that, and while it
/// does, SQLite answers others "locked" without the usual patience.
fn use_wal(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        match conn.batch_execute("PRAGMA journal_mode = WAL").map_err(StoreError::from) {
            Err(StoreError::Unavailable(_)) if tries < 100 => tries += 1,
            result => return result,
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A closure that waits for the writer, and the caller that waits for its answer.
trait Job: Send {
    /// Runs the closure; `false` asks for its savepoint to be rolled back.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// The closure panicked, or the database failed around it.
    fn spoil(&mut self, error: StoreError);
    /// The commit is on disk: answer.
    fn answer(self: Box<Self>);
}

struct Closure<F, T, E> {
    f: F,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
    /// The caller was told that it failed; then it must not be done.
    given_up: Arc<AtomicBool>,
}

impl<F, T, E> Job for Closure<F, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: WriteError + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        if self.given_up.load(Ordering::SeqCst) {
            return false;
        }
        let result = (self.f)(tx);
        let done = result.is_ok();
        self.result = Some(result);
        done && !self.given_up.load(Ordering::SeqCst)
    }

    fn spoil(&mut self, error: StoreError) {
        // A closure that refused by itself keeps its own answer: it wrote nothing in any case.
        if !matches!(self.result, Some(Err(_))) {
            self.result = Some(Err(error.into()));
        }
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // Nobody waits any more when the client hung up; the work is done all the same.
            drop(self.answer.send(result));
        }
    }
}

struct Writer {
    conn: Conn,
    inbox: mpsc::Receiver<Box<dyn Job>>,
    shared: Arc<Shared>,
}

impl Writer {
    fn run(mut self) {
        while let Ok(first) = self.inbox.recv() {
            let mut batch = vec![first];
            if let Err(error) = self.execute("BEGIN IMMEDIATE") {
                self.finish(batch, Some(error));
                continue;
            }
            let ended = self.run_batch(&mut batch).and_then(|()| self.execute("COMMIT"));
            if ended.is_err() {
                drop(self.execute("ROLLBACK"));
            }
            self.finish(batch, ended.err());
        }
    }

    /// Runs the closures of a batch, and those that arrive meanwhile.
    fn run_batch(&mut self, batch: &mut Vec<Box<dyn Job>>) -> Result<(), StoreError> {
        let mut at = 0;
        loop {
            if let Some(job) = batch.get_mut(at) {
                self.run_one(job.as_mut())?;
                at += 1;
            } else if batch.len() < BATCH
                && let Ok(job) = self.inbox.try_recv()
            {
                batch.push(job);
            } else {
                return Ok(());
            }
        }
    }

    /// Runs one closure in its savepoint. A savepoint that cannot be ended is gone, and with it the whole
    /// transaction (SQLite rolls back by itself when the disk is full): then nothing of the batch may pass
    /// for stored, and nothing more may run outside a transaction.
    fn run_one(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.execute("SAVEPOINT one")?;
        let mut tx = Tx::new(&mut self.conn);
        let ran: Result<bool, Box<dyn Any + Send>> = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
        if ran.is_err() {
            job.spoil(StoreError::Panicked);
        }
        self.execute(if matches!(ran, Ok(true)) { "RELEASE one" } else { "ROLLBACK TO one; RELEASE one" })
    }

    fn finish(&mut self, batch: Vec<Box<dyn Job>>, failed: Option<StoreError>) {
        let count = batch.len();
        self.shared.waiting.fetch_sub(count, Ordering::Relaxed);
        match failed {
            None => {
                self.shared.commits.fetch_add(1, Ordering::Relaxed);
                self.shared.closures.fetch_add(count as u64, Ordering::Relaxed);
                batch.into_iter().for_each(Job::answer);
            }
            Some(error) => {
                tracing::error!(%error, closures = count, "a shared commit failed; none of it was stored");
                for mut job in batch {
                    job.spoil(StoreError::Unavailable(error.to_string()));
                    job.answer();
                }
            }
        }
    }

    fn execute(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.conn {
            Conn::Sqlite(conn) => conn.batch_execute(sql).map_err(StoreError::from),
            Conn::Postgres(_) => Err(StoreError::Query("not a SQLite connection".to_owned())),
        }
    }
}
