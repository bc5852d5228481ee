//! FLOOR 3: work that nobody waits for, one file per job.
//!
//! Every job may run on every node at once: each step is one conditional statement or harmless twice.

mod cleanup;
mod health;
mod sessions;

pub use cleanup::cleanup;
pub use health::healthy;
pub use sessions::live_sessions;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::Services;
use crate::domain::tenants::settle_keys;

/// What the jobs report to; `app` decides what it does.
pub struct Reports {
    /// Whether the database answers.
    pub healthy: Box<dyn Fn(bool)>,
    /// How many sessions live, over all tenants.
    pub sessions: Box<dyn Fn(u64)>,
    /// Commits and the closures they carried since the last look, on SQLite.
    pub writes: Box<dyn Fn(u64, u64)>,
    /// Password hashes that wait.
    pub hashes: Box<dyn Fn(usize)>,
}

/// How often readiness is asked of the database.
const HEALTH_EVERY: Duration = Duration::from_secs(1);
/// How often the numbers are read.
const NUMBERS_EVERY: Duration = Duration::from_secs(15);
/// How often steps of a key rotation that have come due are taken.
const KEYS_EVERY: Duration = Duration::from_secs(30);
/// How often expired rows are removed.
const CLEANUP_EVERY: Duration = Duration::from_secs(300);

/// Starts every job on the current runtime; they end with it.
pub fn start(services: &Arc<Services>, reports: Reports) {
    let reports = std::rc::Rc::new(reports);
    let (s, r) = (services.clone(), reports.clone());
    tokio::task::spawn_local(async move {
        loop {
            (r.healthy)(healthy(&s).await);
            (r.hashes)(s.hasher.waiting());
            tokio::time::sleep(HEALTH_EVERY).await;
        }
    });
    let (s, r) = (services.clone(), reports);
    tokio::task::spawn_local(async move {
        let mut before = s.db.writer_facts();
        loop {
            if let Ok(live) = live_sessions(&s).await {
                (r.sessions)(live);
            }
            let now = s.db.writer_facts();
            (r.writes)(now.commits - before.commits, now.closures - before.closures);
            before = now;
            tokio::time::sleep(NUMBERS_EVERY).await;
        }
    });
    let s = services.clone();
    tokio::task::spawn_local(async move {
        loop {
            tokio::time::sleep(KEYS_EVERY).await;
            if let Err(error) = settle_keys(&s).await {
                tracing::warn!(target: "portico::jobs", %error, "a key rotation did not go on; it is tried again");
            }
        }
    });
    let s = services.clone();
    tokio::task::spawn_local(async move {
        loop {
            tokio::time::sleep(CLEANUP_EVERY).await;
            if let Err(error) = cleanup(&s).await {
                tracing::warn!(target: "portico::jobs", %error, "the cleanup did not finish; it is tried again");
            }
        }
    });
}
