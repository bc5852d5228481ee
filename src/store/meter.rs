//! How long a request waited for its database: a stopwatch that travels with the request's task.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

tokio::task_local! {
    static SPENT: Arc<AtomicU64>;
}

/// Runs `work` with every wait for the database inside it added to `spent`, in microseconds.
pub fn metered<F: Future>(spent: Arc<AtomicU64>, work: F) -> impl Future<Output = F::Output> {
    SPENT.scope(spent, work)
}

/// Times one wait; does nothing outside [`metered`].
pub(super) async fn timed<T>(wait: impl Future<Output = T>) -> T {
    let Ok(spent) = SPENT.try_with(Arc::clone) else { return wait.await };
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
