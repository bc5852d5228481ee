//! What travels with a request's task: a stopwatch for its waits, and the configuration version it began with.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

struct Meter {
    spent: Arc<AtomicU64>,
    version: Cell<Option<u64>>,
}

tokio::task_local! {
    static METER: Meter;
}

/// Runs `work` as one request: every wait for the database inside it is added to `spent`, in microseconds, and
/// the configuration version is asked for once, so that it sees one configuration from end to end.
pub fn metered<F: Future>(spent: Arc<AtomicU64>, work: F) -> impl Future<Output = F::Output> {
    METER.scope(Meter { spent, version: Cell::new(None) }, work)
}

/// The version this request has seen, or else what `ask` says.
pub(super) fn version_once<E>(ask: impl FnOnce() -> Result<u64, E>) -> Result<u64, E> {
    if let Ok(Some(known)) = METER.try_with(|meter| meter.version.get()) {
        return Ok(known);
    }
    let version = ask()?;
    // Outside a request there is nothing to remember it for.
    let _outside = METER.try_with(|meter| meter.version.set(Some(version)));
    Ok(version)
}

/// Times one wait; does nothing outside [`metered`].
pub(super) async fn timed<T>(wait: impl Future<Output = T>) -> T {
    let Ok(spent) = METER.try_with(|meter| meter.spent.clone()) else { return wait.await };
    #[expect(clippy::disallowed_methods, reason = "only a stopwatch; the moment itself is written nowhere")]
    let began = Instant::now();
    let result = wait.await;
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    spent.fetch_add(micros, Ordering::Relaxed);
    result
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn only_metered_waits_are_added() {
        let wait = || timed(tokio::time::sleep(Duration::from_millis(3)));
        let spent = Arc::new(AtomicU64::new(0));
        wait().await;
        metered(spent.clone(), wait()).await;
        let micros = spent.load(Ordering::Relaxed);
        assert!((2_500..1_000_000).contains(&micros), "{micros}");
    }
}
