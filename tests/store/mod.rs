//! The storage floor: what an answer of a write means, what happens when the database does not answer.

mod migrations;
mod postgres;
mod second_process;
mod server;
mod writer;

pub use server::PgServer;

use std::sync::mpsc;
use std::time::Duration;

use portico::kernel::{Rng, TenantId, Timestamp};
use portico::store::{Conn, Db, DbSettings, StoreError, Tx, revoked_tokens};
use portico::testkit::Place;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn tenant() -> TenantId {
    TenantId::new(NOW, &Rng::seeded(1))
}

fn open(place: &Place, pool_size: u32, wait: Duration) -> Db {
    Db::open(&DbSettings { url: place.url(), pool_size, wait }).unwrap()
}

/// A migrated database.
fn fresh(place: &Place) -> Db {
    let db = open(place, 8, Duration::from_secs(30));
    db.migrate().unwrap();
    db
}

/// The row these tests write: the mark that a token was revoked.
fn put(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreError> {
    revoked_tokens::insert(tx, tenant(), name, NOW)
}

fn has(conn: &mut Conn, name: &str) -> Result<bool, StoreError> {
    revoked_tokens::contains(conn, tenant(), name)
}

async fn stored(db: &Db, name: &'static str) -> bool {
    db.read(move |conn| has(conn, name)).await.unwrap()
}

fn unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

/// A gate for closures: they say that they have come to it and wait until it opens.
struct Gate {
    come: mpsc::Receiver<()>,
    open: mpsc::Sender<()>,
}

impl Gate {
    /// The gate and what a closure does at it.
    fn new() -> (Self, impl FnMut() + Send + 'static) {
        let (say, come) = mpsc::channel();
        let (open, opened) = mpsc::channel();
        let wait = move || {
            say.send(()).unwrap();
            opened.recv_timeout(Duration::from_secs(30)).expect("the gate opens");
        };
        (Self { come, open }, wait)
    }

    /// Waits until a closure has come to it.
    async fn reached(&self) {
        for _ in 0..10_000 {
            if self.come.try_recv().is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("no closure came to the gate");
    }

    fn open(&self) {
        self.open.send(()).unwrap();
    }
}
