//! What is kept in memory is bounded, and what gives way is nothing that matters. Lockouts of
//! people and revoked tokens are rows, not memory; `signin` and `revocation` test those.

use std::net::{IpAddr, Ipv4Addr};

use portico::domain::oauth::FailureLimiter;
use portico::kernel::{ClientId, TenantSlug, Timestamp};
use portico::testkit::{confidential, member};

use super::scene::{Stage, refused, unproved};

#[tokio::test]
async fn a_189_the_brake_is_bounded_and_forgets_no_one_who_goes_on() {
    let stage = Stage::new().await;
    let tenant = stage.app.kit.tenant.id;
    let limiter = FailureLimiter::new(60);
    let now = Timestamp::from_seconds(1_000_000);
    let guesser = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    for _ in 0..60 {
        assert_eq!(limiter.wait(tenant, "victim", guesser, now), None);
        limiter.failed(tenant, "victim", guesser, now);
    }
    // A flood of names and addresses, to push the one that counts out of the table.
    for n in 0..300_000_u32 {
        let ip = Some(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 | n)));
        limiter.failed(tenant, &format!("client-{n}"), ip, now);
        if n % 1_000 == 0 {
            assert!(limiter.wait(tenant, "victim", guesser, now).is_some(), "forgotten after {n} others");
        }
    }
    assert!(limiter.remembered() <= 65_536, "{}", limiter.remembered());
    assert!(limiter.wait(tenant, "victim", guesser, now).is_some());
}

#[tokio::test]
async fn a_189_names_nobody_has_leave_nothing_behind() {
    let mut stage = Stage::new().await;
    stage.tokens().await;
    let registry = &stage.app.kit.services.registry;
    let before = registry.remembered();
    let tenant = stage.app.kit.tenant.id;
    for n in 0..2_000 {
        let id = ClientId::from_text(format!("nobody-{n}"));
        assert!(registry.client(tenant, &id).await.expect("a database that answers").is_none());
        let slug = TenantSlug::parse(&format!("nobody-{n}")).expect("a slug");
        assert!(registry.tenant(&slug).await.expect("a database that answers").is_none());
    }
    assert_eq!(registry.remembered(), before);
    for n in 0..50 {
        let id = format!("nobody-{n}");
        unproved(&stage.browser.post_as("/token", (&id, "wrong"), &[("grant_type", "refresh_token")]).await);
        assert_eq!(stage.browser.get(&format!("/t/{id}/jwks")).await.status, 404);
    }
    assert_eq!(stage.app.kit.services.registry.remembered(), before);
}

#[tokio::test]
async fn a_189_a_client_that_changes_often_takes_one_place() {
    let mut stage = Stage::new().await;
    stage.tokens().await;
    let before = stage.app.kit.services.registry.remembered();
    for _ in 0..20 {
        stage.register_anew(&confidential()).await;
        stage.tokens().await;
    }
    assert_eq!(stage.app.kit.services.registry.remembered(), before);
}

#[tokio::test]
async fn a_189_more_tokens_than_are_remembered_are_all_judged_rightly() {
    // Test services remember 64 verified tokens.
    let mut stage = Stage::new().await;
    let revoked = stage.tokens().await;
    let client = stage.client.clone();
    assert!(stage.is_active(&revoked.access).await);
    let form = [("token", revoked.access.as_str())];
    assert_eq!(stage.browser.post_as("/revoke", (&client.id, &client.secret), &form).await.status, 200);
    let mut tokens = Vec::new();
    for _ in 0..200 {
        let reply = stage.browser.token(&client, &[("grant_type", "client_credentials")]).await;
        tokens.push(member(&reply, "access_token"));
    }
    for token in tokens.iter().chain(&tokens) {
        assert!(stage.is_active(token).await);
        assert!(stage.app.kit.services.verified.len() <= 64);
    }
    assert!(!stage.is_active(&revoked.access).await, "a flood makes nobody forget what was revoked");
    let reused = stage.tokens().await;
    for _ in 0..100 {
        let reply = stage.browser.refresh(&client, &reused.refresh).await;
        assert_eq!(reply.status, 200, "the grace");
    }
    stage.app.advance(11);
    refused(&stage.browser.refresh(&client, &reused.refresh).await, 400, "invalid_grant");
}
