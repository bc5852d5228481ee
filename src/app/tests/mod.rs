//! A real server on a loopback port, spoken to in raw bytes.

mod http1;
mod http2;
mod stop;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::Data;
use actix_web::{App, HttpResponse, web};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::lifecycle::Readiness;
use super::server::{Listeners, ServerSettings, serve};
use super::tls::Certificate;
use crate::web::extract::{Form, FormLimits};
use crate::web::middleware::{Edge, EdgeSettings, PublicUrl};

const LARGE: usize = 32 * 1024 * 1024;

/// A server with short patience.
fn hasty() -> ServerSettings {
    ServerSettings {
        bind: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        workers: 1,
        header_timeout: Duration::from_millis(600),
        idle_timeout: Duration::from_millis(1_200),
        write_timeout: Duration::from_millis(600),
        ..ServerSettings::default()
    }
}

struct Running {
    address: SocketAddr,
    readiness: Readiness,
    hanging: Arc<AtomicUsize>,
}

/// Builds the server; the caller decides who awaits it.
fn build(settings: &ServerSettings, certificate: Option<Arc<Certificate>>) -> (Running, Server) {
    let listeners = Listeners::bind(settings).unwrap();
    let address = listeners.public_addresses()[0];
    let readiness = Readiness::default();
    let hanging = Arc::new(AtomicUsize::new(0));
    let mut edge = EdgeSettings::new(PublicUrl::parse("http://localhost").unwrap());
    edge.drain = readiness.drain().clone();
    let (data, count) = (Data::new(readiness.clone()), Data::from(Arc::clone(&hanging)));
    let app = move || {
        App::new()
            .wrap(Edge::new(edge.clone()))
            .app_data(data.clone())
            .app_data(count.clone())
            .app_data(FormLimits { bytes: 1_000, patience: Duration::from_millis(600) })
            .configure(super::management::health)
            .route("/", web::get().to(|| async { "hello" }))
            .route("/form", web::post().to(|form: Form| async move { form.len().to_string() }))
            .route("/large", web::get().to(|| async { HttpResponse::Ok().body(vec![b'x'; LARGE]) }))
            .route("/hang", web::get().to(hang))
    };
    let server = serve(listeners.public, settings, certificate, readiness.drain(), app).unwrap();
    (Running { address, readiness, hanging }, server)
}

async fn hang(count: Data<AtomicUsize>) -> &'static str {
    count.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    "done"
}

fn start(settings: &ServerSettings, certificate: Option<Arc<Certificate>>) -> (Running, ServerHandle) {
    let (running, server) = build(settings, certificate);
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (running, handle)
}

/// Reads until the peer closes or resets; panics when it does neither for ten seconds.
async fn read_all(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    let ended = timeout(Duration::from_secs(10), stream.read_to_end(&mut all)).await;
    assert!(ended.is_ok(), "still open after {:?}", String::from_utf8_lossy(&all));
    all
}

/// Sends bytes on a fresh connection and reads all that comes until the server closes.
async fn talk(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    String::from_utf8_lossy(&read_all(&mut stream).await).into_owned()
}
