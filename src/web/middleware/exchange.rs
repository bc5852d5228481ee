//! One request and its answer, as counted and logged: exactly once, however it ends.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use tokio::time::Instant;

use super::operation::Operation;

/// The status logged when the peer went away before there was an answer.
const CLIENT_GONE: u16 = 499;

/// What an observer is told.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A request came in.
    Began,
    /// A request is over.
    Finished(&'a Finished<'a>),
    /// A handler panicked; `Finished` with 500 follows.
    Panicked,
}

/// A request that is over.
#[derive(Clone, Copy, Debug)]
pub struct Finished<'a> {
    /// The verb, or `other` for one this server does not know.
    pub method: &'a str,
    /// The route's pattern, never the URL; `unmatched` and `refused` when no route was reached.
    pub route: &'a str,
    /// The status; 499 when the peer left first.
    pub status: u16,
    /// From the request's head to the answer's.
    pub duration: Duration,
    /// Of that, time spent waiting for the database.
    pub database: Duration,
}

/// Who is told about requests: `app` hands in the metrics.
pub type Observer = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// A running request. Reports its end when [`Exchange::finish`]ed, or when dropped because the peer left.
pub(super) struct Exchange {
    observer: Observer,
    operation: Operation,
    method: Method,
    // Only a stopwatch: the moment itself is written nowhere.
    started: Instant,
    done: bool,
}

impl Exchange {
    pub(super) fn begin(observer: &Observer, operation: Operation, method: Method) -> Self {
        observer(Event::Began);
        Self { observer: Arc::clone(observer), operation, method, started: Instant::now(), done: false }
    }

    pub(super) fn panicked(&self) {
        (self.observer)(Event::Panicked);
    }

    pub(super) fn finish(mut self, route: &str, status: u16) {
        self.report(route, status);
    }

    fn report(&mut self, route: &str, status: u16) {
        self.done = true;
        let duration = self.started.elapsed();
        let database = Duration::from_micros(self.operation.database_micros());
        let method = if known(&self.method) { self.method.as_str() } else { "other" };
        let finished = Finished { method, route, status, duration, database };
        (self.observer)(Event::Finished(&finished));
        if !tracing::enabled!(target: "portico::access", tracing::Level::INFO) {
            return;
        }
        let (tenant, actor) = self.operation.labels();
        tracing::info!(
            target: "portico::access",
            operation_id = %self.operation.id(),
            method,
            route,
            status,
            duration_us = micros(duration),
            database_us = micros(database),
            tenant,
            actor,
            "request"
        );
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.done {
            self.report("aborted", CLIENT_GONE);
        }
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Verbs become label values, so the set must be closed.
fn known(method: &Method) -> bool {
    super::target::check_method(method).is_ok() || *method == Method::TRACE || *method == Method::CONNECT
}
