//! What ends with an account, a client, a session, a consent or an assignment: at every door, on the next
//! request, on every node.

use std::net::SocketAddr;
use std::time::Duration;

use portico::domain::clients::{self, ClientKind, ClientMetadata, NewClient, register, store_client};
use portico::jobs;
use portico::kernel::{ClientId, Transition};
use portico::testkit::{Browser, CALLBACK, Reply, authorize_path, confidential};

use super::scene::{Stage, Tokens, at, invalid_token, refused, told, unproved};

/// A client that must be allowed by each person.
fn by_consent() -> ClientMetadata {
    ClientMetadata { first_party: false, ..confidential() }
}

impl Stage {
    async fn silently_at(&self, node: SocketAddr) -> Reply {
        let path = authorize_path(&self.client, &[("prompt", "none")]);
        at(&self.browser, node).get(&path).await
    }

    /// Nothing that was given before counts at this node: refresh last, because it might change something.
    async fn all_dead_at(&self, node: SocketAddr, tokens: &Tokens, what: &str) {
        let mut browser = at(&self.browser, node);
        invalid_token(&browser.userinfo(&tokens.access).await);
        for token in [&tokens.access, &tokens.refresh] {
            assert!(!browser.is_active(&self.client, token).await, "{what}");
        }
        refused(&browser.refresh(&self.client, &tokens.refresh).await, 400, "invalid_grant");
    }

    async fn all_alive_at(&self, node: SocketAddr, tokens: &Tokens) {
        let mut browser = at(&self.browser, node);
        assert_eq!(browser.userinfo(&tokens.access).await.status, 200);
        assert!(browser.is_active(&self.client, &tokens.access).await);
        assert!(browser.is_active(&self.client, &tokens.refresh).await);
        assert!(self.silently_at(node).await.param("code").is_some());
    }
}

/// Every move that takes an active account out of use.
const STOPS: [Transition; 4] =
    [Transition::Suspend, Transition::Deactivate, Transition::Delete, Transition::RequirePasswordReset];

// S1-15, S1-16, S1-22: one guard, every door, every node.
#[tokio::test]
async fn a_034_an_account_that_stops_takes_everything_along_on_both_nodes() {
    for stop in STOPS {
        let mut stage = Stage::new().await;
        let (second, _node) = stage.app.second_node();
        let nodes = [stage.app.address, second];
        let tokens = stage.tokens().await;
        let code = stage.browser.code(&stage.client, &[]).await;
        for node in nodes {
            stage.all_alive_at(node, &tokens).await;
        }
        stage.app.advance(1);
        stage.move_alice(stop).await;
        for node in nodes {
            stage.all_dead_at(node, &tokens, &format!("{stop:?}")).await;
            told(&stage.silently_at(node).await, "login_required");
            let reply = at(&stage.browser, node).redeem(&stage.client, &code).await;
            refused(&reply, 400, "invalid_grant");
        }
        // Not even the answer that names who signed in: it is the page for strangers.
        let reply = stage.browser.get(&authorize_path(&stage.client, &[])).await;
        assert!(reply.location().contains("/login?"), "{}", reply.location());
    }
}

#[tokio::test]
async fn a_060_an_account_that_comes_back_gets_nothing_back() {
    for stop in [Transition::Suspend, Transition::Deactivate] {
        let mut stage = Stage::new().await;
        let tokens = stage.tokens().await;
        let code = stage.browser.code(&stage.client, &[]).await;
        // Even within the same second in which it was given.
        stage.move_alice(stop).await;
        stage.move_alice(Transition::Activate).await;
        stage.all_dead_at(stage.app.address, &tokens, "activated again").await;
        told(&stage.silently().await, "login_required");
        refused(&stage.browser.redeem(&stage.client, &code).await, 400, "invalid_grant");
        stage.app.advance(1);
        let alice = stage.alice.clone();
        stage.app.kit.sign_in(&mut stage.browser, &alice).await;
        let fresh = stage.tokens().await;
        stage.all_alive_at(stage.app.address, &fresh).await;
        stage.all_dead_at(stage.app.address, &tokens, "still").await;
    }
}

#[tokio::test]
async fn a_060_sessions_an_administrator_ends_are_over_on_both_nodes() {
    let mut stage = Stage::new().await;
    let (second, _node) = stage.app.second_node();
    let tokens = stage.tokens_for(&[("scope", "openid profile")]).await;
    let offline = stage.tokens_for(&[("scope", "openid offline_access")]).await;
    let code = stage.browser.code(&stage.client, &[]).await;
    stage.app.advance(1);
    stage.end_sessions().await;
    for node in [second, stage.app.address] {
        told(&stage.silently_at(node).await, "login_required");
        stage.all_dead_at(node, &tokens, "session ended").await;
        let reply = at(&stage.browser, node).redeem(&stage.client, &code).await;
        refused(&reply, 400, "invalid_grant");
        // What a person allowed to be used in their absence outlives the session (OpenID Connect Core §11).
        assert!(at(&stage.browser, node).is_active(&stage.client, &offline.access).await);
    }
}

#[tokio::test]
async fn a_060_the_clean_up_does_not_forget_that_a_session_ended() {
    const DAY: u64 = 86_400;
    let mut stage = Stage::set(|settings| {
        settings.tokens.refresh_idle = Duration::from_secs(100 * DAY);
        settings.tokens.refresh_absolute = Duration::from_secs(200 * DAY);
    })
    .await;
    let ended = stage.tokens_for(&[("scope", "openid")]).await;
    stage.app.advance(1);
    stage.end_sessions().await;
    let alice = stage.alice.clone();
    stage.app.kit.sign_in(&mut stage.browser, &alice).await;
    let kept = stage.tokens_for(&[("scope", "openid")]).await;
    for _ in 0..9 {
        stage.app.advance(10 * DAY);
        jobs::cleanup(&stage.app.kit.services).await.expect("a database that answers");
        assert!(!stage.is_active(&ended.refresh).await);
    }
    refused(&stage.browser.refresh(&stage.client, &ended.refresh).await, 400, "invalid_grant");
    Tokens::of(&stage.browser.refresh(&stage.client, &kept.refresh).await);
}

#[tokio::test]
async fn a_060_a_new_sign_in_elsewhere_ends_nobody_elses_session() {
    let mut stage = Stage::new().await;
    let alice = stage.alice.clone();
    let mut phone = stage.app.browser();
    stage.app.kit.sign_in(&mut phone, &alice).await;
    assert!(stage.silently().await.param("code").is_some());
    let mut stranger: Browser = stage.app.browser();
    stranger.cookies.insert("portico_session".to_owned(), "ptz_AAAA".to_owned());
    let reply = stranger.get(&authorize_path(&stage.client, &[("prompt", "none")])).await;
    told(&reply, "login_required");
}

#[tokio::test]
async fn a_034_a_disabled_client_holds_nothing_and_gets_nothing_back() {
    // A-047 asks every endpoint; here are the tokens, and the moment between authorize and token.
    let mut stage = Stage::new().await;
    let (second, _node) = stage.app.second_node();
    let tokens = stage.tokens().await;
    let code = stage.browser.code(&stage.client, &[]).await;
    // An API that stands for the issuer asks about them on its own account.
    let issuer = vec!["http://localhost:8080".to_owned()];
    let watcher = ClientMetadata { introspection_audiences: issuer, ..confidential() };
    let watcher = stage.app.kit.add_client(&watcher).await;
    stage.app.spread_the_news().await;
    assert!(stage.browser.is_active(&watcher, &tokens.access).await);
    stage.app.advance(1);
    stage.enable_client(false).await;
    for node in [second, stage.app.address] {
        let mut browser = at(&stage.browser, node);
        unproved(&browser.redeem(&stage.client, &code).await);
        unproved(&browser.refresh(&stage.client, &tokens.refresh).await);
        assert!(!browser.is_active(&watcher, &tokens.access).await);
        invalid_token(&browser.userinfo(&tokens.access).await);
    }
    stage.enable_client(true).await;
    for node in [second, stage.app.address] {
        stage.all_dead_at(node, &tokens, "enabled again").await;
        refused(&at(&stage.browser, node).redeem(&stage.client, &code).await, 400, "invalid_grant");
    }
    stage.app.advance(1);
    let fresh = stage.tokens().await;
    stage.all_alive_at(second, &fresh).await;
}

#[tokio::test]
async fn a_034_a_client_that_is_removed_takes_its_tokens_along() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let (cx, id) = (stage.cx(), ClientId::from_text(&stage.client.id));
    let done = stage.app.kit.services.db.write(move |tx| clients::delete(tx, &cx, &id)).await;
    assert!(done.expect("a database that answers"));
    stage.app.spread_the_news().await;
    unproved(&stage.browser.refresh(&stage.client, &tokens.refresh).await);
    invalid_token(&stage.browser.userinfo(&tokens.access).await);
}

#[tokio::test]
async fn a_105_a_withdrawn_consent_ends_what_was_given_under_it() {
    let mut stage = Stage::with(&by_consent()).await;
    let (second, _node) = stage.app.second_node();
    stage.allow("openid profile email offline_access").await;
    let tokens = stage.tokens().await;
    for node in [stage.app.address, second] {
        stage.all_alive_at(node, &tokens).await;
    }
    stage.app.advance(1);
    stage.withdraw().await;
    for node in [second, stage.app.address] {
        stage.all_dead_at(node, &tokens, "withdrawn").await;
        told(&stage.silently_at(node).await, "consent_required");
    }
    // Allowing it again begins anew and brings nothing back.
    stage.app.advance(1);
    stage.allow("openid profile email offline_access").await;
    stage.all_dead_at(second, &tokens, "allowed again").await;
    let fresh = stage.tokens().await;
    stage.all_alive_at(second, &fresh).await;
}

#[tokio::test]
async fn a_034_a_consent_withdrawn_before_the_code_is_redeemed_counts() {
    let mut stage = Stage::with(&by_consent()).await;
    stage.allow("openid profile email offline_access").await;
    let code = stage.browser.code(&stage.client, &[]).await;
    let later = stage.browser.code(&stage.client, &[]).await;
    stage.app.advance(1);
    stage.withdraw().await;
    stage.app.advance(1);
    refused(&stage.browser.redeem(&stage.client, &code).await, 400, "invalid_grant");
    stage.allow("openid profile email offline_access").await;
    let reply = stage.browser.redeem(&stage.client, &later).await;
    refused(&reply, 400, "invalid_grant");
    stage.tokens().await;
}

#[tokio::test]
async fn a_106_a_person_who_is_not_assigned_gets_in_by_no_door() {
    // The device grant comes with its issue. At the token endpoint a refusal of the grant itself is
    // `invalid_grant` (RFC 6749 §5.2); `access_denied` is the word of the authorization endpoint.
    let staff = ClientMetadata { allowed_roles: vec!["staff".to_owned()], ..confidential() };
    let mut stage = Stage::with(&staff).await;
    told(&stage.silently().await, "access_denied");
    let reply = stage.browser.get(&authorize_path(&stage.client, &[])).await;
    told(&reply, "access_denied");
    // A live session from another client is no way in either.
    let open = stage.app.kit.add_client(&confidential()).await;
    assert!(stage.browser.code(&open, &[]).await.starts_with("ptc_"));
    told(&stage.silently().await, "access_denied");

    for roles in ["[\"staffing\"]", "[\"STAFF\"]", "[\"\"]", "{}", "not json"] {
        let other = stage.add_with_roles(&format!("u{}", roles.len()), roles).await;
        let mut browser = stage.app.browser();
        stage.app.kit.sign_in(&mut browser, &other).await;
        let reply = browser.get(&authorize_path(&stage.client, &[("prompt", "none")])).await;
        told(&reply, "access_denied");
    }
    let bob = stage.add_with_roles("bob", "[\"guest\",\"staff\"]").await;
    stage.app.kit.sign_in(&mut stage.browser, &bob).await;
    stage.tokens().await;
}

#[tokio::test]
async fn a_106_an_assignment_that_ends_takes_everything_along() {
    let mut stage = Stage::new().await;
    let (second, _node) = stage.app.second_node();
    let tokens = stage.tokens().await;
    let code = stage.browser.code(&stage.client, &[]).await;
    let staff = ClientMetadata { allowed_roles: vec!["staff".to_owned()], ..confidential() };
    stage.register_anew(&staff).await;
    for node in [second, stage.app.address] {
        told(&stage.silently_at(node).await, "access_denied");
        stage.all_dead_at(node, &tokens, "not assigned").await;
        refused(&at(&stage.browser, node).redeem(&stage.client, &code).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_034_a_new_client_of_an_old_name_inherits_nothing() {
    let mut stage = Stage::with(&by_consent()).await;
    stage.allow("openid profile email offline_access").await;
    let tokens = stage.tokens().await;
    let (cx, id) = (stage.cx(), ClientId::from_text(&stage.client.id));
    let gone = id.clone();
    let done = stage.app.kit.services.db.write(move |tx| clients::delete(tx, &cx, &gone)).await;
    assert!(done.expect("a database that answers"));
    stage.app.advance(1);
    let mut new = NewClient::new("Another", ClientKind::Web);
    new.client_id = Some(id.as_str().to_owned());
    new.redirect_uris = vec![CALLBACK.to_owned()];
    let cx = stage.cx();
    let made = register(&cx, &stage.app.kit.tenant.keys, &new).expect("a registration");
    let secret = made.secret.as_ref().map(|issued| issued.value.expose().to_owned()).expect("a secret");
    stage.app.kit.services.db.write(move |tx| store_client(tx, &cx, &made)).await.expect("stored");
    stage.app.spread_the_news().await;
    stage.client.secret = secret;
    refused(&stage.browser.refresh(&stage.client, &tokens.refresh).await, 400, "invalid_grant");
    invalid_token(&stage.browser.userinfo(&tokens.access).await);
    let asked = stage.browser.get(&authorize_path(&stage.client, &[("prompt", "none")])).await;
    assert_eq!(asked.param("error").as_deref(), Some("consent_required"), "people allowed the old one");
}
