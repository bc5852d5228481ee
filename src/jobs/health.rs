//! Whether the database answers: what `/health/ready` says.

use crate::domain::Services;

/// Asks the database once.
pub async fn healthy(services: &Services) -> bool {
    match services.db.ping().await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(target: "portico::jobs", %error, "the database does not answer");
            false
        }
    }
}
