//! Health for balancers, on both listeners, and metrics for the operator, on the management listener only
//! . Health says yes or no and nothing else.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, ServiceConfig, get, resource};
use actix_web::{App, HttpResponse, HttpServer};

use super::lifecycle::Readiness;
use crate::ops::telemetry::Metrics;

/// The media type of OpenMetrics text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Adds `/health/live` and `/health/ready` to an app that has a [`Readiness`] in its data.
pub fn health(config: &mut ServiceConfig) {
    config
        .service(resource("/health/live").route(get().to(live)))
        .service(resource("/health/ready").route(get().to(ready)));
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body("ok\n")
}

async fn ready(readiness: Data<Readiness>) -> HttpResponse {
    let (mut response, text) = if readiness.is_ready() {
        (HttpResponse::Ok(), "ready\n")
    } else {
        (HttpResponse::ServiceUnavailable(), "not ready\n")
    };
    response.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body(text)
}

async fn metrics(metrics: Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, OPEN_METRICS)).body(metrics.encode())
}

/// Serves health and metrics on the operator's listener, in a thread of its own: it answers when the public
/// listeners are full, and while they drain. It has no TLS and no login; bind it to an address that only
/// the operator reaches.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, readiness: Readiness, numbers: Metrics) -> io::Result<Server> {
    let (readiness, numbers) = (Data::new(readiness), Data::new(numbers));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(readiness.clone())
            .app_data(numbers.clone())
            .configure(health)
            .service(resource("/metrics").route(get().to(metrics)))
    })
    .workers(1)
    .max_connections(64)
    .client_request_timeout(Duration::from_secs(5))
    .keep_alive(Duration::from_secs(30))
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}
