//! the database stops and comes back, seen from outside.
#![expect(clippy::disallowed_methods, reason = "a stopwatch: these tests look at how long an answer takes")]

use std::time::{Duration, Instant};

use portico::kernel::{Clock, Rng};
use portico::testkit::{
    NOON, NewPerson, Place, Reply, TestApp, authorize_path, confidential, member, services_at,
};

use crate::store::PgServer;

/// 503, when to come again, and nothing that was asked for.
fn is_away(reply: &Reply, secret: &str) {
    assert_eq!(reply.status, 503, "{}", reply.body);
    let seconds: u32 = reply.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!((1..=60).contains(&seconds));
    assert_eq!(reply.header("location"), None);
    assert!(!reply.body.contains(secret), "{}", reply.body);
    for word in ["access_token", "Postgre", "postgres", "connection", "panicked"] {
        assert!(!reply.body.contains(word), "{word} in {}", reply.body);
    }
}

/// Asks for a path until it has that status, at most ten seconds.
async fn until_status(app: &TestApp, path: &str, status: u16) {
    let began = Instant::now();
    loop {
        let reply = app.browser().get(path).await;
        if reply.status == status {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{path} is {} for ten seconds", reply.status);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

// A SQLite file does not go away while it is open; what a full disk and a foreign lock do to it is in
// tests/store. The hosted login page's own words for a fault are tried with the pages.
#[tokio::test]
async fn r_09_metadata_outlives_the_database_and_everything_else_says_come_again() {
    let Some(server) = PgServer::start() else { return };
    let kit = services_at(Place::postgres_at(&server.url()), Clock::frozen(NOON), Rng::seeded(1)).await;
    let app = TestApp::over(kit, |_| {});
    let client = app.kit.add_client(&confidential()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    app.kit.sign_in(&mut browser, &alice).await;
    let code = browser.code(&client, &[]).await;
    let other = browser.code(&client, &[]).await;
    let tokens = browser.redeem(&client, &other).await;
    let (access, refresh) = (member(&tokens, "access_token"), member(&tokens, "refresh_token"));
    let (discovery, jwks) = ("/.well-known/openid-configuration", "/jwks");
    let before = (browser.get(discovery).await.body, browser.get(jwks).await.body);
    until_status(&app, "/health/ready", 200).await;

    server.stop();
    for _ in 0..3 {
        assert_eq!((browser.get(discovery).await.body, browser.get(jwks).await.body), before);
        is_away(&browser.redeem(&client, &code).await, &code);
        is_away(&browser.refresh(&client, &refresh).await, &refresh);
        let page = browser.get(&authorize_path(&client, &[])).await;
        is_away(&page, "code=");
        assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
        is_away(&browser.userinfo(&access).await, "alice");
        let introspection = [("token", access.as_str())];
        let credentials = (client.id.as_str(), client.secret.as_str());
        is_away(&browser.post_as("/introspect", credentials, &introspection).await, "\"active\"");
        is_away(&browser.post_as("/revoke", credentials, &introspection).await, &access);
        assert_eq!(browser.get("/health/live").await.status, 200);
    }
    let error = browser.redeem(&client, &code).await.json()["error"].clone();
    assert_eq!(error, "temporarily_unavailable");
    until_status(&app, "/health/ready", 503).await;

    server.run();
    let began = Instant::now();
    let redeemed = loop {
        let reply = browser.redeem(&client, &code).await;
        if reply.status != 503 {
            break reply;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "still away after ten seconds");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    // What was answered 503 was not done: code and refresh token are still unused.
    assert_eq!(redeemed.status, 200, "{}", redeemed.body);
    let refreshed = browser.refresh(&client, &refresh).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    assert!(browser.is_active(&client, &access).await);
    assert_eq!(browser.get(&authorize_path(&client, &[])).await.status, 303);
    until_status(&app, "/health/ready", 200).await;
}
