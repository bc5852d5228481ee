//! HTTP/1.1: smuggling and slowness.

use tokio::time::Instant;

use super::*;

#[actix_web::test]
async fn a_181_ambiguous_framing_is_refused_and_the_connection_closed() {
    let (server, handle) = start(&hasty(), None);
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\na=1&b",
        "Content-Length: 5\r\nContent-Length: 5\r\n\r\na=1&b",
        "Content-Length: 5, 5\r\n\r\na=1&b",
        "Content-Length: +5\r\n\r\na=1&b",
        "Content-Length: -5\r\n\r\na=1&b",
        "Content-Length: 0x5\r\n\r\na=1&b",
        "Content-Length:\r\n\r\na=1&b",
        "Content-Length : 5\r\n\r\na=1&b",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\na=1&b",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding\r\n : chunked\r\n\r\n0\r\n\r\n",
        "X: a\r\n b\r\n\r\n",
        "X: a\0b\r\n\r\n",
        "X: a\rb\r\n\r\n",
        "Host: evil\r\n\r\n",
        "Connection: upgrade\r\nUpgrade: WebSocket\r\nContent-Length: 3\r\n\r\na=1",
    ] {
        let head =
            "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        let answer = talk(server.address, format!("{head}{framing}{smuggled}").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{framing:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{framing:?}: {answer}");
    }
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_181_bad_chunks_end_the_connection() {
    let (server, handle) = start(&hasty(), None);
    let head = "POST /form HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    let smuggled = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for chunks in [
        "+3\r\na=1\r\n0\r\n\r\n",
        "3 \n\r\na=1\r\n0\r\n\r\n",
        "3;x=\"\n\"\r\na=1\r\n0\r\n\r\n",
        "3\r\na=1XX\r\n0\r\n\r\n",
        "fffffffffffffffff\r\na=1\r\n0\r\n\r\n",
        "g\r\n\r\n",
    ] {
        let answer = talk(server.address, format!("{head}{chunks}{smuggled}").as_bytes()).await;
        assert!(!answer.contains(" 200 ") && answer.contains(" 400 "), "{chunks:?}: {answer}");
    }
    let good = format!("{head}3;x=\"y;z\"\r\na=1\r\n0\r\n\r\n{smuggled}");
    let answer = talk(server.address, good.as_bytes()).await;
    assert_eq!(answer.matches(" 200 OK").count(), 2, "{answer}");
    handle.stop(false).await;
}

#[actix_web::test]
async fn heads_are_bounded_before_they_are_understood() {
    let (server, handle) = start(&hasty(), None);
    let many = "X: y\r\n".repeat(200);
    for head in [format!("X: {}", "a".repeat(200_000)), many] {
        let answer =
            talk(server.address, format!("GET / HTTP/1.1\r\nHost: localhost\r\n{head}").as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let old = talk(server.address, b"GET / HTTP/1.0\r\n\r\n").await;
    assert!(old.starts_with("HTTP/1.0 400 ") || old.starts_with("HTTP/1.1 400 "), "{old}");
    let http2 = talk(server.address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(http2.starts_with("HTTP/1.1 400 "), "{http2}");
    handle.stop(false).await;
}

/// Sends the first part, then one byte every 100 ms; how long until the server has had enough.
async fn drip(address: SocketAddr, first: &str, slow: &str) -> (Duration, String) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    writer.write_all(first.as_bytes()).await.unwrap();
    let began = Instant::now();
    let slow = slow.to_owned();
    let dripping = actix_web::rt::spawn(async move {
        for byte in slow.bytes() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if writer.write_all(&[byte]).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    });
    let answer = String::from_utf8_lossy(&read_all(&mut reader).await).into_owned();
    dripping.abort();
    (began.elapsed(), answer)
}

#[actix_web::test]
async fn a_186_slow_heads_and_bodies_are_timed_out() {
    let (server, handle) = start(&hasty(), None);
    let slow_head =
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let whole = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let (took, answer) = drip(server.address, "", slow_head).await;
    assert!(took < Duration::from_secs(8) && !answer.contains(" 200 "), "{took:?} {answer}");
    // actix times only the first head of a connection; the guard times every one.
    let (took, answer) = drip(server.address, whole, slow_head).await;
    assert!(took < Duration::from_secs(8) && answer.contains(" 200 "), "{took:?} {answer}");
    // A head that trails behind a complete request in the same packet.
    let (took, _) = drip(server.address, &format!("{whole}GET / HT"), "").await;
    assert!(took < Duration::from_secs(8), "{took:?}");
    let body = "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    let (took, answer) = drip(server.address, body, &"a".repeat(60)).await;
    assert!(took < Duration::from_secs(8) && answer.starts_with("HTTP/1.1 408 "), "{took:?} {answer}");
    let (took, answer) = drip(server.address, "", "").await;
    assert!(took < Duration::from_secs(8), "{took:?} {answer}");
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_186_a_peer_that_does_not_read_is_cut_off_and_one_that_does_is_not() {
    let (server, handle) = start(&hasty(), None);
    let request = b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(read_all(&mut stream).await.len() < LARGE);
    // A reader that takes longer in all, but keeps taking, gets everything.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let (mut got, mut part) = (0, vec![0; 4 * 1024 * 1024]);
    loop {
        tokio::time::sleep(Duration::from_millis(60)).await;
        match stream.read(&mut part).await.unwrap() {
            0 => break,
            count => got += count,
        }
    }
    assert!(got > LARGE, "{got}");
    handle.stop(false).await;
}

#[actix_web::test]
async fn idle_connections_end_and_working_ones_do_not() {
    let (server, handle) = start(&hasty(), None);
    let began = Instant::now();
    let answer = talk(server.address, b"GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.contains("\r\n\r\ndone"), "{answer}");
    // 1.5 s of work, longer than every limit, then 1.2 s of idleness.
    assert!(began.elapsed() > Duration::from_millis(2_600) && began.elapsed() < Duration::from_secs(9));
    let early = "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    assert!(talk(server.address, early.as_bytes()).await.starts_with("HTTP/1.1 413 "));
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_193_metrics_are_not_on_the_public_listener() {
    let (server, handle) = start(&hasty(), None);
    server.readiness.set_started();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(talk(server.address, get("/metrics").as_bytes()).await.contains(" 404 "));
    assert!(talk(server.address, get("/health/ready").as_bytes()).await.contains(" 200 "));
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let metrics = crate::ops::telemetry::Metrics::new();
    let management = super::super::management::serve(listener, server.readiness.clone(), metrics).unwrap();
    let management_handle = management.handle();
    actix_web::rt::spawn(management);
    assert!(talk(address, get("/metrics").as_bytes()).await.contains("portico_panics_total 0"));
    server.readiness.set_healthy(false);
    assert!(talk(address, get("/health/ready").as_bytes()).await.contains(" 503 "));
    assert!(talk(address, get("/health/live").as_bytes()).await.contains(" 200 "));
    management_handle.stop(false).await;
    handle.stop(false).await;
}
