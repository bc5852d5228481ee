//! Hears `NOTIFY portico_config` from every node and from the command line.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;

use super::pool::Pool;
use crate::store::StoreError;

/// How often the listener looks at its socket: the most a change of configuration is late on another node.
const LISTEN_EVERY: Duration = Duration::from_millis(20);
/// How often it tries to come back after its connection was lost.
const RETURN_EVERY: Duration = Duration::from_millis(250);

/// Listens in a thread of its own for as long as the pool lives.
pub(super) fn start(pool: &Arc<Pool>) -> Result<(), StoreError> {
    let heard = Arc::downgrade(pool);
    std::thread::Builder::new()
        .name("pg-listener".to_owned())
        .spawn(move || listen(&heard))
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(())
}

/// When the connection was lost, nobody knows what was missed, so the version rises then too.
fn listen(pool: &Weak<Pool>) {
    let mut listener: Option<PgConnection> = None;
    loop {
        let Some(pool) = pool.upgrade() else { return };
        if let Some(conn) = &mut listener {
            if !hear(conn, &pool) {
                listener = None;
            }
        } else {
            listener = connect(pool.url.expose());
            if listener.is_some() {
                pool.config_version.fetch_add(1, Ordering::SeqCst);
            }
        }
        drop(pool);
        std::thread::sleep(if listener.is_some() { LISTEN_EVERY } else { RETURN_EVERY });
    }
}

/// Takes what has arrived; `false` when the connection is lost.
fn hear(conn: &mut PgConnection, pool: &Pool) -> bool {
    for notification in conn.notifications_iter() {
        // A lost connection says so each time it is asked, without end.
        if notification.is_err() {
            return false;
        }
        pool.config_version.fetch_add(1, Ordering::SeqCst);
    }
    true
}

fn connect(url: &str) -> Option<PgConnection> {
    let mut conn = PgConnection::establish(url).ok()?;
    conn.batch_execute("LISTEN portico_config").ok()?;
    Some(conn)
}
