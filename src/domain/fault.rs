//! What is nobody's mistake: the database away, the hasher full, something that should not be.

use crate::crypto::HasherBusy;
use crate::store::{StoreError, WriteError};

/// A failure that is Portico's own, not the caller's.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] HasherBusy),
    /// Something that should not be: an operation id for the caller, this text for the log.
    #[error("{0}")]
    Internal(String),
}

impl Fault {
    /// An internal fault from whatever says why.
    pub fn internal(why: impl std::fmt::Display) -> Self {
        Self::Internal(why.to_string())
    }

    /// Whether the same request may succeed a little later (503, not 500).
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::Busy(_) => true,
            Self::Internal(_) => false,
        }
    }
}

impl WriteError for Fault {
    fn storage(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// Lets an area's error carry a [`Fault`]: from storage, from the hasher, and back to storage for retries.
macro_rules! fault_from {
    ($error:ident) => {
        impl From<$crate::domain::Fault> for $error {
            fn from(fault: $crate::domain::Fault) -> Self {
                Self::Fault(fault)
            }
        }

        impl From<$crate::store::StoreError> for $error {
            fn from(error: $crate::store::StoreError) -> Self {
                Self::Fault($crate::domain::Fault::Store(error))
            }
        }

        impl From<$crate::crypto::HasherBusy> for $error {
            fn from(busy: $crate::crypto::HasherBusy) -> Self {
                Self::Fault($crate::domain::Fault::Busy(busy))
            }
        }

        impl $crate::store::WriteError for $error {
            fn storage(&self) -> Option<&$crate::store::StoreError> {
                match self {
                    Self::Fault($crate::domain::Fault::Store(error)) => Some(error),
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use fault_from;
