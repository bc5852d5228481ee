//! The wrap itself: refuse or pass on, catch panics, protect the answer, report.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BoxBody, None as NoBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::{Error, HttpMessage as _, HttpResponse, ResponseError};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::answer::{Wish, bare, needs_body, word};
use super::body::Tracked;
use super::client_ip::client_ip;
use super::connection::{Connection, Handling};
use super::exchange::Exchange;
use super::headers::protect;
use super::operation::Operation;
use super::refusal::Refusal;
use super::settings::EdgeSettings;
use super::target::{check_method, check_path, check_sizes, check_upgrade};
use crate::kernel::{RequestId, Rng};
use crate::store::metered;

/// The edge; wrap it around the whole app, outside everything else.
#[derive(Clone)]
pub struct Edge(EdgeSettings);

impl Edge {
    /// An edge with these settings.
    pub fn new(settings: EdgeSettings) -> Self {
        Self(settings)
    }
}

impl<S> Transform<S, ServiceRequest> for Edge
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<Tracked>;
    type Error = Error;
    type Transform = EdgeService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let mut settings = self.0.clone();
        // Operation ids must be distinct, not secret: one generator per worker saves a system call each.
        settings.rng = Rng::seeded(u64::from_le_bytes(settings.rng.bytes()));
        ready(Ok(EdgeService { service: Rc::new(service), settings: Rc::new(settings) }))
    }
}

/// The edge around one worker's app.
pub struct EdgeService<S> {
    service: Rc<S>,
    settings: Rc<EdgeSettings>,
}

impl<S> Service<ServiceRequest> for EdgeService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<Tracked>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let settings = Rc::clone(&self.settings);
        let ip = client_ip(request.peer_addr(), request.headers(), &settings.trusted_proxies);
        let id = RequestId::new(settings.clock.now(), &settings.rng);
        let operation = Operation::new(id, ip);
        request.extensions_mut().insert(operation.clone());
        let meter = operation.database_meter();
        let exchange = Exchange::begin(&settings.observer, operation, request.method().clone());
        let passage = Passage {
            id,
            head: request.method() == Method::HEAD,
            wish: Wish::of(request.headers()),
            settings,
            exchange,
        };
        match inspect(&passage.settings, &request) {
            Err(refusal) => {
                if let Some(connection) = request.conn_data::<Rc<Connection>>() {
                    connection.refused();
                }
                Box::pin(ready(Ok(passage.refuse(request, refusal))))
            }
            Ok(handling) => {
                let span = tracing::info_span!(target: "portico::request", "request", operation_id = %id);
                let work = passage.through(Rc::clone(&self.service), request, handling);
                Box::pin(metered(meter, work).instrument(span))
            }
        }
    }
}

/// Everything that is checked before a route is looked for. The cheap checks come first.
fn inspect(settings: &EdgeSettings, request: &ServiceRequest) -> Result<Option<Handling>, Refusal> {
    let head = request.head();
    check_sizes(head, settings.url_bytes, settings.header_bytes)?;
    check_method(&head.method)?;
    // A load balancer asks for health by address, and nothing is made from the host there.
    if !matches!(head.uri.path(), "/health/live" | "/health/ready") {
        settings.public_url.check(head)?;
    }
    check_path(head.uri.path())?;
    check_upgrade(head)?;
    match request.conn_data::<Rc<Connection>>() {
        Some(connection) => connection.begin(settings.streams).map(Some).ok_or(Refusal::Busy),
        None => Ok(None),
    }
}

/// One request on its way through.
struct Passage {
    id: RequestId,
    head: bool,
    wish: Wish,
    settings: Rc<EdgeSettings>,
    exchange: Exchange,
}

impl Passage {
    async fn through<S>(
        self,
        service: Rc<S>,
        request: ServiceRequest,
        handling: Option<Handling>,
    ) -> Result<ServiceResponse<Tracked>, Error>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    {
        // The request is not cloned: the router needs it unshared. So after an error or a panic only the
        // answer is left, and it travels upward as an error.
        let outcome = AssertUnwindSafe(async move { service.call(request).await }).catch_unwind().await;
        let lost = match outcome {
            Ok(Ok(response)) => {
                let (request, response) = response.into_parts();
                let response = self.finish(response);
                let route = request.match_pattern();
                self.exchange.finish(route.as_deref().unwrap_or("unmatched"), response.status().as_u16());
                let sending = handling.map(Handling::sending);
                let response = response.map_body(|_, body| Tracked::new(body, sending));
                return Ok(ServiceResponse::new(request, response));
            }
            Ok(Err(error)) => error.as_response_error().error_response(),
            Err(_) => {
                self.exchange.panicked();
                bare(StatusCode::INTERNAL_SERVER_ERROR)
            }
        };
        let response = self.finish(lost);
        self.exchange.finish("failed", response.status().as_u16());
        Err(Carried(RefCell::new(Some(response))).into())
    }

    fn refuse(self, request: ServiceRequest, refusal: Refusal) -> ServiceResponse<Tracked> {
        let response = self.finish(bare(refusal.status()));
        self.exchange.finish("refused", response.status().as_u16());
        request.into_response(response.map_body(|_, body| Tracked::new(body, None)))
    }

    fn finish(&self, response: HttpResponse<BoxBody>) -> HttpResponse<BoxBody> {
        let mut response = if needs_body(&response) {
            word(response, self.id, &self.wish, &self.settings.page)
        } else {
            response
        };
        if self.settings.drain.is_on() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        protect(response.headers_mut(), self.settings.public_url.https());
        if self.head {
            // actix drops the body of the request it read last, which with pipelined requests is another one
            // without a body there is nothing to get out of step.
            return response.set_body(BoxBody::new(NoBody::new()));
        }
        response
    }
}

/// A finished answer in the shape of an error.
struct Carried(RefCell<Option<HttpResponse<BoxBody>>>);

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a finished answer")
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a finished answer")
    }
}

impl ResponseError for Carried {
    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.0.take().unwrap_or_else(|| bare(StatusCode::INTERNAL_SERVER_ERROR))
    }
}
