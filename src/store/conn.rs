//! One connection type over both databases.

use std::ops::{Deref, DerefMut};

use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

/// A connection to whichever database is configured; every query is written once against it.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Runs the same expression against the concrete connection, for the few parts of diesel's language
/// that the enum does not carry (`on_conflict`, batch inserts).
macro_rules! on_each {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::store::conn::Conn::Postgres($c) => $body,
            $crate::store::conn::Conn::Sqlite($c) => $body,
        }
    };
}
pub(super) use on_each;

/// A connection inside a write transaction. Reads work on it too: it derefs to [`Conn`].
pub struct Tx<'c> {
    conn: &'c mut Conn,
    config_changed: bool,
}

impl<'c> Tx<'c> {
    pub(super) fn new(conn: &'c mut Conn) -> Self {
        Self { conn, config_changed: false }
    }

    /// Says that this transaction touches what the nodes keep in memory (tenants, clients, keys): the
    /// version of that configuration rises in the same commit, and caches notice.
    ///
    /// # Errors
    /// When the version cannot be written.
    pub fn touch_config(&mut self) -> Result<(), super::StoreError> {
        if !self.config_changed {
            super::installation::raise_config_version(self.conn)?;
            self.config_changed = true;
        }
        Ok(())
    }

    pub(super) const fn config_changed(&self) -> bool {
        self.config_changed
    }
}

impl Deref for Tx<'_> {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}
