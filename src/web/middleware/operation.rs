//! What the edge knows about one request, for handlers to read and to add to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{future::Ready, future::ready, net::IpAddr, net::Ipv4Addr};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use super::client_ip::ClientIp;
use crate::kernel::{Actor, Clock, RequestId, Rng, TenantSlug};

/// One request under its operation id. Clones share it; it may travel to other threads.
#[derive(Clone, Debug)]
pub struct Operation(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: RequestId,
    ip: ClientIp,
    database: Arc<AtomicU64>,
    who: Mutex<Who>,
}

#[derive(Debug, Default)]
struct Who {
    tenant: Option<TenantSlug>,
    actor: Option<Actor>,
}

impl Operation {
    pub(super) fn new(id: RequestId, ip: ClientIp) -> Self {
        Self(Arc::new(Inner { id, ip, database: Arc::default(), who: Mutex::default() }))
    }

    /// The operation of a request. A request that did not come through the edge (a unit test of a handler)
    /// gets a new one, so that there is always an id to show.
    pub fn of(request: &HttpRequest) -> Self {
        if let Some(operation) = request.extensions().get::<Self>() {
            return operation.clone();
        }
        let id = RequestId::new(Clock::System.now(), &Rng::system());
        let ip = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let operation = Self::new(id, ClientIp(ip));
        request.extensions_mut().insert(operation.clone());
        operation
    }

    /// The operation id: on the error page, in the log line and in the audit row.
    pub fn id(&self) -> RequestId {
        self.0.id
    }

    /// The client's address.
    pub fn client_ip(&self) -> ClientIp {
        self.0.ip
    }

    /// Where waits for the database are added up, in microseconds, for the log line.
    pub(super) fn database_meter(&self) -> Arc<AtomicU64> {
        self.0.database.clone()
    }

    /// Time spent in the database so far, in microseconds.
    pub fn database_micros(&self) -> u64 {
        self.0.database.load(Ordering::Relaxed)
    }

    /// Notes for which tenant the request is.
    pub fn set_tenant(&self, tenant: &TenantSlug) {
        self.who(|who| who.tenant = Some(tenant.clone()));
    }

    /// Notes who turned out to be asking.
    pub fn set_actor(&self, actor: Actor) {
        self.who(|who| who.actor = Some(actor));
    }

    /// The tenant's slug and the actor's label, as the log line shows them.
    pub(super) fn labels(&self) -> (Option<String>, Option<String>) {
        self.who(|who| (who.tenant.as_ref().map(ToString::to_string), who.actor.as_ref().map(Actor::label)))
    }

    fn who<T>(&self, change: impl FnOnce(&mut Who) -> T) -> T {
        change(&mut self.0.who.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FromRequest for Operation {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
