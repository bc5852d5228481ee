//! Listeners and the limits of every connection (attacks.md §4, Limits).
//!
//! This does what actix-web's `HttpServer` does, from the same parts, so that each connection can be wrapped
//! in a guard of our own: `HttpServer` takes only its own streams.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol, Request, Response};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server};
use actix_web::rt::net::TcpStream;
use tokio::net::TcpSocket;
use tokio_rustls::TlsAcceptor;

use super::stream::{Guarded, Patience, Wire};
use super::tls::{Certificate, server_config};
use crate::web::middleware::Drain;

/// Where to listen, and how much a connection may ask for.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Public addresses.
    pub bind: Vec<SocketAddr>,
    /// The operator's address, with metrics.
    pub management_bind: Option<SocketAddr>,
    /// Worker threads; each runs its own app.
    pub workers: usize,
    /// Connections at a time over all workers; more wait in the backlog.
    pub connections: usize,
    /// Connections that may wait to be accepted.
    pub backlog: u32,
    /// For a TLS handshake, and for each request's head.
    pub header_timeout: Duration,
    /// For a connection without a request.
    pub idle_timeout: Duration,
    /// For a peer to take the next part of an answer.
    pub write_timeout: Duration,
    /// For requests in work when the process stops.
    pub drain_timeout: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            bind: Vec::new(),
            management_bind: None,
            workers: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            connections: 10_000,
            backlog: 1_024,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// An address that could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Bound sockets that nobody is accepting on yet.
#[derive(Debug)]
pub struct Listeners {
    /// For the public.
    pub public: Vec<TcpListener>,
    /// For the operator.
    pub management: Option<TcpListener>,
}

impl Listeners {
    /// Binds all addresses, or none. Call it inside the runtime.
    ///
    /// # Errors
    /// [`BindError`] with the address that failed.
    pub fn bind(settings: &ServerSettings) -> Result<Self, BindError> {
        let open = |address: &SocketAddr| {
            listen(*address, settings.backlog).map_err(|source| BindError { address: *address, source })
        };
        Ok(Self {
            public: settings.bind.iter().map(open).collect::<Result<_, _>>()?,
            management: settings.management_bind.as_ref().map(open).transpose()?,
        })
    }

    /// The addresses really bound: with port 0 the system chose.
    pub fn public_addresses(&self) -> Vec<SocketAddr> {
        self.public.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// The operator's address.
    pub fn management_address(&self) -> Option<SocketAddr> {
        self.management.as_ref().and_then(|listener| listener.local_addr().ok())
    }
}

fn listen(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)?.into_std()
}

/// Starts serving `app` on `listeners`. The returned server must be awaited, see `lifecycle::run`.
///
/// # Errors
/// When a listener cannot be used, or the TLS configuration cannot be made.
pub fn serve<F, I, S, B>(
    listeners: Vec<TcpListener>,
    settings: &ServerSettings,
    certificate: Option<Arc<Certificate>>,
    drain: &Drain,
    app: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    if listeners.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no address to listen on"));
    }
    let acceptor = certificate
        .map(|certificate| server_config(certificate).map(TlsAcceptor::from).map_err(io::Error::other))
        .transpose()?;
    let workers = settings.workers.clamp(1, 512);
    let mut builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(settings.connections.div_ceil(workers).max(1))
        .shutdown_timeout(settings.drain_timeout.as_secs().max(1))
        .disable_signals();
    for listener in listeners {
        let door = Door::new(settings, acceptor.clone(), drain.clone());
        let app = app.clone();
        let signal = builder.graceful_shutdown_signal();
        builder = builder.listen("portico", listener, move || {
            let signal = signal.clone();
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let signal = signal.clone();
                    async move { signal.notified().await }
                })
                .keep_alive(KeepAlive::Timeout(door.patience.idle))
                .client_request_timeout(door.patience.head)
                .client_disconnect_timeout(Duration::from_secs(1))
                .h2_initial_window_size(H2_WINDOW)
                .h2_initial_connection_window_size(H2_WINDOW * 4)
                .on_connect_ext(|io: &Guarded, data| {
                    data.insert(io.connection());
                });
            let app = app().into_factory().map_err(|error| error.into().error_response());
            let door = Rc::new(door.clone());
            fn_service(move |tcp: TcpStream| {
                let door = Rc::clone(&door);
                async move { door.open(tcp).await }
            })
            .and_then(http.finish(map_config(app, |()| AppConfig::default())))
        })?;
    }
    Ok(builder.run())
}

/// Bytes an HTTP/2 peer may send before a handler reads: our bodies are small forms.
const H2_WINDOW: u32 = 256 * 1024;

/// What turns an accepted socket into a guarded connection.
#[derive(Clone)]
struct Door {
    acceptor: Option<TlsAcceptor>,
    patience: Patience,
    drain: Drain,
}

impl Door {
    fn new(settings: &ServerSettings, acceptor: Option<TlsAcceptor>, drain: Drain) -> Self {
        let patience = Patience {
            head: settings.header_timeout,
            idle: settings.idle_timeout,
            write: settings.write_timeout,
        };
        Self { acceptor, patience, drain }
    }

    async fn open(&self, tcp: TcpStream) -> Result<(Guarded, Protocol, Option<SocketAddr>), DispatchError> {
        // Answers are written whole; waiting for more to send with them only delays them.
        tcp.set_nodelay(true).map_err(DispatchError::Io)?;
        let peer = tcp.peer_addr().ok();
        let Some(acceptor) = &self.acceptor else {
            let guarded = Guarded::new(Wire::Plain(tcp), false, self.patience, self.drain.clone());
            return Ok((guarded, Protocol::Http1, peer));
        };
        let shake = tokio::time::timeout(self.patience.head, acceptor.accept(tcp)).await;
        let tls = shake.map_err(|_| DispatchError::SlowRequestTimeout)?.map_err(DispatchError::Io)?;
        let http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        let guarded = Guarded::new(Wire::Tls(Box::new(tls)), http2, self.patience, self.drain.clone());
        Ok((guarded, if http2 { Protocol::Http2 } else { Protocol::Http1 }, peer))
    }
}
