//! Telemetry: log lines, metrics and, behind configuration, traces.
//!
//! - `format`, `escape`, `sink`: one JSON (or text) line per event on standard error, escaped and buffered.
//! - `redact`: what may never stand in a line, by the field's name and by the value's shape.
//! - `metrics`: the numbers of `/metrics`, as cheap handles.
//! - `traces`: OTLP over HTTP, only when an endpoint is configured.
//!
//! Nothing here listens; `app` serves `/metrics` on the management listener.

mod escape;
mod format;
mod metrics;
mod redact;
mod sink;
mod traces;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry};

pub use format::{LogFormat, LogLayer};
pub use metrics::Metrics;
pub use redact::{is_sensitive, scrub};
pub use sink::{Sink, SinkGuard};
pub use traces::{TraceError, Traces};

/// What to log, how, and where traces go.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// The shape of a line.
    pub format: LogFormat,
    /// The most detailed level of Portico's own lines; libraries are heard from `WARN` up, whatever it is.
    pub level: LevelFilter,
    /// Base URL of an OTLP/HTTP collector; `None` switches traces off.
    pub otlp_endpoint: Option<String>,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self { format: LogFormat::Json, level: LevelFilter::INFO, otlp_endpoint: None }
    }
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A subscriber is installed already.
    #[error("logging is already set up")]
    Twice,
    /// The writer's thread could not be started.
    #[error("the log writer could not start: {0}")]
    Writer(#[from] std::io::Error),
    /// The OTLP endpoint is not usable.
    #[error(transparent)]
    Traces(#[from] TraceError),
}

/// Keeps telemetry alive; dropping it writes out what is still buffered.
pub struct Telemetry {
    _sink: SinkGuard,
    _traces: Option<Traces>,
}

/// Starts logging to standard error, and traces when configured. Call once, after the process's crypto
/// provider is installed (`app::tls::install_provider`): the OTLP client needs it.
///
/// # Errors
/// See [`TelemetryError`].
pub fn start(settings: &TelemetrySettings, metrics: &Metrics) -> Result<Telemetry, TelemetryError> {
    let (sink, guard) = Sink::start(Box::new(std::io::stderr()), metrics.clone())?;
    let log = LogLayer::new(settings.format, sink.clone()).with_filter(filter(settings.level));
    let traces = settings.otlp_endpoint.as_deref().map(Traces::start).transpose()?;
    let spans = traces.as_ref().map(Traces::layer);
    let subscriber = Registry::default().with(log).with(spans);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::Twice)?;
    report_panics(sink);
    Ok(Telemetry { _sink: guard, _traces: traces })
}

/// Portico at `level`; libraries at `WARN` and above only, because their finer lines quote what they carry
/// . The HTTP stack is silent: it reports every malformed request as an error, which a stranger
/// could flood the log with; the edge logs and counts those instead.
fn filter(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("portico", level)
        .with_target("actix_http", LevelFilter::OFF)
        .with_target("actix_server", LevelFilter::OFF)
        .with_target("h2", LevelFilter::OFF)
}

/// Panics become log lines like all others. The message is shown only when it is fixed text: a formatted
/// one may quote what was being worked on.
fn report_panics(sink: Sink) {
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
        tracing::error!(target: "portico::panic", place, reason = message, "a panic");
        sink.flush();
    }));
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_191_libraries_never_speak_finely_even_at_trace() {
        let filter = filter(LevelFilter::TRACE);
        assert!(filter.would_enable("portico::web", &Level::TRACE));
        assert!(!filter.would_enable("reqwest", &Level::INFO));
        assert!(filter.would_enable("rustls", &Level::WARN));
        assert!(!filter.would_enable("actix_http::h1", &Level::ERROR));
        assert!(!super::filter(LevelFilter::ERROR).would_enable("reqwest", &Level::WARN));
    }
}
