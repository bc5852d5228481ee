//! OpenTelemetry traces over OTLP/HTTP, when a collector is configured.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use reqwest::blocking::Client;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::redact::is_sensitive;

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
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("http" | "https")) {
            return Err(TraceError("it must begin with http:// or https://".to_owned()));
        }
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client()?)
            .with_endpoint(url)
            .with_timeout(PATIENCE)
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

    /// Hands spans to the exporter: Portico's own spans only, without events, and none that has a field whose
    /// name says it is secret.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let tracer: SdkTracer = self.0.tracer("portico");
        tracing_opentelemetry::layer().with_tracer(tracer).with_filter(filter_fn(is_for_traces))
    }
}

fn is_for_traces(meta: &Metadata<'_>) -> bool {
    meta.is_span()
        && meta.target().starts_with("portico")
        && !meta.fields().iter().any(|field| is_sensitive(field.name()))
}

/// The exporter works on a thread of its own, outside every runtime, so its client must be a blocking one;
/// and that one must be made outside a runtime too. The collector is where the operator said: neither a
/// proxy from the environment nor a redirect leads elsewhere.
fn client() -> Result<Client, TraceError> {
    let build = || {
        Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| TraceError(error.to_string()))
    };
    let made = std::thread::spawn(build).join();
    made.map_err(|_| TraceError("no TLS provider is installed".to_owned()))?
}

/// For one delivery, and for the last one when stopping.
const PATIENCE: Duration = Duration::from_secs(5);

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(target: "portico::telemetry", %error, "the last traces were not delivered");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn spans_reach_the_collector_and_secrets_do_not() {
        // An error only says that another test was first.
        let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("http://{}/", listener.local_addr().unwrap());
        let collector = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut got, mut part) = (Vec::new(), [0; 4_096]);
            while !String::from_utf8_lossy(&got).contains("operation-1") {
                let count = stream.read(&mut part).unwrap();
                assert!(count > 0, "{}", String::from_utf8_lossy(&got));
                got.extend_from_slice(&part[..count]);
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
            String::from_utf8_lossy(&got).into_owned()
        });
        let traces = Traces::start(&endpoint).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(traces.layer()), || {
            let _secret = tracing::info_span!(target: "portico::x", "y", client_secret = "canary").entered();
            let _span =
                tracing::info_span!(target: "portico::x", "request", operation_id = "operation-1").entered();
            tracing::info!(target: "portico::x", "an event with a canary");
        });
        drop(traces);
        let got = collector.join().unwrap();
        assert!(got.starts_with("POST /v1/traces HTTP/1.1"), "{got}");
        assert!(!got.contains("canary"));
    }

    #[test]
    fn an_endpoint_must_be_a_url() {
        for bad in ["", "collector:4318", "grpc://collector"] {
            assert!(Traces::start(bad).is_err(), "{bad}");
        }
    }
}
