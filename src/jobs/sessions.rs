//! The number of live sessions (S4-27 `concurrent_sessions`).

use crate::domain::{Fault, Services};
use crate::store::{sessions, tenants};

/// Sessions that have neither ended nor expired, over all tenants.
///
/// # Errors
/// [`Fault`] when the database cannot be read.
pub async fn live_sessions(services: &Services) -> Result<u64, Fault> {
    let now = services.clock.now();
    let live = services.db.read(move |conn| {
        let mut sum = 0;
        let mut after: Option<String> = None;
        loop {
            let page = tenants::list(conn, after.as_deref(), 200)?;
            let Some(last) = page.last() else { return Ok(sum) };
            after = Some(last.slug.as_str().to_owned());
            for tenant in &page {
                sum += sessions::count_live(conn, tenant.id, now)?;
            }
        }
    });
    Ok(u64::try_from(live.await?).unwrap_or(0))
}
