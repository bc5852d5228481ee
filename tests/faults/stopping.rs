//! SIGTERM under load: out of rotation at once, what is in work is finished, nobody is failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use portico::testkit::{Browser, TestClient, basic, member};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::customer::{Customer, granted};
use super::node::{Node, free_port};
use super::site::Site;

/// Clients that ask without a pause.
const CLIENTS: usize = 8;
/// How long new connections are still taken after the signal, so that a balancer can notice.
const NOTICE: Duration = Duration::from_millis(500);

/// A site whose operator's listener is at a known port.
fn site(changes: &[(&str, &str)]) -> (Site, u16) {
    let port = free_port();
    let mut site = Site::sqlite(changes);
    site.set("server.management_bind", &format!("'127.0.0.1:{port}'"));
    site.write_config();
    (site, port)
}

/// A balancer: asks for readiness again and again, and says when it is gone.
fn balancer(port: u16) -> (Arc<AtomicBool>, JoinHandle<u16>) {
    let gone = Arc::new(AtomicBool::new(false));
    let seen = gone.clone();
    let watch = tokio::spawn(async move {
        let mut probe = Browser::new(([127, 0, 0, 1], port).into());
        loop {
            let status = probe.get("/health/ready").await.status;
            if status != 200 {
                seen.store(true, Ordering::SeqCst);
                return status;
            }
            sleep(Duration::from_millis(10)).await;
        }
    });
    (gone, watch)
}

/// A client behind the balancer: takes grants until the node is out of rotation. Gives the head of every
/// refresh family it was answered; any lost or bad answer fails the test.
async fn load(mut customer: Customer, gone: Arc<AtomicBool>) -> Vec<String> {
    let mut heads = Vec::new();
    while !gone.load(Ordering::SeqCst) {
        let code = customer.code().await.expect("no request is failed");
        let tokens = granted(customer.redeem(&code).await.expect("no request is failed"));
        assert!(customer.is_active(&member(&tokens, "access_token")).await.expect("no request is failed"));
        heads.push(member(&tokens, "refresh_token"));
    }
    heads
}

/// A token request of which the server has everything but the end of the body.
struct Half {
    stream: TcpStream,
    rest: &'static str,
}

impl Half {
    async fn sent(node: &Node, client: &TestClient) -> Self {
        let (begin, rest) = ("grant_type=client_", "credentials");
        let head = format!(
            "POST /token HTTP/1.1\r\nHost: localhost:8080\r\nAuthorization: {}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{begin}",
            basic(&client.id, &client.secret),
            begin.len() + rest.len(),
        );
        let mut stream = TcpStream::connect(node.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        Self { stream, rest }
    }

    /// Sends the rest and reads to the end of the connection.
    async fn finish(mut self) -> String {
        self.stream.write_all(self.rest.as_bytes()).await.unwrap();
        self.read().await
    }

    async fn read(&mut self) -> String {
        let mut answer = Vec::new();
        // A connection that is reset ends the answer as well.
        let _ = self.stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

#[tokio::test]
async fn r_40_sigterm_under_load_fails_nobody_and_finishes_what_is_in_work() {
    let (site, port) = site(&[]);
    let (client, cookies) = (site.client(&[]), site.sessions(CLIENTS));
    let mut node = site.serve();
    let (gone, watch) = balancer(port);
    let load = cookies
        .iter()
        .map(|cookie| tokio::spawn(load(Customer::new(node.browser(), &client, cookie), gone.clone())));
    let load: Vec<_> = load.collect();
    let mut idle = TcpStream::connect(node.address).await.unwrap();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let first = idle.read(&mut [0; 4096]).await.unwrap();
    assert!(first > 0, "a kept-alive connection that is idle from here on");
    sleep(Duration::from_millis(700)).await;
    let half = Half::sent(&node, &client).await;
    sleep(Duration::from_millis(100)).await;

    node.signal("TERM");
    let begun = Instant::now();
    assert_eq!(watch.await.unwrap(), 503);
    assert!(begun.elapsed() < NOTICE, "not ready at once, while new connections are still taken");
    let mut heads = Vec::new();
    for client in load {
        heads.extend(client.await.expect("a client that was failed"));
    }
    sleep((NOTICE * 2).saturating_sub(begun.elapsed())).await;
    assert!(node.is_alive(), "a request is in work");
    let answer = half.finish().await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("access_token"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    let closed = timeout(Duration::from_secs(5), idle.read_to_end(&mut Vec::new())).await;
    assert!(closed.is_ok(), "an idle connection does not hold the process");
    assert_eq!(node.ended(Duration::from_secs(5)).await.code(), Some(0), "{}", node.log());
    assert!(node.log().contains("Drained"), "{}", node.log());
    assert!(heads.len() > CLIENTS, "{} grants are no load", heads.len());

    // Everything that was answered is there.
    let node = site.serve();
    let mut customer = Customer::new(node.browser(), &client, &cookies[0]);
    for head in heads.iter().rev().take(50) {
        assert!(customer.is_active(head).await.unwrap());
    }
}

#[tokio::test]
async fn r_40_a_second_sigterm_stops_now() {
    for signal in ["TERM", "INT"] {
        let (site, _) = site(&[]);
        let client = site.client(&[]);
        let mut node = site.serve();
        let mut half = Half::sent(&node, &client).await;
        sleep(Duration::from_millis(200)).await;
        node.signal("TERM");
        sleep(NOTICE + Duration::from_millis(300)).await;
        assert!(node.is_alive(), "waits for the request in work");
        node.signal(signal);
        assert_eq!(node.ended(Duration::from_secs(2)).await.code(), Some(0), "{}", node.log());
        assert!(node.log().contains("Cut"), "{}", node.log());
        assert_eq!(half.read().await, "", "what was cut off was not answered");
    }
}

#[tokio::test]
async fn r_40_a_request_that_never_ends_holds_the_stop_no_longer_than_allowed() {
    let (site, _) = site(&[("server.drain_timeout", "'1s'")]);
    let client = site.client(&[]);
    let mut node = site.serve();
    let _half = Half::sent(&node, &client).await;
    sleep(Duration::from_millis(200)).await;
    node.signal("TERM");
    assert_eq!(node.ended(Duration::from_secs(4)).await.code(), Some(0), "{}", node.log());
}
