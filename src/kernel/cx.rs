//! What a domain function knows about the request it serves.

use std::net::IpAddr;
use std::sync::Arc;

use super::{ClientId, RequestId, Rng, TenantId, TenantSlug, Timestamp, UserId};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody has proved anything yet.
    Anonymous,
    /// A signed-in person.
    User(UserId),
    /// An authenticated client.
    Client(ClientId),
    /// The operator at the command line.
    Operator,
    /// Portico itself: start-up, a background job.
    System,
}

impl Actor {
    /// How the audit trail and the log name this actor.
    pub fn label(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::User(id) => format!("user:{id}"),
            Self::Client(id) => format!("client:{id}"),
            Self::Operator => "operator".to_owned(),
            Self::System => "system".to_owned(),
        }
    }
}

/// One request's context; made once, by `app`, and passed down. Tests make it with a frozen clock and a
/// seeded rng.
#[derive(Clone, Debug)]
pub struct Cx {
    /// The tenant all storage is read and written for.
    pub tenant: TenantId,
    /// The tenant's slug.
    pub slug: TenantSlug,
    /// The tenant's issuer: `public_url`, or `public_url/t/{slug}`.
    pub issuer: Arc<str>,
    /// The moment the request began.
    pub now: Timestamp,
    /// Randomness.
    pub rng: Rng,
    /// Who asks.
    pub actor: Actor,
    /// The operation id.
    pub request_id: RequestId,
    /// Where the request came from, after trusted proxies are unwound; `None` for the command line.
    pub ip: Option<IpAddr>,
}
