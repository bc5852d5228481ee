//! What is too much, and is refused before it costs anything.

use std::time::Duration;

use portico::config::{Config, PublicUrl};
use portico::crypto::{HashLimits, HashParams, PasswordHasher};
use portico::domain::people;
use portico::domain::signin::{LinkPurpose, make_link};
use portico::kernel::{Clock, Rng, ScopeSet, locale};
use portico::spec::oauth::{Fields, redirect_uri};
use portico::testkit::{
    Browser, CALLBACK, NOON, NewPerson, Reply, TestApp, TestServices, authorize_path, basic, confidential,
    encode, services,
};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::alone::{alone, growth};
use super::road::{log_in, open, submit};
use super::wire::{HOST, talk};

const RIGHT: &str = "correct horse battery staple";

async fn kit() -> TestServices {
    services(Clock::frozen(NOON), Rng::seeded(1)).await
}

/// A hasher whose every hash would be noticed.
fn slow_hasher() -> PasswordHasher {
    let params = HashParams { memory_kib: 256 * 1024, iterations: 3, parallelism: 1 };
    let limits = HashLimits { max_parallel: 1, queue_length: 8, queue_wait: Duration::from_secs(30) };
    PasswordHasher::new(params, limits).expect("a hasher")
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
async fn a_076_a_mebibyte_of_password_is_refused_before_any_hash() {
    let mut kit = kit().await;
    let alice = kit.add_person(&NewPerson::active("alice", RIGHT)).await;
    let (tenant, cx) = (kit.tenant.id, kit.cx());
    let user = alice.clone();
    let (token, _) = kit.write(move |tx| make_link(tx, &cx, tenant, &user, LinkPurpose::Recover)).await;
    std::sync::Arc::get_mut(&mut kit.services).expect("nobody else has it").hasher = slow_hasher();
    let app = TestApp::as_in_production(kit, |_| {});
    let mut browser = app.browser();
    let login = open(&mut browser, "/login").await;
    let recover = open(&mut browser, &format!("/recover?token={}", token.expose())).await;
    assert_eq!((login.status, recover.status), (200, 200));
    for (length, status) in [(129, 400), (10_000, 400), (60_000, 400), (1 << 20, 413)] {
        let long = "x".repeat(length);
        let login_form = filled(&login, &[("username", "alice"), ("password", &long)]);
        let recover_form = filled(&recover, &[("new_password", &long)]);
        let mut best = [Duration::MAX; 2];
        for (at, path, body) in [(0, "/login", login_form), (1, "/recover", recover_form)] {
            for _ in 0..5 {
                let body = Some(body.clone());
                let began = Instant::now();
                let reply = browser.send(Method::POST, path, body, &[]).await;
                best[at] = best[at].min(began.elapsed());
                assert_eq!(reply.status, status, "{path} {length}");
                assert!(reply.all("set-cookie").is_empty());
            }
        }
        assert!(best.iter().all(|best| *best < Duration::from_millis(20)), "{length}: {best:?}");
    }
    assert_eq!(
        open(&mut browser, &format!("/recover?token={}", token.expose())).await.status,
        200,
        "still good"
    );
}

/// The page's form with these fields, as a body.
fn filled(page: &Reply, fields: &[(&str, &str)]) -> String {
    let hidden = page.hidden();
    let mut form: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    form.extend_from_slice(fields);
    encode(&form)
}

#[tokio::test]
async fn a_076_every_byte_of_a_password_counts() {
    let app = TestApp::start().await;
    let right = format!("{}-and-a-tail", "p4ssW0rd".repeat(9));
    app.kit.add_person(&NewPerson::active("alice", &right)).await;
    let near = [
        format!("{}-and-another", &right[..72]),
        format!("{right} "),
        format!(" {right}"),
        right.to_lowercase(),
    ];
    for wrong in &near {
        assert_eq!(log_in(&mut app.browser(), "/login", "alice", wrong).await.status, 401, "{wrong}");
    }
    let nul = format!("{right}\0");
    assert_eq!(log_in(&mut app.browser(), "/login", "alice", &nul).await.status, 400);
    assert_eq!(log_in(&mut app.browser(), "/login", "alice", &right).await.status, 303);
}

#[tokio::test]
async fn a_184_two_hundred_logins_at_once_cost_two_hashes_of_memory() {
    if !alone(module_path!(), "a_184_two_hundred_logins_at_once_cost_two_hashes_of_memory") {
        return;
    }
    let mut kit = kit().await;
    // The costs, the queue and the wait that `serve` has by default.
    let params = HashParams { memory_kib: 47_104, iterations: 1, parallelism: 1 };
    let limits = HashLimits { max_parallel: 2, queue_length: 64, queue_wait: Duration::from_secs(2) };
    std::sync::Arc::get_mut(&mut kit.services).expect("nobody else has it").hasher =
        PasswordHasher::new(params, limits).expect("a hasher");
    let app = TestApp::as_in_production(kit, |_| {});
    let mut fastest = Duration::MAX;
    // A machine that is busy with something else gets another chance to be quick, never to use more memory.
    for round in 0..3 {
        let (server, over) = (app.address, std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
        let stop = over.clone();
        let watch = std::thread::spawn(move || keys_meanwhile(server, &stop));
        let (statuses, grown) = growth(two_hundred(&app, round)).await;
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        fastest = fastest.min(watch.join().expect("the watch"));
        let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!(count(401) + count(503), 200, "{statuses:?}");
        assert!(count(401) >= 2 && count(503) > 0, "{} checked, {} refused", count(401), count(503));
        assert!(grown < 160 << 20, "{} MiB for two hashes of 46 MiB", grown >> 20);
        if fastest < Duration::from_millis(100) {
            return;
        }
    }
    panic!("p99 of the keys was {fastest:?}");
}

/// Statuses of 200 logins with 128 characters each, every one from a network of its own.
async fn two_hundred(app: &TestApp, round: usize) -> Vec<u16> {
    let password = "x".repeat(128);
    let mut ready = Vec::new();
    for n in 0..200 {
        let mut browser = app.browser();
        browser.address = format!("10.{round}.{n}.1");
        let page = open(&mut browser, "/login").await;
        ready.push((browser, page, format!("nobody-{round}-{n}")));
    }
    let tries = ready.iter_mut().map(|(browser, page, name)| {
        let fields = [("username", name.as_str()), ("password", password.as_str())];
        async move { submit(browser, "/login", page, &fields).await }
    });
    let replies = futures_util::future::join_all(tries).await;
    for reply in replies.iter().filter(|reply| reply.status == 503) {
        assert!(reply.header("retry-after").is_some());
    }
    replies.iter().map(|reply| reply.status).collect()
}

/// The 99th percentile of how long `/jwks` takes until `over`.
fn keys_meanwhile(server: std::net::SocketAddr, over: &std::sync::atomic::AtomicBool) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (mut browser, mut spans) = (Browser::new(server), Vec::new());
        while !over.load(std::sync::atomic::Ordering::Relaxed) {
            let began = Instant::now();
            assert_eq!(browser.get("/jwks").await.status, 200);
            spans.push(began.elapsed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        spans.sort_unstable();
        spans[spans.len() * 99 / 100]
    })
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

/// Inputs that make a backtracking or quadratic reader slow, each as long as a form may be.
fn hostile() -> Vec<String> {
    let seeds = [
        "a",
        "a.",
        "a@",
        "@",
        "-",
        "a-",
        ".",
        ":",
        "::",
        "/",
        "/../",
        "%2e",
        "%41",
        "%",
        "&a=",
        "=",
        " ",
        "a ",
        "\t",
        "(",
        "[",
        "{",
        "*",
        "+",
        "?",
        "#",
        "\\",
        "\"",
        "<",
        "eyJ",
        "eyJhbGci.",
        "pta_",
        "ptc_a",
        ";",
        ",",
        "a,",
        "q=",
        "é",
        "\u{200b}",
        "\u{0301}",
        "\u{ff41}",
        "\u{1f510}",
        "İ",
        "ß",
        "a!",
        "1",
        "127.0.0.1:",
        "xn--",
        "\0",
        "\r\n",
    ];
    let mut all = Vec::new();
    for seed in seeds {
        let body = seed.repeat(64 * 1024 / seed.len());
        for (before, after) in
            [("", ""), ("http://", ""), ("https://a", "/cb"), ("a@", ".example"), ("", "!"), ("\"", "\"")]
        {
            all.push(format!("{before}{body}{after}"));
        }
    }
    all
}

/// A parser, and whether it took the text: only so that the work is not left out.
type Parser = (&'static str, fn(&str) -> bool);

#[test]
fn a_188_every_parser_takes_linear_time() {
    let parsers: [Parser; 13] = [
        ("redirect_uri::check", |text| redirect_uri::check(text, true).is_ok()),
        ("redirect_uri::matches", |text| redirect_uri::matches(&format!("{text}x"), text)),
        ("redirect_uri::origin", |text| redirect_uri::origin(text).is_some()),
        ("ScopeSet::parse", |text| ScopeSet::parse(text).is_ok()),
        ("Fields::parse", |text| Fields::parse(text.as_bytes()).is_ok()),
        ("is_email", people::is_email),
        ("is_username", |text| people::is_username(text, text)),
        ("is_display_name", people::is_display_name),
        ("fold_name", |text| people::fold_name(text).is_empty()),
        ("PublicUrl::parse", |text| PublicUrl::parse(text).is_ok()),
        ("negotiate", |text| locale::negotiate(Some(text), Some(text)).tag().is_empty()),
        ("Prompts::parse", |text| portico::spec::oidc::Prompts::parse(text).is_ok()),
        ("scrub", |text| portico::ops::telemetry::scrub(text).is_empty()),
    ];
    for text in hostile() {
        for (name, parse) in parsers {
            let mut best = Duration::MAX;
            for _ in 0..5 {
                let began = Instant::now();
                std::hint::black_box(parse(&text));
                best = best.min(began.elapsed());
                if best < Duration::from_millis(20) {
                    break;
                }
            }
            let start: String = text.chars().take(20).collect();
            assert!(best < Duration::from_millis(20), "{name} took {best:?} for {start:?}…");
        }
    }
}

#[tokio::test]
async fn a_188_hostile_parameters_are_answered_at_once() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let mut browser = app.browser();
    let long = |seed: &str| seed.repeat(2_000 / seed.len());
    for name in
        ["redirect_uri", "scope", "login_hint", "ui_locales", "prompt", "max_age", "id_token_hint", "nonce"]
    {
        for seed in [":", "a@", "a.", "[", "%2e", "/../", "eyJ.", "-"] {
            let value = format!("http://{}", long(seed));
            let path = authorize_path(&client, &[(name, &value)]);
            let mut best = Duration::MAX;
            for _ in 0..3 {
                let began = Instant::now();
                let reply = browser.get(&path).await;
                best = best.min(began.elapsed());
                assert!(reply.status < 500 && reply.status != 200, "{name} {seed}: {}", reply.status);
            }
            assert!(best < Duration::from_millis(100), "{name} {seed}: {best:?}");
        }
    }
    let hint = encode(&[("login_hint", &long("(a+)+"))]);
    assert_eq!(browser.get(&format!("/login?{hint}")).await.status, 200);
}
