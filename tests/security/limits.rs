//! What is too much, and is refused before it costs anything.

use std::time::Duration;

use portico::config::Config;
use portico::kernel::{Clock, Rng};
use portico::testkit::{
    CALLBACK, NOON, TestApp, TestServices, authorize_path, basic, confidential, services,
};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::alone::{alone, growth};
use super::road::log_in;
use super::wire::{HOST, talk};

const RIGHT: &str = "correct horse battery staple";

async fn kit() -> TestServices {
    services(Clock::frozen(NOON), Rng::seeded(1)).await
}

#[tokio::test]
async fn a_073_an_untrusted_peer_cannot_say_where_it_is() {
    let kit = kit().await;
    let app = TestApp::as_in_production(kit, |config| config.server.trusted_proxies.clear());
    let mut statuses = Vec::new();
    for n in 0..8 {
        let mut browser = app.browser();
        let claimed = format!("203.0.{n}.7");
        browser.extra = vec![
            ("forwarded".to_owned(), format!("for={claimed}")),
            ("x-real-ip".to_owned(), claimed.clone()),
            ("true-client-ip".to_owned(), claimed.clone()),
            ("cf-connecting-ip".to_owned(), claimed),
        ];
        statuses.push(log_in(&mut browser, "/login", &format!("user{n}"), "wrong password").await.status);
    }
    // Five failures are free; the sixth blocks.
    assert_eq!(statuses, [401, 401, 401, 401, 401, 401, 429, 429]);
    let refused = log_in(&mut app.browser(), "/login", "another", "wrong password").await;
    let wait = refused.header("retry-after").and_then(|text| text.parse::<u64>().ok());
    assert!(refused.status == 429 && wait.is_some_and(|seconds| seconds > 0), "{wait:?}");
}

#[tokio::test]
async fn a_073_garbage_from_a_proxy_is_the_proxy_and_skips_nothing() {
    let app = TestApp::as_in_production(kit().await, |_| {});
    let garbage =
        ["a", "", "unknown", "203.0.113.9, a", "1.2.3.4.5", "for=203.0.113.9", "999.1.1.1", "_hidden"];
    let mut statuses = Vec::new();
    for (n, text) in garbage.into_iter().enumerate() {
        let mut browser = app.browser();
        browser.address = text.to_owned();
        statuses.push(log_in(&mut browser, "/login", &format!("user{n}"), "wrong password").await.status);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 401, 429, 429], "all of them came from the proxy itself");
    // What a stranger wrote left of the proxy's own word does not count either.
    let mut statuses = Vec::new();
    for n in 0..7 {
        let mut browser = app.browser();
        browser.address = format!("198.51.{n}.1, 203.0.113.50");
        statuses.push(log_in(&mut browser, "/login", &format!("other{n}"), "wrong password").await.status);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 401, 429]);
    let elsewhere = log_in(&mut app.browser(), "/login", "somebody", "wrong password").await;
    assert_eq!(elsewhere.status, 401, "another address is not blocked");
}

#[tokio::test]
async fn a_073_guesses_at_the_token_endpoint_are_counted_by_the_true_address() {
    let app = TestApp::as_in_production(kit().await, |config: &mut Config| {
        config.server.trusted_proxies.clear();
        config.limits.invalid_codes_per_minute = 5;
    });
    let client = app.kit.add_client(&confidential()).await;
    let mut statuses = Vec::new();
    for n in 0..7 {
        let mut browser = app.browser();
        browser.address = format!("203.0.113.{n}");
        statuses.push(browser.redeem(&client, "ptc_guess").await.status);
    }
    assert_eq!(statuses, [400, 400, 400, 400, 400, 429, 429]);
}

#[tokio::test]
async fn a_185_bodies_too_large_or_strange_are_refused_early() {
    if !alone(module_path!(), "a_185_bodies_too_large_or_strange_are_refused_early") {
        return;
    }
    let app = TestApp::start().await;
    // Everything that is made once is made before memory is looked at.
    let client = app.kit.add_client(&confidential()).await;
    let auth = basic(&client.id, &client.secret);
    app.browser().token(&client, &[("grant_type", "client_credentials"), ("scope", "api.read")]).await;
    assert_eq!(log_in(&mut app.browser(), "/login", "nobody", RIGHT).await.status, 401);
    let ((), grown) = growth(async {
        for path in ["/token", "/authorize", "/login", "/introspect", "/revoke", "/userinfo", "/consent"] {
            let floods = (0..8).map(|n| flood(app.address, path, n % 2 == 0));
            futures_util::future::join_all(floods).await;
        }
        strange_bodies(&app, &auth).await;
    })
    .await;
    assert!(grown < 20 << 20, "{} MiB", grown >> 20);
    assert_eq!(app.browser().get("/health/live").await.status, 200);
}

/// Sends 100 MiB, with its length declared or in chunks. The answer comes after the first few; a peer that
/// goes on all the same is not remembered.
async fn flood(server: std::net::SocketAddr, path: &str, declared: bool) {
    const ALL: usize = 100 << 20;
    let framing =
        if declared { format!("Content-Length: {ALL}") } else { "Transfer-Encoding: chunked".to_owned() };
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let head = format!("POST {path} HTTP/1.1\r\n{HOST}{kind}\r\n{framing}\r\n\r\n");
    let (mut reader, mut writer) = TcpStream::connect(server).await.expect("a connection").into_split();
    writer.write_all(head.as_bytes()).await.expect("a head");
    let part = [b"10000\r\n".as_slice(), &[b'a'; 65_536], b"\r\n"].concat();
    let mut said = vec![0; 12];
    let answer = reader.read_exact(&mut said);
    let sending = async {
        let mut sent = 0;
        while sent < ALL && writer.write_all(&part).await.is_ok() {
            sent += 65_536;
        }
        sent
    };
    tokio::select! {
        biased;
        answered = answer => assert!(answered.is_ok_and(|_| said == b"HTTP/1.1 413"), "{path}: {said:?}"),
        sent = sending => assert!(sent < ALL, "{path}: no answer after {sent} bytes"),
    }
    for _ in 0..200 {
        if writer.write_all(&part).await.is_err() {
            break;
        }
    }
}

async fn strange_bodies(app: &TestApp, auth: &str) {
    let form = "application/x-www-form-urlencoded";
    let nested = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let parts = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n".repeat(1_000);
    let words = (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>().join("+");
    let claims = "%7B%22a%22:".repeat(5_000);
    // A few bytes that unpack to a gigabyte: never unpacked.
    let bomb = "\u{1f}\u{8b}bomb".to_owned();
    for (what, status, headers, body) in [
        ("gzip", 415, vec![("content-type", form), ("content-encoding", "gzip")], bomb.clone()),
        ("deflate", 415, vec![("content-type", form), ("content-encoding", "deflate")], bomb.clone()),
        ("br, gzip", 415, vec![("content-type", form), ("content-encoding", "br, gzip")], bomb),
        ("deep JSON", 415, vec![("content-type", "application/json")], nested),
        ("parts", 415, vec![("content-type", "multipart/form-data; boundary=b")], parts),
        ("100,000 fields", 413, vec![], "a=1&".repeat(100_000)),
        ("many fields", 400, vec![], "a=1&".repeat(16_000)),
        ("scope", 400, vec![], format!("grant_type=client_credentials&scope={words}")),
        ("claims", 400, vec![], format!("grant_type=client_credentials&scope=x&claims={claims}")),
    ] {
        let mut headers = headers;
        headers.push(("authorization", auth));
        let began = Instant::now();
        let reply = app.browser().send(Method::POST, "/token", Some(body), &headers).await;
        assert_eq!(reply.status, status, "{what}: {}", reply.body);
        assert!(began.elapsed() < Duration::from_secs(1), "{what} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_185_parameters_too_many_or_too_deep_are_refused() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let words = (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    let deep = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    let mut browser = app.browser();
    let form = |name: &str, value: &str| {
        let path = authorize_path(&client, &[(name, value)]);
        path.split_once('?').expect("a query").1.replace("%20", "+")
    };
    let cookie = [("cookie", "portico_session=x")];
    let reply = browser.send(Method::POST, "/authorize", Some(form("scope", &words)), &cookie).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert!(reply.location().starts_with(CALLBACK));
    assert_eq!(reply.param("error").as_deref(), Some("invalid_scope"));
    let reply = browser.send(Method::POST, "/authorize", Some(form("claims", &deep)), &cookie).await;
    assert!(reply.status < 500, "{}", reply.body);
    let some: String = words.chars().take(12_000).collect();
    assert_eq!(browser.get(&authorize_path(&client, &[("scope", &some)])).await.status, 414);
    // Tokens whose JSON is nested: in a debug build one frame too many would end the process.
    let hostile =
        base64_url(&format!("{{\"alg\":\"ES256\",\"x\":{}0{}}}", "[".repeat(2_000), "]".repeat(2_000)));
    let token = format!("{hostile}.{hostile}.AAAA");
    let hint = browser.send(Method::POST, "/authorize", Some(form("id_token_hint", &token)), &cookie).await;
    assert_eq!(hint.param("error").as_deref(), Some("invalid_request"));
    assert_eq!(browser.userinfo(&token).await.status, 401);
    assert!(!browser.is_active(&client, &token).await);
}

fn base64_url(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn a_185_headers_and_targets_have_bounds() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let long = "a".repeat(64 * 1024);
    for name in [
        "forwarded",
        "baggage",
        "traceparent",
        "tracestate",
        "authorization",
        "user-agent",
        "accept-language",
    ] {
        let reply = browser.send(Method::GET, "/jwks", None, &[(name, &long)]).await;
        assert_eq!(reply.status, 431, "{name}");
    }
    assert_eq!(browser.get(&format!("/jwks?{}", "a".repeat(8_192))).await.status, 414);
    for head in [format!("X: {}", "a".repeat(1 << 20)), "X: y\r\n".repeat(2_000)] {
        let heard = talk(app.address, format!("GET /jwks HTTP/1.1\r\n{HOST}{head}")).await;
        assert!(heard.closed && (heard.text.is_empty() || heard.status() == 431), "{}", heard.text);
    }
    assert_eq!(browser.get("/jwks").await.status, 200);
}
