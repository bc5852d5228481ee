//! Connections that are kept, and one beside them for the question whether the database answers at all.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use tokio::sync::Semaphore;

use super::execute;
use crate::kernel::Secret;
use crate::store::{Conn, DbSettings, StoreError, installation};

pub(super) struct Pool {
    pub(super) url: Secret,
    pub(super) wait: Duration,
    pub(super) permits: Arc<Semaphore>,
    pub(super) config_version: AtomicU64,
    idle: Mutex<Vec<Conn>>,
    /// One connection beside the pool, so that "is it up?" has an answer when the pool is full.
    probe: Mutex<Option<Conn>>,
}

impl Pool {
    pub(super) fn new(settings: &DbSettings) -> Self {
        Self {
            url: impatient(&settings.url),
            wait: settings.wait,
            permits: Arc::new(Semaphore::new(settings.pool_size.max(1) as usize)),
            config_version: AtomicU64::new(0),
            idle: Mutex::new(Vec::new()),
            probe: Mutex::new(None),
        }
    }

    pub(super) fn connect(&self) -> Result<Conn, StoreError> {
        let mut conn = PgConnection::establish(self.url.expose())
            .map_err(|error| StoreError::Unavailable(reason(&error.to_string())))?;
        conn.batch_execute(&format!(
            "SET synchronous_commit = on; SET statement_timeout = {}; SET idle_in_transaction_session_timeout = 10000; \
             SET default_transaction_isolation = 'read committed'; SET client_min_messages = warning",
            self.wait.as_millis()
        ))?;
        Ok(Conn::Postgres(conn))
    }

    pub(super) fn take(&self) -> Result<Conn, StoreError> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| self.connect(), Ok)
    }

    pub(super) fn put_back(&self, conn: Conn) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    }

    /// Keeps a connection after use. One whose use failed must first show that it still works and has no
    /// open transaction; if it does not, the others come from the same lost server and go with it.
    pub(super) fn return_after(&self, mut conn: Conn, failed: bool) {
        if !failed || execute(&mut conn, "ROLLBACK").is_ok() {
            self.put_back(conn);
        } else {
            self.forget_idle();
        }
    }

    fn forget_idle(&self) {
        let lost = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        drop(lost);
    }

    /// Asks the database something on the connection beside the pool.
    pub(super) fn probe(&self) -> Result<(), StoreError> {
        let mut probe = match self.probe.try_lock() {
            Ok(probe) => probe,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Questions do not queue up behind one that hangs.
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Unavailable("the last question is not answered yet".to_owned()));
            }
        };
        let mut conn = match probe.take() {
            Some(conn) => conn,
            None => self.connect()?,
        };
        let answer = installation::config_version(&mut conn);
        if answer.is_ok() || execute(&mut conn, "ROLLBACK").is_ok() {
            *probe = Some(conn);
        } else {
            self.forget_idle();
        }
        answer.map(drop)
    }
}

/// What the operator is told of a connection that was not made: what happened at the server. Other
/// complaints of libpq quote the URL they are about, and it holds the password.
fn reason(text: &str) -> String {
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("connection to server")).collect();
    if told.is_empty() {
        return "PostgreSQL refused the connection".to_owned();
    }
    format!("PostgreSQL: {}", told.join("; ")).chars().filter(|c| !c.is_control()).take(500).collect()
}

/// Limits of the network for a server that has vanished without a word; what the URL says itself stands.
fn impatient(url: &Secret) -> Secret {
    const LIMITS: [(&str, &str); 5] = [
        ("connect_timeout", "5"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "20000"),
    ];
    let mut text = url.expose().trim_end_matches(['?', '&']).to_owned();
    // A password may hold a question mark of its own; the query begins after the slash behind it.
    let place = text.split_once("://").map_or(text.as_str(), |(_, place)| place);
    let path = place.split_once('/').map_or(place, |(_, path)| path);
    let mut joint = if path.contains('?') { '&' } else { '?' };
    for (name, value) in LIMITS {
        if !text.contains(&format!("{name}=")) {
            text.push_str(&format!("{joint}{name}={value}"));
            joint = '&';
        }
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_never_quotes_the_url() {
        let failed =
            "connection to server at \"h\" (::1), port 1 failed: SSL error: certificate verify failed";
        assert_eq!(reason(&format!("{failed}\n\tIs it up?\n")), format!("PostgreSQL: {failed}"));
        let quoting = "invalid percent-encoded token: \"hunter2%\"";
        assert_eq!(reason(quoting), "PostgreSQL refused the connection");
        assert!(reason(&format!("{failed}{}", "x".repeat(9_000))).len() <= 500);
    }

    #[test]
    fn limits_join_the_url_and_never_replace_its_own() {
        let with = |url: &str| impatient(&Secret::new(url)).expose().to_owned();
        let all = "connect_timeout=5&keepalives_idle=10&keepalives_interval=5&keepalives_count=3";
        assert_eq!(with("postgres://h/d"), format!("postgres://h/d?{all}&tcp_user_timeout=20000"));
        assert_eq!(with("postgres://h/d?"), with("postgres://h/d"));
        assert!(
            with("postgres://h/d?sslmode=require").starts_with("postgres://h/d?sslmode=require&connect_")
        );
        assert!(with("postgres://u:a?b@h/d").starts_with("postgres://u:a?b@h/d?connect_"));
        let own = with("postgres://h/d?connect_timeout=2");
        assert!(own.contains("connect_timeout=2&") && !own.contains("connect_timeout=5"));
    }
}
