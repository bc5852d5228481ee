//! How a protocol endpoint may fail.

use std::time::Duration;

use crate::domain::{Fault, fault_from};
use crate::spec::oauth::OAuthError;

/// A refusal in the protocol's words, a wait, or a fault of our own.
#[derive(Debug, thiserror::Error)]
pub enum OAuthFailure {
    /// The caller's mistake.
    #[error("{0}")]
    Refused(OAuthError),
    /// Too many failures: 429 with `Retry-After`.
    #[error("too many failed requests")]
    Wait(Duration),
    /// Our own.
    #[error(transparent)]
    Fault(Fault),
}

fault_from!(OAuthFailure);

impl From<OAuthError> for OAuthFailure {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}
