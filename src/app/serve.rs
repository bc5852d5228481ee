//! The application as it serves: configuration in, listeners, routes and jobs out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::dev::Server;
use actix_web::web::Data;

use super::dev_seed::PLAYGROUND_CLIENT;
use super::lifecycle::{self, Ended, Readiness, StopSettings};
use super::server::{self, Listeners, ServerSettings};
use super::tls::{Certificate, TlsSettings};
use super::{management, observer, renewal};
use crate::config::Config;
use crate::domain::Services;
use crate::domain::oauth::FailureLimiter;
use crate::gateways::mail::Mailbox;
use crate::jobs::{self, Reports};
use crate::kernel::locale::negotiate;
use crate::ops::telemetry::Metrics;
use crate::web::extract::FormLimits;
use crate::web::middleware::{Edge, EdgeSettings, ErrorPage, Network, PublicUrl, RenderedPage};
use crate::web::{Playground, Signals, Web, edge_page, routes};

/// How often the certificate's files are looked at.
const CERTIFICATE_EVERY: Duration = Duration::from_secs(10);

/// What serving may fail with before it begins; one line for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServeError(pub String);

fn error(cause: impl std::fmt::Display) -> ServeError {
    ServeError(cause.to_string())
}

/// What is beside the configuration.
#[derive(Clone)]
pub struct ServeOptions {
    /// `serve --dev`: the mailbox and the playground are there.
    pub dev: bool,
    /// The process's numbers.
    pub metrics: Metrics,
}

/// A server that has begun to answer.
pub struct Started {
    /// The public server; must be awaited.
    pub public: Server,
    /// The operator's.
    pub management: Option<Server>,
    /// The addresses really bound.
    pub addresses: Vec<SocketAddr>,
    /// The operator's address.
    pub management_address: Option<SocketAddr>,
    /// Whether it is ready, and whether it drains.
    pub readiness: Readiness,
    certificate: Option<Arc<Certificate>>,
}

/// The server's settings of a configuration.
pub fn server_settings(config: &Config) -> ServerSettings {
    let from = &config.server;
    let mut settings = ServerSettings {
        bind: from.bind.addresses().to_vec(),
        management_bind: from.management_bind.addresses().first().copied(),
        connections: from.max_connections,
        header_timeout: from.header_timeout,
        idle_timeout: from.idle_timeout,
        drain_timeout: from.drain_timeout,
        ..ServerSettings::default()
    };
    if from.workers > 0 {
        settings.workers = from.workers;
    }
    settings
}

fn edge_settings(
    config: &Config,
    services: &Services,
    readiness: &Readiness,
    metrics: &Metrics,
) -> Result<EdgeSettings, ServeError> {
    let mut edge = EdgeSettings::new(PublicUrl::parse(config.public_url.as_str()).map_err(error)?);
    edge.trusted_proxies = config
        .server
        .trusted_proxies
        .iter()
        .map(|cidr| cidr.to_string().parse::<Network>().map_err(error))
        .collect::<Result<_, _>>()?;
    edge.url_bytes = config.limits.url_bytes;
    edge.header_bytes = config.limits.header_bytes;
    edge.clock = services.clock.clone();
    edge.rng = services.rng.clone();
    edge.drain = readiness.drain().clone();
    edge.observer = observer(metrics.clone());
    let root = config.public_url.path().trim_end_matches('/').to_owned();
    edge.page = Arc::new(move |page: &ErrorPage| {
        let locale = negotiate(None, page.accept_language.as_deref());
        let (html, csp) = edge_page(page.status, locale, &root, page.operation_id.to_string());
        RenderedPage { html, csp }
    });
    Ok(edge)
}

fn signals(metrics: &Metrics) -> Signals {
    let (logins, tokens) = (metrics.clone(), metrics.clone());
    Signals {
        login: Arc::new(move |outcome| logins.login(outcome)),
        tokens: Arc::new(move |grant| tokens.tokens_issued(grant)),
    }
}

/// Starts serving on `listeners`. Runs inside actix's runtime.
///
/// # Errors
/// [`ServeError`] with one line for the operator; nothing answers then.
pub fn start(
    services: &Arc<Services>,
    config: &Config,
    listeners: Listeners,
    options: &ServeOptions,
) -> Result<Started, ServeError> {
    let settings = server_settings(config);
    let readiness = Readiness::default();
    let certificate = certificate(config)?;
    let (addresses, management_address) = (listeners.public_addresses(), listeners.management_address());
    let edge = edge_settings(config, services, &readiness, &options.metrics)?;
    let web = Data::new(web(services, config, options));
    let limits = FormLimits { bytes: config.limits.form_bytes, patience: config.server.body_timeout };
    let ready = Data::new(readiness.clone());
    let app = move || {
        let root = web.root().to_owned();
        App::new()
            .app_data(web.clone())
            .app_data(ready.clone())
            .app_data(limits)
            .wrap(Edge::new(edge.clone()))
            .configure(management::health)
            .configure(|routes| routes::configure(routes, &root))
    };
    let (public, drain) = (listeners.public, readiness.drain());
    let public = server::serve(public, &settings, certificate.clone(), drain, app).map_err(error)?;
    let management = listeners
        .management
        .map(|listener| {
            management::serve(listener, readiness.clone(), options.metrics.clone()).map_err(error)
        })
        .transpose()?;
    start_jobs(services, &readiness, options, certificate.clone());
    Ok(Started { public, management, addresses, management_address, readiness, certificate })
}

fn certificate(config: &Config) -> Result<Option<Arc<Certificate>>, ServeError> {
    let tls = &config.server.tls;
    if tls.certificate.as_os_str().is_empty() {
        return Ok(None);
    }
    let settings = TlsSettings { certificate: tls.certificate.clone(), private_key: tls.private_key.clone() };
    Certificate::load(settings).map(Some).map_err(error)
}

fn web(services: &Arc<Services>, config: &Config, options: &ServeOptions) -> Web {
    Web {
        services: services.clone(),
        limiter: FailureLimiter::new(config.limits.invalid_codes_per_minute),
        signals: signals(&options.metrics),
        public_url: config.public_url.clone(),
        dev: options.dev,
        playground: options.dev.then(|| Arc::new(playground(config))),
        mailbox: options.dev.then(|| Arc::new(Mailbox::new(services.clock.clone()))),
    }
}

/// The demo relying party, with the client that `dev_seed` makes.
fn playground(config: &Config) -> Playground {
    let fetch = Playground::own_network(&config.public_url);
    Playground::new(config.public_url.clone(), Some(PLAYGROUND_CLIENT.to_owned()), fetch)
}

fn start_jobs(
    services: &Arc<Services>,
    readiness: &Readiness,
    options: &ServeOptions,
    certificate: Option<Arc<Certificate>>,
) {
    let (healthy, sessions) = (readiness.clone(), options.metrics.clone());
    let (writes, hashes) = (options.metrics.clone(), options.metrics.clone());
    let reports = Reports {
        healthy: Box::new(move |up| healthy.set_healthy(up)),
        sessions: Box::new(move |live| sessions.set_sessions(live)),
        writes: Box::new(move |commits, closures| {
            if let Some(mean) = closures.checked_div(commits) {
                writes.write_batch(usize::try_from(mean).unwrap_or(usize::MAX));
            }
        }),
        hashes: Box::new(move |waiting| hashes.hash_queue(waiting, 0)),
    };
    jobs::start(services, reports);
    if let Some(certificate) = certificate {
        let (metrics, clock) = (options.metrics.clone(), services.clock.clone());
        actix_web::rt::spawn(renewal::watch(certificate, metrics, clock, CERTIFICATE_EVERY));
    }
}

/// Serves until a signal stops it.
///
/// # Errors
/// [`ServeError`] when serving cannot begin or fails by itself.
pub async fn run(
    services: Arc<Services>,
    config: Config,
    options: ServeOptions,
    announce: impl FnOnce(&[SocketAddr]),
    mut reload: impl FnMut(),
) -> Result<Ended, ServeError> {
    let listeners = Listeners::bind(&server_settings(&config)).map_err(error)?;
    let started = start(&services, &config, listeners, &options)?;
    announce(&started.addresses);
    let stop = StopSettings { drain: config.server.drain_timeout, ..StopSettings::default() };
    let (certificate, clock) = (started.certificate, services.clock.clone());
    let on_hangup = move || {
        reload();
        if let Some(certificate) = &certificate {
            renewal::reload(certificate, &clock);
        }
    };
    lifecycle::run(started.public, started.management, &started.readiness, stop, on_hangup)
        .await
        .map_err(error)
}
