//! OpenTelemetry traces over OTLP/HTTP, when a collector is configured.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

/// Why traces could not start.
#[derive(Debug, thiserror::Error)]
#[error("the OTLP endpoint is not usable: {0}")]
pub struct TraceError(String);

/// The exporter; dropping it sends what is still waiting, for five seconds at most.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts exporting to `{endpoint}/v1/traces`. A collector that is away costs traces, never requests:
    /// spans wait in a bounded queue and are dropped when it is full.
    ///
    /// # Errors
    /// [`TraceError`] when the endpoint is not an http or https URL.
    pub fn start(endpoint: &str) -> Result<Self, TraceError> {
        let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_endpoint(url)
            .with_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| TraceError(error.to_string()))?;
        let resource = Resource::builder_empty()
            .with_service_name("portico")
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider =
            SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
        Ok(Self(provider))
    }

    /// Makes spans.
    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer("portico")
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(Duration::from_secs(5)) {
            tracing::warn!(target: "portico::telemetry", %error, "the last traces were not delivered");
        }
    }
}
