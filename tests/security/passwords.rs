//! What a password costs: nothing when it cannot be right, and never more than the hashers there are.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use portico::crypto::{HashLimits, HashParams, PasswordHasher};
use portico::domain::signin::{LinkPurpose, make_link};
use portico::kernel::{Clock, Rng};
use portico::testkit::{Browser, NOON, NewPerson, Reply, TestApp, TestServices, encode, services};
use reqwest::Method;
use tokio::time::Instant;

use super::alone::{alone, growth};
use super::road::{log_in, open, submit};

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
async fn a_076_a_mebibyte_of_password_is_refused_before_any_hash() {
    let mut kit = kit().await;
    let alice = kit.add_person(&NewPerson::active("alice", RIGHT)).await;
    let (tenant, cx) = (kit.tenant.id, kit.cx());
    let user = alice.clone();
    let (token, _) = kit.write(move |tx| make_link(tx, &cx, tenant, &user, LinkPurpose::Recover)).await;
    Arc::get_mut(&mut kit.services).expect("nobody else has it").hasher = slow_hasher();
    let app = TestApp::as_in_production(kit, |_| {});
    let mut browser = app.browser();
    let login = open(&mut browser, "/login").await;
    let recover = open(&mut browser, &format!("/reset?token={}", token.expose())).await;
    assert_eq!((login.status, recover.status), (200, 200));
    for (length, status) in [(129, 400), (10_000, 400), (60_000, 400), (1 << 20, 413)] {
        let long = "x".repeat(length);
        let login_form = filled(&login, &[("username", "alice"), ("password", &long)]);
        let recover_form = filled(&recover, &[("new_password", &long)]);
        let mut best = [Duration::MAX; 2];
        for (at, path, body) in [(0, "/login", login_form), (1, "/reset", recover_form)] {
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
        open(&mut browser, &format!("/reset?token={}", token.expose())).await.status,
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

// S0-28: a bounded wait, then 503.
#[tokio::test]
async fn a_184_two_hundred_logins_at_once_cost_two_hashes_of_memory() {
    if !alone(module_path!(), "a_184_two_hundred_logins_at_once_cost_two_hashes_of_memory") {
        return;
    }
    let mut kit = kit().await;
    // The costs, the queue and the wait that `serve` has by default.
    let params = HashParams { memory_kib: 47_104, iterations: 1, parallelism: 1 };
    let limits = HashLimits { max_parallel: 2, queue_length: 64, queue_wait: Duration::from_secs(2) };
    Arc::get_mut(&mut kit.services).expect("nobody else has it").hasher =
        PasswordHasher::new(params, limits).expect("a hasher");
    let app = TestApp::as_in_production(kit, |_| {});
    let mut fastest = Duration::MAX;
    // A machine that is busy with something else gets another chance to be quick, never to use more memory.
    for round in 0..3 {
        let (server, over) = (app.address, Arc::new(AtomicBool::new(false)));
        let stop = over.clone();
        let watch = std::thread::spawn(move || keys_meanwhile(server, &stop));
        let (statuses, grown) = growth(two_hundred(&app, round)).await;
        over.store(true, Ordering::Relaxed);
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
fn keys_meanwhile(server: SocketAddr, over: &AtomicBool) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (mut browser, mut spans) = (Browser::new(server), Vec::new());
        while !over.load(Ordering::Relaxed) {
            let began = Instant::now();
            assert_eq!(browser.get("/jwks").await.status, 200);
            spans.push(began.elapsed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        spans.sort_unstable();
        spans[spans.len() * 99 / 100]
    })
}
