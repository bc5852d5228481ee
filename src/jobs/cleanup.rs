//! Removes what has expired, in small steps, so that nobody waits for it.
//!
//! Nothing depends on this job: an expired row is refused whether or not it is still there.

use std::time::Duration;

use crate::domain::{Fault, Services};
use crate::kernel::TenantId;
use crate::store::{flows, grants, revoked_tokens, sessions, tenants, throttle};

/// How long an expired session stays at least, for the account's history.
const SESSIONS_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// How long a finished grant stays: longer than any token made from it, so that a code used late is still
/// known as used.
const GRANTS_KEPT: Duration = Duration::from_secs(86_400);
/// How long a counter stays after its last failure.
const COUNTERS_KEPT: Duration = Duration::from_secs(86_400);
/// Grants removed in one transaction.
const STEP: i64 = 500;

/// Removes expired rows of every kind.
///
/// # Errors
/// [`Fault`] when the database refuses; what was removed before stays removed.
pub async fn cleanup(services: &Services) -> Result<(), Fault> {
    let now = services.clock.now();
    // An ended session must be known as ended for as long as a grant of it may live.
    let sessions_kept = SESSIONS_KEPT.max(services.settings.tokens.refresh_absolute + GRANTS_KEPT);
    services
        .db
        .write::<_, Fault, _>(move |tx| {
            flows::delete_expired(tx, now)?;
            // A node whose clock is behind still takes the token for a moment.
            revoked_tokens::delete_expired(tx, now.minus(Duration::from_secs(60)))?;
            throttle::delete_stale(tx, now.minus(COUNTERS_KEPT))?;
            sessions::delete_expired(tx, now.minus(sessions_kept))?;
            Ok(())
        })
        .await?;
    for tenant in tenant_ids(services).await? {
        loop {
            let removed = services
                .db
                .write::<_, Fault, _>(move |tx| {
                    Ok(grants::delete_expired(tx, tenant, now.minus(GRANTS_KEPT), STEP)?)
                })
                .await?;
            if removed == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

async fn tenant_ids(services: &Services) -> Result<Vec<TenantId>, Fault> {
    let ids = services.db.read(|conn| {
        let mut ids = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = tenants::list(conn, after.as_deref(), 200)?;
            let Some(last) = page.last() else { return Ok(ids) };
            after = Some(last.slug.as_str().to_owned());
            ids.extend(page.iter().map(|tenant| tenant.id));
        }
    });
    Ok(ids.await?)
}
