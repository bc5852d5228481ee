//! What time brings to the tenants' keys; asked at the start and every half minute.

use crate::domain::keys::{Settled, longest_token_life, settle};
use crate::domain::{Fault, Services};
use crate::kernel::Actor;
use crate::store::{signing_keys, tenants};

/// Takes every step of a key rotation that is due, in every tenant. One question to the database when
/// nothing is; any node may do it, at any time, and a second one finds nothing left.
///
/// # Errors
/// [`Fault`] of the first tenant whose step failed; the others were taken, and the next call tries again.
pub async fn settle_keys(services: &Services) -> Result<Settled, Fault> {
    let now = services.clock.now();
    let due = services
        .db
        .read(move |conn| {
            let due = signing_keys::tenants_due(conn, now)?;
            due.into_iter().map(|id| tenants::find(conn, id)).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let (mut total, mut failed) = (Settled::default(), None);
    for row in due.into_iter().flatten() {
        match settle_one(services, row).await {
            Ok(settled) => {
                total.activated += settled.activated;
                total.retired += settled.retired;
                total.dropped += settled.dropped;
            }
            Err(fault) => failed = Some(fault),
        }
    }
    failed.map_or(Ok(total), Err)
}

async fn settle_one(services: &Services, row: tenants::TenantRow) -> Result<Settled, Fault> {
    let Some(tenant) = services.registry.tenant(&row.slug).await? else { return Ok(Settled::default()) };
    let cx = tenant.context(services, Actor::System);
    let longest = longest_token_life(&services.settings.tokens);
    services.db.write(move |tx| settle(tx, &cx, longest)).await
}
