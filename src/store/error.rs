//! What can go wrong between Portico and its database.

use diesel::result::{DatabaseErrorKind, Error};

/// A storage failure. None of these is the caller's fault but [`StoreError::Conflict`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique value is taken; names the index where the database tells it.
    #[error("already taken: {0}")]
    Conflict(String),
    /// The database cannot be reached, is too busy, or refused to commit; nothing was written.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Another transaction got in the way; the write may be tried again from its start.
    #[error("the database asked for the transaction to be repeated")]
    Serialization,
    /// A row holds something no version of Portico writes.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// The closure handed to the database panicked; its own work was rolled back.
    #[error("a database closure panicked")]
    Panicked,
    /// Anything else the database said.
    #[error("database: {0}")]
    Query(String),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => Self::Conflict(
                info.constraint_name().map_or_else(|| info.message().to_owned(), str::to_owned),
            ),
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Serialization,
            // A server that only reads has been demoted: the next connection may find its successor.
            Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            Error::DatabaseError(kind, info) => Self::from_message(&kind, info.message()),
            Error::BrokenTransactionManager => Self::Unavailable("broken transaction".to_owned()),
            Error::DeserializationError(cause) => Self::Corrupt(cause.to_string()),
            other => Self::Query(other.to_string()),
        }
    }
}

impl StoreError {
    fn from_message(kind: &DatabaseErrorKind, message: &str) -> Self {
        if message.contains("deadlock detected") {
            return Self::Serialization;
        }
        const PASSING: [&str; 13] = [
            "database is locked",
            "disk is full",
            "No space left on device",
            "disk I/O error",
            "readonly database",
            "statement timeout",
            "unable to open database file",
            "terminating connection",
            "shutting down",
            "starting up",
            "no connection to the server",
            "server closed the connection",
            "connection not open",
        ];
        if PASSING.iter().any(|known| message.contains(known)) {
            Self::Unavailable(message.to_owned())
        } else {
            Self::Query(format!("{kind:?}: {message}"))
        }
    }

    /// Whether the same request may succeed a little later (503, not 500).
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Serialization)
    }

    /// Whether a connection that answered with this should be thrown away.
    pub(super) const fn breaks_connection(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Panicked)
    }
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// An error a write may end with. The database repeats a write whose error says that another one got in
/// its way.
pub trait WriteError: From<StoreError> {
    /// The storage failure inside, if that is what it is.
    fn storage(&self) -> Option<&StoreError>;
}

impl WriteError for StoreError {
    fn storage(&self) -> Option<&StoreError> {
        Some(self)
    }
}
