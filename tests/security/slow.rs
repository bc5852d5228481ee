//! Peers that hold a connection and do nothing with it.
//!
//! Peers that do not read, and handshakes that do not end, are tried in `src/app/tests` on a server whose
//! patience for writes is short; it is not a setting.

use std::net::SocketAddr;
use std::time::Duration;

use portico::config::Config;
use portico::testkit::{Browser, TestApp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::alone::alone;
use super::wire::HOST;

const PATIENCE: Duration = Duration::from_millis(1_500);

fn hasty(config: &mut Config) {
    config.server.header_timeout = PATIENCE;
    config.server.body_timeout = PATIENCE;
    config.server.idle_timeout = PATIENCE;
}

/// Sends `first`, then one byte at a time, until the server has had enough; what it said at last.
async fn drip(server: SocketAddr, first: String) -> (Duration, String) {
    let (mut reader, mut writer) = TcpStream::connect(server).await.expect("a connection").into_split();
    writer.write_all(first.as_bytes()).await.expect("the first bytes");
    let began = Instant::now();
    let dripping = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(250)).await;
        }
    });
    let mut said = Vec::new();
    let ended = timeout(Duration::from_secs(30), reader.read_to_end(&mut said)).await;
    dripping.abort();
    assert!(ended.is_ok(), "never timed out");
    (began.elapsed(), String::from_utf8_lossy(&said).into_owned())
}

/// The 99th percentile and the slowest of a hundred answers to an honest client.
async fn honest(server: SocketAddr) -> (Duration, Duration) {
    let mut spans = Vec::new();
    let mut browser = Browser::new(server);
    for _ in 0..100 {
        let began = Instant::now();
        assert_eq!(browser.get("/jwks").await.status, 200);
        spans.push(began.elapsed());
        sleep(Duration::from_millis(5)).await;
    }
    spans.sort_unstable();
    (spans[98], spans[99])
}

#[tokio::test]
async fn a_186_slow_heads_and_bodies_are_timed_out_and_hold_nobody_up() {
    if !alone(module_path!(), "a_186_slow_heads_and_bodies_are_timed_out_and_hold_nobody_up") {
        return;
    }
    let app = TestApp::start_with(hasty).await;
    let server = app.address;
    let (base, _) = honest(server).await;
    let head = format!("GET /jwks HTTP/1.1\r\n{HOST}X: ");
    let body = format!(
        "POST /token HTTP/1.1\r\n{HOST}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n"
    );
    let second = format!("GET /health/live HTTP/1.1\r\n{HOST}\r\n{head}");
    let slow: Vec<_> = (0..400)
        .map(|n| match n % 4 {
            0 => (body.clone(), " 408 "),
            // A second request on a connection that has had a whole one.
            1 => (second.clone(), " 200 "),
            _ => (head.clone(), ""),
        })
        .map(|(first, expected)| (tokio::spawn(drip(server, first)), expected))
        .collect();
    sleep(Duration::from_millis(200)).await;
    let mut during = Duration::MAX;
    for _ in 0..3 {
        during = during.min(honest(server).await.0);
    }
    for (task, expected) in slow {
        let (took, said) = task.await.expect("a task");
        assert!(took < PATIENCE * 5, "{took:?} {said}");
        assert!(said.contains(expected) && !said.contains("\"keys\""), "{expected}: {said}");
    }
    // Twice the base, or what a busy machine adds by itself.
    let limit = (base * 2).max(Duration::from_millis(60));
    assert!(during < limit, "p99 was {base:?} and became {during:?}");
    assert_eq!(app.browser().get("/jwks").await.status, 200);
}

#[tokio::test]
async fn a_186_silent_connections_end() {
    let app = TestApp::start_with(hasty).await;
    let whole = format!("GET /health/live HTTP/1.1\r\n{HOST}\r\n");
    for first in [String::new(), "G".to_owned(), whole] {
        let mut stream = TcpStream::connect(app.address).await.expect("a connection");
        stream.write_all(first.as_bytes()).await.expect("the first bytes");
        let mut said = Vec::new();
        let ended = timeout(PATIENCE * 5, stream.read_to_end(&mut said)).await;
        assert!(ended.is_ok(), "{first:?} holds its connection");
    }
}
