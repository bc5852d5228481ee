//! The whole application over HTTP: the real server on a port of its own, with a clock that stands still.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;

use super::{Browser, TestServices, services_chosen, services_everywhere};
use crate::app::server::Listeners;
use crate::app::{ServeOptions, server_settings, start};
use crate::config::{Cidr, Config};
use crate::domain::Services;
use crate::kernel::{Clock, Rng, Timestamp};
use crate::ops::telemetry::Metrics;

/// The moment at which test clocks stand: 2026-01-01T00:00:00Z.
pub const NOON: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// A running server over [`TestServices`]. Stops when dropped.
pub struct TestApp {
    /// The floors below, to prepare and to look behind the answers.
    pub kit: TestServices,
    /// Where the server listens. It answers to the host of its `public_url`, which [`Browser`] sends.
    pub address: SocketAddr,
    /// Where the operator's listener is, when the configuration has one.
    pub management: Option<SocketAddr>,
    /// The process's numbers.
    pub metrics: Metrics,
    change: Change,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// What differs from the tests' usual configuration.
pub type Change = fn(&mut Config);

impl TestApp {
    /// A server with a fresh database and the tests' configuration.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A server whose configuration `change` has changed. Settings that services were built with (lifetimes,
    /// limits of sign-ins) come from the tests' configuration and are changed in the services themselves.
    pub async fn start_with(change: Change) -> Self {
        let kit = services_chosen(Clock::frozen(NOON), Rng::seeded(1)).await;
        Self::over(kit, change)
    }

    /// A server on every kind of database there is: SQLite, and PostgreSQL when a server is named.
    pub async fn everywhere() -> Vec<Self> {
        let kits = services_everywhere(|| (Clock::frozen(NOON), Rng::seeded(1))).await;
        kits.into_iter().map(|kit| Self::over(kit, |_| {})).collect()
    }

    /// A server over services that the test has prepared.
    pub fn over(kit: TestServices, change: Change) -> Self {
        Self::serve(kit, change, true)
    }

    /// The same as it serves without `--dev`: no mailbox, no playground, nobody exempt from limits.
    pub fn as_in_production(kit: TestServices, change: Change) -> Self {
        Self::serve(kit, change, false)
    }

    fn serve(kit: TestServices, change: Change, dev: bool) -> Self {
        let config = config(change);
        let metrics = Metrics::new();
        let (bound, handle, thread) =
            spawn(kit.services.clone(), config, ServeOptions { dev, metrics: metrics.clone() });
        let Bound { address, management } = bound;
        Self { kit, address, management, metrics, change, handle, thread: Some(thread) }
    }

    /// A second node over the same database and clock, configured like the first.
    pub fn second_node(&self) -> (SocketAddr, NodeGuard) {
        self.node_over(self.kit.another_node())
    }

    /// Another node over services that the test has prepared, configured like the first.
    pub fn node_over(&self, services: Arc<Services>) -> (SocketAddr, NodeGuard) {
        let options = ServeOptions { dev: true, metrics: Metrics::new() };
        let (bound, handle, thread) = spawn(services, config(self.change), options);
        (bound.address, NodeGuard { handle, thread: Some(thread) })
    }

    /// A fresh browser: no cookies, an address of its own.
    pub fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// Waits until every node has heard of a changed client or tenant: no time at all on SQLite, the travel
    /// time of a notification on PostgreSQL.
    pub async fn spread_the_news(&self) {
        if super::is_postgres_chosen() {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: u64) {
        self.kit.services.clock.advance(std::time::Duration::from_secs(seconds));
    }
}

/// Keeps a second node alive.
pub struct NodeGuard {
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Drop for NodeGuard {
    fn drop(&mut self) {
        stop(&self.handle, self.thread.take());
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        stop(&self.handle, self.thread.take());
    }
}

fn config(change: Change) -> Config {
    let mut config = Config::for_tests();
    config.server.trusted_proxies = Cidr::parse("127.0.0.0/8").into_iter().collect();
    config.server.workers = 2;
    change(&mut config);
    config
}

fn stop(handle: &ServerHandle, thread: Option<JoinHandle<()>>) {
    drop(handle.stop(false));
    if let Some(thread) = thread {
        drop(thread.join());
    }
}

/// The addresses a server really got.
struct Bound {
    address: SocketAddr,
    management: Option<SocketAddr>,
}

fn spawn(
    services: Arc<Services>,
    config: Config,
    options: ServeOptions,
) -> (Bound, ServerHandle, JoinHandle<()>) {
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            crate::app::tls::install_provider();
            let listeners = Listeners::bind(&server_settings(&config)).expect("a free port");
            let started = start(&services, &config, listeners, &options).expect("a server");
            started.readiness.set_started();
            let address = *started.addresses.first().expect("an address");
            let bound = Bound { address, management: started.management_address };
            let operators = started.management.as_ref().map(actix_web::dev::Server::handle);
            if let Some(management) = started.management {
                actix_web::rt::spawn(management);
            }
            tell.send((bound, started.public.handle())).expect("the test waits");
            started.public.await.expect("a server that runs");
            if let Some(operators) = operators {
                operators.stop(false).await;
            }
        });
    });
    let (bound, handle) = told.recv().expect("a server that starts");
    (bound, handle, thread)
}
