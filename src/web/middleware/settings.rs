//! What the edge needs to know, filled by `app` from the configuration.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::answer::{PageRenderer, plain_page};
use super::client_ip::Network;
use super::exchange::Observer;
use super::host::PublicUrl;
use crate::kernel::{Clock, Rng};

/// Whether the process is on its way out; shared by the edge, the health pages and the signal handler.
#[derive(Clone, Debug, Default)]
pub struct Drain(Arc<AtomicBool>);

impl Drain {
    /// From now on answers close their connection and the process is not ready.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the drain has begun.
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Settings of the edge; the limits default to those of the security profile.
#[derive(Clone)]
pub struct EdgeSettings {
    /// The only host requests may name, and whether it is reached by https.
    pub public_url: PublicUrl,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Longest request target in bytes (414 above it).
    pub url_bytes: usize,
    /// Most bytes of all header names and values together (431 above it).
    pub header_bytes: usize,
    /// Most requests one connection may have in work at a time (503 above it).
    pub streams: u32,
    /// Time, for operation ids.
    pub clock: Clock,
    /// Randomness, for operation ids.
    pub rng: Rng,
    /// Whether the process is stopping.
    pub drain: Drain,
    /// Who counts requests.
    pub observer: Observer,
    /// Who draws error pages for browsers.
    pub page: PageRenderer,
}

impl EdgeSettings {
    /// Settings with the default limits, no trusted proxy, no observer and the plain error page.
    pub fn new(public_url: PublicUrl) -> Self {
        Self {
            public_url,
            trusted_proxies: Vec::new(),
            url_bytes: 8 * 1024,
            header_bytes: 16 * 1024,
            streams: 100,
            clock: Clock::System,
            rng: Rng::system(),
            drain: Drain::default(),
            observer: Arc::new(|_| {}),
            page: Arc::new(plain_page),
        }
    }
}
