//! Joins the edge to the metrics: the two live on one floor and do not know each other.

use std::sync::Arc;

use crate::ops::telemetry::Metrics;
use crate::web::middleware::{Event, Observer};

/// An observer that counts requests.
pub fn observer(metrics: Metrics) -> Observer {
    Arc::new(move |event| match event {
        Event::Began => metrics.request_began(),
        Event::Panicked => metrics.panicked(),
        Event::Finished(done) => {
            metrics.request_finished(done.route, done.method, done.status, done.duration)
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::middleware::Finished;

    #[test]
    fn what_the_edge_tells_is_counted() {
        let metrics = Metrics::new();
        let observe = observer(metrics.clone());
        observe(Event::Began);
        observe(Event::Panicked);
        let span = Duration::from_millis(1);
        let done = Finished { method: "GET", route: "/x", status: 500, duration: span, database: span };
        observe(Event::Finished(&done));
        let text = metrics.encode();
        assert!(
            text.contains("portico_panics_total 1") && text.contains("portico_http_requests_in_flight 0")
        );
        assert!(text.contains("{route=\"/x\",method=\"GET\",status=\"500\"} 1"), "{text}");
    }
}
