//! What every handler may use.

use std::sync::Arc;

use super::pages::playground::Playground;
use crate::config::PublicUrl;
use crate::domain::Services;
use crate::domain::oauth::FailureLimiter;
use crate::gateways::mail::Mailbox;

/// Where handlers say what happened, for the metrics; `app` decides what listens.
#[derive(Clone)]
pub struct Signals {
    /// A sign-in ended: `succeeded`, `failed`, `throttled`, …
    pub login: Arc<dyn Fn(&'static str) + Send + Sync>,
    /// Tokens were issued by this grant.
    pub tokens: Arc<dyn Fn(&'static str) + Send + Sync>,
}

impl Default for Signals {
    fn default() -> Self {
        Self { login: Arc::new(|_| {}), tokens: Arc::new(|_| {}) }
    }
}

/// The web floor's own state, shared by all workers.
pub struct Web {
    /// The floor below.
    pub services: Arc<Services>,
    /// The brake on guessing.
    pub limiter: FailureLimiter,
    /// What listens.
    pub signals: Signals,
    /// Where browsers reach us.
    pub public_url: PublicUrl,
    /// `serve --dev`: the mailbox and the playground are there.
    pub dev: bool,
    /// The playground, in development.
    pub playground: Option<Arc<Playground>>,
    /// Where mails are kept instead of sent, in development.
    pub mailbox: Option<Arc<Mailbox>>,
}

impl Web {
    /// The path of `public_url`, without a slash at the end; mostly empty.
    pub fn root(&self) -> &str {
        self.public_url.path().trim_end_matches('/')
    }
}
