//! Notices a replaced certificate and one that is about to end.

use std::sync::Arc;
use std::time::Duration;

use super::tls::Certificate;
use crate::kernel::Clock;
use crate::ops::telemetry::Metrics;

/// From here on the log warns.
const WARN_DAYS: f64 = 30.0;

/// Looks at the files again and again, for as long as it is polled; spawn it once. A replaced pair is taken
/// within `every`; a bad one is reported and the old one stays. The warning comes at the start and daily.
pub async fn watch(certificate: Arc<Certificate>, metrics: Metrics, clock: Clock, every: Duration) {
    let mut stamp = certificate.stamp();
    let mut quiet_for = Duration::MAX;
    loop {
        let new_stamp = certificate.stamp();
        if new_stamp != stamp {
            // A pair that is replaced file by file is bad for a moment: it is tried again at the next look,
            // because the second file changes the stamp once more.
            stamp = new_stamp;
            reload(&certificate, &clock);
            quiet_for = Duration::MAX;
        }
        let days = certificate.days_left(clock.now());
        metrics.set_certificate_days(days);
        if days < WARN_DAYS && quiet_for >= Duration::from_secs(86_400) {
            quiet_for = Duration::ZERO;
            tracing::warn!(target: "portico::tls", days_left = format!("{days:.1}"), "the certificate ends soon");
        }
        tokio::time::sleep(every).await;
        quiet_for = quiet_for.saturating_add(every);
    }
}

/// Reads the files again now, as SIGHUP asks, and says in the log what came of it.
pub fn reload(certificate: &Certificate, clock: &Clock) {
    match certificate.reload(clock.now()) {
        Ok(true) => tracing::info!(target: "portico::tls", "a new certificate is in use"),
        Ok(false) => {}
        Err(error) => {
            tracing::error!(target: "portico::tls", %error, "the old certificate stays in use");
        }
    }
}
