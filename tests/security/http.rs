//! Requests that two readers could understand differently: hosts, verbs, spellings, framing.

use std::time::Duration;

use portico::config::Config;
use portico::testkit::{TestApp, authorize_path, confidential};
use reqwest::Method;

use super::wire::{HOST, talk, talk_all};

const ISSUER: &str = "http://localhost:8080";

async fn status(app: &TestApp, request: &str) -> u16 {
    talk(app.address, format!("{request}Connection: close\r\n\r\n")).await.status()
}

#[tokio::test]
async fn a_180_only_our_own_host_is_answered() {
    let app = TestApp::start().await;
    let path = "/.well-known/openid-configuration";
    for host in [
        "evil.example",
        "localhost",
        "localhost:80",
        "localhost:8081",
        "localhost:08080",
        "localhost:8080.evil.example",
        "localhost:8080@evil.example",
        "evil@localhost:8080",
        "localhost:8080, evil.example",
        "localhost:8080 evil.example",
        "localhost.:8080",
        "127.0.0.1:8080",
        "[::1]:8080",
    ] {
        let heard =
            talk(app.address, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
                .await;
        assert!(matches!(heard.status(), 400 | 421), "{host}: {}", heard.text);
        assert!(!heard.text.contains("issuer") && !heard.text.contains("evil"), "{host}: {}", heard.text);
    }
    let two =
        |first: &str, second: &str| format!("GET {path} HTTP/1.1\r\nHost: {first}\r\nHost: {second}\r\n");
    for (first, second) in [
        ("localhost:8080", "evil.example"),
        ("evil.example", "localhost:8080"),
        ("localhost:8080", "localhost:8080"),
    ] {
        assert_eq!(status(&app, &two(first, second)).await, 400, "{first} {second}");
    }
    assert_eq!(status(&app, &format!("GET {path} HTTP/1.1\r\n")).await, 400, "no host");
    assert_eq!(status(&app, &format!("GET {path} HTTP/1.1\r\nHost:\r\n")).await, 421, "an empty host");
    for target in ["http://evil.example", "http://localhost:8080.evil.example", "http://localhost:80"] {
        let request = format!("GET {target}{path} HTTP/1.1\r\n{HOST}");
        assert_eq!(status(&app, &request).await, 421, "{target}");
    }
    assert_eq!(status(&app, &format!("GET {ISSUER}{path} HTTP/1.1\r\n{HOST}")).await, 200);
    assert_eq!(status(&app, &format!("GET {path} HTTP/1.1\r\nHost: LOCALHOST:8080\r\n")).await, 200);
}

#[tokio::test]
async fn a_180_no_header_moves_the_issuer_or_a_link() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let mut browser = app.browser();
    let plain = browser.get("/.well-known/openid-configuration").await;
    assert_eq!(plain.json()["issuer"], ISSUER);
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "444"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-server", "evil.example"),
        ("x-host", "evil.example"),
        ("x-original-host", "evil.example"),
        ("x-original-url", "/evil"),
        ("x-rewrite-url", "/evil"),
        ("forwarded", "for=1.2.3.4;host=evil.example;proto=https"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/"),
    ] {
        let headers = [(name, value)];
        let metadata = browser.send(Method::GET, "/.well-known/openid-configuration", None, &headers).await;
        assert_eq!((metadata.status, &metadata.body), (200, &plain.body), "{name}");
        let begun = browser.send(Method::GET, &authorize_path(&client, &[]), None, &headers).await;
        assert!(begun.location().starts_with("/login?flow="), "{name}: {}", begun.location());
        let refused = browser.send(Method::GET, "/authorize?client_id=x", None, &headers).await;
        assert!(refused.status == 400 && !refused.body.contains("evil"), "{name}: {}", refused.body);
    }
}

#[tokio::test]
async fn a_180_verbs_are_what_the_request_line_says() {
    let app = TestApp::start().await;
    for verb in ["TRACE", "TRACK", "CONNECT", "BREW", "PROPFIND", "get"] {
        for path in ["/token", "/jwks", "/authorize", "/nothing"] {
            let request =
                format!("{verb} {path} HTTP/1.1\r\n{HOST}X-Canary: canary\r\nConnection: close\r\n\r\n");
            let heard = talk(app.address, request).await;
            assert!(matches!(heard.status(), 400 | 405), "{verb} {path}: {}", heard.text);
            assert!(!heard.text.contains("canary"), "{verb} {path} echoes");
        }
    }
    let mut browser = app.browser();
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let got = browser.send(Method::GET, "/token?_method=POST", None, &[(name, "POST")]).await;
        assert_eq!(got.status, 405, "{name}");
        let posted =
            browser.send(Method::POST, "/jwks?_method=GET", Some(String::new()), &[(name, "GET")]).await;
        assert_eq!(posted.status, 405, "{name}");
        assert!(!posted.body.contains("\"keys\""), "{name}");
    }
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        assert_eq!(browser.send(method, "/token", None, &[]).await.status, 405);
    }
}

#[tokio::test]
async fn a_180_a_path_has_one_spelling() {
    let app = TestApp::start().await;
    let mut refused = Vec::new();
    for path in [
        "/account/x.css",
        "/userinfo/x.css",
        "/authorize/logo.svg",
        "/token/",
        "/token;x.css",
        "/token%3bx.css",
        "/token%2fx.css",
        "/%74oken",
        "//token",
        "/./token",
        "/x/../token",
        "/x/%2e%2e/token",
        "/TOKEN",
        "/token%00",
        "/token%0d%0aX:y",
        "/token\\x.css",
        "/t/default/token",
        "/t//token",
        "/t/%61cme/token",
    ] {
        let request = format!("POST {path} HTTP/1.1\r\n{HOST}Content-Length: 0\r\nConnection: close\r\n\r\n");
        let heard = talk(app.address, request).await;
        assert!(matches!(heard.status(), 400 | 404), "{path}: {}", heard.text);
        let cacheable = heard.text.to_ascii_lowercase().contains("cache-control: public");
        assert!(!cacheable && !heard.text.contains("invalid_client"), "{path}: {}", heard.text);
        refused.push(path);
    }
    assert_eq!(app.browser().post("/token", &[]).await.status, 401, "the true spelling is served");
}

/// A request that must never be understood as one: it would be counted under this verb.
const SMUGGLED: &str = "DELETE /smuggled HTTP/1.1\r\nHost: localhost:8080\r\n\r\n";

/// Whether the smuggled request reached the application.
fn smuggled(app: &TestApp) -> bool {
    app.metrics.encode().contains("method=\"DELETE\"")
}

#[tokio::test]
async fn a_181_a_smuggled_request_would_be_seen_here() {
    let app = TestApp::start().await;
    assert!(!smuggled(&app));
    talk(app.address, SMUGGLED).await;
    assert!(smuggled(&app), "this is how the tests below notice");
}

#[tokio::test]
async fn a_181_ambiguous_framing_ends_the_connection() {
    let app = TestApp::start().await;
    let length = SMUGGLED.len();
    let mut requests = Vec::new();
    for framing in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n0\r\n\r\n"),
        "Content-Length: 4\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "Content-Length: 0\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "Content-Length: 0, 0\r\n\r\n".to_owned(),
        "Content-Length: +0\r\n\r\n".to_owned(),
        "Content-Length: -0\r\n\r\n".to_owned(),
        "Content-Length: 0x0\r\n\r\n".to_owned(),
        "Content-Length: 1e1\r\n\r\n".to_owned(),
        "Content-Length: \r\n\r\n".to_owned(),
        "Content-Length : 0\r\n\r\n".to_owned(),
        "Content-Length: 18446744073709551616\r\n\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding: x, identity\r\n\r\n".to_owned(),
        "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer\rEncoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "X: a\r\n Content-Length: 3\r\n\r\n".to_owned(),
        " Content-Length: 3\r\n\r\n".to_owned(),
        "X\0: a\r\n\r\n".to_owned(),
        "X: a\0b\r\n\r\n".to_owned(),
        "X: a\rb\r\n\r\n".to_owned(),
        "no colon\r\n\r\n".to_owned(),
        ": no name\r\n\r\n".to_owned(),
        "Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n".to_owned(),
    ] {
        for path in ["/token", "/jwks", "/nothing"] {
            let head =
                format!("POST {path} HTTP/1.1\r\n{HOST}Content-Type: application/x-www-form-urlencoded\r\n");
            requests.push(format!("{head}{framing}{SMUGGLED}"));
        }
    }
    for (request, heard) in talk_all(app.address, requests).await {
        assert_eq!(heard.status(), 400, "{request:?}: {}", heard.text);
        assert!(heard.closed, "{request:?} leaves the connection open");
    }
    assert!(!smuggled(&app));
}

#[tokio::test]
async fn a_181_bad_chunks_end_the_connection() {
    let hasty = |config: &mut Config| {
        config.server.body_timeout = Duration::from_millis(300);
        config.server.idle_timeout = Duration::from_millis(900);
    };
    let app = TestApp::start_with(hasty).await;
    let head = format!(
        "POST /token HTTP/1.1\r\n{HOST}Content-Type: application/x-www-form-urlencoded\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    let chunks = [
        "+0\r\n\r\n",
        "-1\r\n\r\n",
        "0x3\r\na=1\r\n0\r\n\r\n",
        "3\na=1\r\n0\r\n\r\n",
        "3;x=\"\r\n\"\r\na=1\r\n0\r\n\r\n",
        "3;\n\r\na=1\r\n0\r\n\r\n",
        "3\r\na=1X\r\n0\r\n\r\n",
        "3\r\na=10\r\n\r\n",
        "10000000000000000\r\na=1\r\n0\r\n\r\n",
        "ffffffffffffffff\r\na=1\r\n0\r\n\r\n",
        "z\r\n\r\n",
        "\r\n\r\n",
    ];
    let requests = chunks.map(|chunks| format!("{head}{chunks}{SMUGGLED}")).to_vec();
    for (chunks, heard) in talk_all(app.address, requests).await {
        // A chunk as large as numbers go is not malformed, but it never comes to its end.
        assert!(heard.statuses().iter().all(|s| matches!(s, 400 | 408)), "{chunks:?}: {}", heard.text);
        assert!(heard.closed, "{chunks:?}");
    }
    assert!(!smuggled(&app));
}

/// Requests that are answered before their body is read. What follows the body is the next request, and what
/// is in the body never is.
#[tokio::test]
async fn a_181_an_unread_body_does_not_poison_the_next_request() {
    let app = TestApp::start().await;
    let length = SMUGGLED.len();
    let sized = format!("Content-Length: {length}\r\n\r\n{SMUGGLED}");
    let chunked = format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{SMUGGLED}\r\n0\r\n\r\n");
    let next = format!("GET /health/live HTTP/1.1\r\n{HOST}\r\n");
    let cases = [
        (405, format!("POST /jwks HTTP/1.1\r\n{HOST}")),
        (404, format!("POST /nothing HTTP/1.1\r\n{HOST}")),
        (421, "POST /token HTTP/1.1\r\nHost: evil.example\r\n".to_owned()),
        (405, format!("BREW /token HTTP/1.1\r\n{HOST}")),
        (404, format!("POST /token;x HTTP/1.1\r\n{HOST}")),
        (415, format!("POST /token HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n")),
        (415, format!("POST /token HTTP/1.1\r\n{HOST}Content-Encoding: gzip\r\n")),
        (200, format!("GET /jwks HTTP/1.1\r\n{HOST}")),
        (200, format!("GET /health/live HTTP/1.1\r\n{HOST}")),
        (401, format!("GET /userinfo HTTP/1.1\r\n{HOST}")),
    ];
    for body in [&sized, &chunked] {
        let requests = cases.iter().map(|(_, head)| format!("{head}{body}{next}")).collect();
        let all = talk_all(app.address, requests).await;
        for ((status, head), (_, heard)) in cases.iter().zip(all) {
            let statuses = heard.statuses();
            assert_eq!(statuses.first(), Some(status), "{head}: {}", heard.text);
            let answered = statuses.len() == 2 && statuses[1] == 200;
            let ended = statuses.len() == 1 && heard.closed;
            assert!(answered || ended, "{head}: {}", heard.text);
        }
        assert!(!smuggled(&app));
    }
}

#[tokio::test]
async fn a_181_a_body_refused_for_its_size_ends_the_connection() {
    let app = TestApp::start().await;
    let filler = "a".repeat(90_000);
    for expect in ["", "Expect: 100-continue\r\n"] {
        let head = format!(
            "POST /token HTTP/1.1\r\n{HOST}{expect}Content-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n",
            filler.len() + SMUGGLED.len()
        );
        let heard = talk(app.address, format!("{head}{filler}{SMUGGLED}")).await;
        assert!(heard.statuses().contains(&413) || heard.text.is_empty(), "{}", heard.text);
        assert!(heard.closed && !smuggled(&app), "{}", heard.text);
        // Only the beginning arrives, then something that looks like another request.
        let heard = talk(app.address, format!("{head}{SMUGGLED}")).await;
        assert!(heard.statuses().contains(&413), "{}", heard.text);
        assert!(!smuggled(&app), "{}", heard.text);
    }
}

#[tokio::test]
async fn a_181_answers_keep_their_order_and_heads_have_no_body() {
    let app = TestApp::start().await;
    let head = format!("HEAD /jwks HTTP/1.1\r\n{HOST}\r\n");
    let good = format!("GET /health/live HTTP/1.1\r\n{HOST}\r\n");
    let lost = format!("GET /nothing HTTP/1.1\r\n{HOST}Accept: application/json\r\n\r\n");
    let last = format!("GET /health/live HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n");
    let heard = talk(app.address, format!("{head}{good}{lost}{last}")).await;
    let statuses = heard.statuses();
    assert_eq!((statuses.len(), &statuses[1..]), (4, &[200, 404, 200][..]), "{}", heard.text);
    let (_, after) = heard.text.split_once("\r\n\r\n").expect("a head");
    assert!(after.starts_with("HTTP/1.1 200 "), "a body followed HEAD: {}", heard.text);
    // The first line feed of an answer is where the server put it: nothing from the request splits a header.
    let split = format!("/authorize?client_id=x&state={}", "%0d%0aSet-Cookie:%20planted=1");
    let reply = app.browser().get(&split).await;
    assert!(reply.status == 400 && reply.header("set-cookie").is_none());
    let client = app.kit.add_client(&confidential()).await;
    let path = authorize_path(&client, &[("prompt", "none"), ("state", "\r\nSet-Cookie: planted=1")]);
    let reply = app.browser().get(&path).await;
    assert!(reply.status == 303 && reply.header("set-cookie").is_none(), "{:?}", reply.headers);
    assert_eq!(reply.param("state").as_deref(), Some("\r\nSet-Cookie: planted=1"));
}
