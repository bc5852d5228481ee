//! The numbers of `/metrics`, in the OpenMetrics text format. Handles are cheap to clone and to add to.
//! Names begin with `portico_`, but for the two that requirement S4-27 names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

/// Seconds; from a metadata answer to a password hash behind a queue.
const DURATIONS: [f64; 13] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Writes that shared one commit.
const BATCHES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct GrantLabels {
    grant: &'static str,
}

type Durations = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// All metrics of the process. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Durations,
    in_flight: Gauge,
    panics: Counter,
    batches: Histogram,
    hashes_waiting: Gauge,
    hashes_running: Gauge,
    logins: Family<OutcomeLabels, Counter>,
    tokens: Family<GrantLabels, Counter>,
    attempts: AtomicU64,
    successes: AtomicU64,
    success_rate: Gauge<f64, AtomicU64>,
    sessions: Gauge,
    certificate_days: Gauge<f64, AtomicU64>,
    log_lines_lost: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a metric and enters it under its name.
fn enter<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

impl Metrics {
    /// Fresh metrics, all zero.
    pub fn new() -> Self {
        let mut all = Registry::default();
        let r = &mut all;
        let durations = Durations::new_with_constructor(|| Histogram::new(DURATIONS));
        Self(Arc::new(Inner {
            requests: enter(
                r,
                "portico_http_requests",
                "Requests by route, method and status",
                Family::default(),
            ),
            durations: enter(
                r,
                "portico_http_request_duration_seconds",
                "From head to answer, by route",
                durations,
            ),
            in_flight: enter(r, "portico_http_requests_in_flight", "Requests in work", Gauge::default()),
            panics: enter(r, "portico_panics", "Panics caught in request handlers", Counter::default()),
            batches: enter(r, "portico_db_write_batch_size", "Writes in one commit", Histogram::new(BATCHES)),
            hashes_waiting: enter(
                r,
                "portico_password_hashes_waiting",
                "Hashes in the queue",
                Gauge::default(),
            ),
            hashes_running: enter(
                r,
                "portico_password_hashes_running",
                "Hashes being computed",
                Gauge::default(),
            ),
            logins: enter(r, "portico_logins", "Attempts to sign in, by outcome", Family::default()),
            tokens: enter(r, "portico_tokens_issued", "Token answers, by grant", Family::default()),
            success_rate: enter(r, "auth_success_rate", "Share of sign-ins that succeeded", Gauge::default()),
            sessions: enter(
                r,
                "concurrent_sessions",
                "Sessions that are neither idle nor over",
                Gauge::default(),
            ),
            certificate_days: enter(
                r,
                "portico_certificate_days_left",
                "Days until the certificate ends",
                Gauge::default(),
            ),
            log_lines_lost: enter(
                r,
                "portico_log_lines_lost",
                "Log lines that were not written",
                Counter::default(),
            ),
            attempts: AtomicU64::new(0),
            successes: AtomicU64::new(0),
            registry: all,
        }))
    }

    /// A request came in.
    pub fn request_began(&self) {
        self.0.in_flight.inc();
    }

    /// A request is over. `route` is the route's pattern and `method` one of a closed set: both are labels.
    pub fn request_finished(&self, route: &str, method: &str, status: u16, duration: Duration) {
        self.0.in_flight.dec();
        let labels = RequestLabels { route: route.to_owned(), method: method.to_owned(), status };
        self.0.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { route: labels.route };
        self.0.durations.get_or_create(&labels).observe(duration.as_secs_f64());
    }

    /// A handler panicked.
    pub fn panicked(&self) {
        self.0.panics.inc();
    }

    /// `size` writes shared one commit.
    pub fn write_batch(&self, size: usize) {
        self.0.batches.observe(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
    }

    /// Password hashes in the queue and at work now.
    pub fn hash_queue(&self, waiting: usize, running: usize) {
        self.0.hashes_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.0.hashes_running.set(i64::try_from(running).unwrap_or(i64::MAX));
    }

    /// An attempt to sign in ended; `succeeded` is the one outcome that counts as such in the rate.
    pub fn login(&self, outcome: &'static str) {
        let succeeded = u64::from(outcome == "succeeded");
        let successes = self.0.successes.fetch_add(succeeded, Ordering::Relaxed) + succeeded;
        let attempts = self.0.attempts.fetch_add(1, Ordering::Relaxed) + 1;
        #[expect(clippy::cast_precision_loss, reason = "a ratio for a dashboard")]
        self.0.success_rate.set(successes as f64 / attempts as f64);
        self.0.logins.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// Tokens were issued for a grant.
    pub fn tokens_issued(&self, grant: &'static str) {
        self.0.tokens.get_or_create(&GrantLabels { grant }).inc();
    }

    /// How many sessions are live.
    pub fn set_sessions(&self, live: u64) {
        self.0.sessions.set(i64::try_from(live).unwrap_or(i64::MAX));
    }

    /// How many days the TLS certificate is still valid; negative when it is over.
    pub fn set_certificate_days(&self, days: f64) {
        self.0.certificate_days.set(days);
    }

    /// A log line could not be written.
    pub fn log_line_lost(&self) {
        self.0.log_lines_lost.inc();
    }

    /// The exposition text, for `/metrics`.
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(8 * 1024);
        // Writing to a String cannot fail.
        let _written = encode(&mut text, &self.0.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_in_the_text() {
        let metrics = Metrics::new();
        metrics.request_began();
        metrics.request_began();
        metrics.request_finished("/t/{slug}/token", "POST", 200, Duration::from_micros(300));
        metrics.panicked();
        metrics.write_batch(7);
        metrics.hash_queue(3, 2);
        metrics.login("succeeded");
        metrics.login("failed");
        metrics.tokens_issued("refresh_token");
        metrics.set_sessions(5);
        metrics.set_certificate_days(29.5);
        let text = metrics.encode();
        for line in [
            "portico_http_requests_total{route=\"/t/{slug}/token\",method=\"POST\",status=\"200\"} 1",
            "portico_http_request_duration_seconds_bucket{le=\"0.0005\",route=\"/t/{slug}/token\"} 1",
            "portico_http_requests_in_flight 1",
            "portico_panics_total 1",
            "portico_db_write_batch_size_bucket{le=\"8.0\"} 1",
            "portico_password_hashes_waiting 3",
            "portico_logins_total{outcome=\"succeeded\"} 1",
            "portico_tokens_issued_total{grant=\"refresh_token\"} 1",
            "concurrent_sessions 5",
            "auth_success_rate 0.5",
            "portico_certificate_days_left 29.5",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
