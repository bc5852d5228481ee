//! Refresh tokens: rotation, reuse, races, limits of time (RFC 6749 §6, RFC 9700 §4.14.2).

use std::collections::BTreeSet;
use std::time::Duration;

use portico::domain::clients::{ClientKind, ClientMetadata};
use portico::kernel::Transition;
use portico::store::{grants, users};
use portico::testkit::{Reply, TestApp, TestClient, confidential, member, public};
use tokio::time::Instant;

use super::scene::{Stage, Tokens, at, claims, gives_nothing, refused, unproved};

const HOUR: u64 = 3_600;

impl Stage {
    async fn refresh(&mut self, token: &str) -> Reply {
        self.browser.refresh(&self.client, token).await
    }

    async fn refreshed(&mut self, token: &str) -> Tokens {
        Tokens::of(&self.refresh(token).await)
    }
}

#[tokio::test]
async fn a_107_an_old_refresh_token_ends_its_whole_family() {
    let mut stage = Stage::new().await;
    let first = stage.tokens().await;
    let bystander = stage.tokens().await;
    stage.app.advance(20);
    let second = stage.refreshed(&first.refresh).await;
    stage.app.advance(20);
    let third = stage.refreshed(&second.refresh).await;
    let all: BTreeSet<&str> = [&first, &second, &third].map(|tokens| tokens.refresh.as_str()).into();
    assert_eq!(all.len(), 3, "each is another one");
    stage.app.advance(20);
    assert!(stage.is_active(&third.refresh).await && !stage.is_active(&second.refresh).await);

    refused(&stage.refresh(&first.refresh).await, 400, "invalid_grant");
    for tokens in [&first, &second, &third] {
        refused(&stage.refresh(&tokens.refresh).await, 400, "invalid_grant");
        assert!(!stage.is_active(&tokens.refresh).await);
        assert!(!stage.is_active(&tokens.access).await, "access tokens of the family die with it");
        assert_eq!(stage.browser.userinfo(&tokens.access).await.status, 401);
    }
    assert_eq!(stage.count_audit("refresh_token.reused").await, 1, "one event, not one for each try");
    assert!(stage.is_active(&bystander.access).await, "another family of the same person lives on");
    stage.refreshed(&bystander.refresh).await;
}

/// The rotations are done by the store's own statement, all in one transaction: the family is one row, and
/// what is in it afterwards is what 5,000 requests would have left. The last one is done over HTTP.
#[tokio::test]
async fn a_107_a_replay_after_5_000_rotations_is_as_quick_as_the_first() {
    let mut stage = Stage::new().await;
    let first = stage.tokens().await;
    let (grant, _) = stage.app.kit.tenant.keys.open_refresh(&first.refresh).expect("a refresh token");
    let (tenant, now) = (stage.app.kit.tenant.id, stage.app.kit.services.clock.now());
    stage
        .app
        .kit
        .write(move |tx| {
            for generation in 0..4_999 {
                let idle = now.plus(Duration::from_secs(HOUR));
                assert!(grants::rotate(tx, tenant, grant, generation, now, idle)?);
            }
            Ok(())
        })
        .await;
    let last = stage.app.kit.tenant.keys.refresh_token(&grant, 4_999);
    stage.app.advance(60);
    let newest = stage.refreshed(last.expose()).await;
    assert!(stage.is_active(&newest.access).await);

    let mut times = Vec::new();
    for _ in 0..100 {
        // Each from an address of its own, so that none is held back for guessing.
        let mut thief = stage.app.browser();
        thief.get("/jwks").await;
        let start = Instant::now();
        let reply = thief.refresh(&stage.client, &first.refresh).await;
        times.push(start.elapsed());
        refused(&reply, 400, "invalid_grant");
    }
    assert!(!stage.is_active(&newest.access).await && !stage.is_active(&newest.refresh).await);
    assert_eq!(stage.count_audit("refresh_token.reused").await, 1);
    // 100 ms each; a few may be held up by what else the machine is doing.
    times.sort();
    assert!(times[94] < Duration::from_millis(100), "{times:?}");
}

#[tokio::test]
async fn a_107_rotation_over_http_keeps_exactly_one_token_good() {
    let mut stage = Stage::new().await;
    let mut tokens = stage.tokens().await;
    let mut old = Vec::new();
    for _ in 0..50 {
        stage.app.advance(60);
        let next = stage.refreshed(&tokens.refresh).await;
        old.push(std::mem::replace(&mut tokens, next).refresh);
        assert!(stage.is_active(&tokens.refresh).await);
    }
    let distinct: BTreeSet<&String> = old.iter().collect();
    assert_eq!(distinct.len(), 50);
    for token in &old {
        assert!(!stage.is_active(token).await);
    }
    refused(&stage.refresh(&old[7]).await, 400, "invalid_grant");
    refused(&stage.refresh(&tokens.refresh).await, 400, "invalid_grant");
}

/// Sends one refresh token 50 times at once, to two nodes.
async fn race(stage: &Stage, token: &str) -> Vec<Reply> {
    let (second, _node) = stage.app.second_node();
    let mut running = Vec::new();
    for n in 0..50 {
        let node = if n % 2 == 0 { stage.app.address } else { second };
        let mut browser = at(&stage.browser, node);
        let (client, token) = (stage.client.clone(), token.to_owned());
        running.push(tokio::spawn(async move { browser.refresh(&client, &token).await }));
    }
    let mut replies = Vec::new();
    for request in running {
        replies.push(request.await.expect("an answer"));
    }
    replies
}

#[tokio::test]
async fn a_108_fifty_parallel_uses_leave_one_lineage() {
    let mut stage = Stage::new().await;
    let first = stage.tokens().await;
    let replies = race(&stage, &first.refresh).await;
    let good: Vec<Tokens> = replies.iter().filter(|reply| reply.status == 200).map(Tokens::of).collect();
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        refused(reply, 400, "invalid_grant");
    }
    // Within the grace each may be answered, but all with the same successor.
    assert!(!good.is_empty());
    let heirs: BTreeSet<&str> = good.iter().map(|tokens| tokens.refresh.as_str()).collect();
    assert_eq!(heirs.len(), 1, "two descendants of one token: {heirs:?}");
    let heir = heirs.first().expect("one").to_string();
    assert_ne!(heir, first.refresh);
    assert!(stage.is_active(&heir).await && !stage.is_active(&first.refresh).await);
    let next = stage.refreshed(&heir).await;
    stage.app.advance(11);
    refused(&stage.refresh(&heir).await, 400, "invalid_grant");
    refused(&stage.refresh(&next.refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_108_without_a_grace_one_of_fifty_wins_and_the_rest_give_the_alarm() {
    let mut stage = Stage::set(|settings| settings.tokens.refresh_retry_grace = Duration::ZERO).await;
    let first = stage.tokens().await;
    let replies = race(&stage, &first.refresh).await;
    let good: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(good.len(), 1, "exactly one is answered");
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        refused(reply, 400, "invalid_grant");
    }
    let won = Tokens::of(good[0]);
    refused(&stage.refresh(&won.refresh).await, 400, "invalid_grant");
    assert!(!stage.is_active(&won.access).await, "nobody knows which of them was the thief");
    assert_eq!(stage.count_audit("refresh_token.reused").await, 1);
}

#[tokio::test]
async fn a_109_a_restart_forgets_no_rotation() {
    let mut stage = Stage::new().await;
    let first = stage.tokens().await;
    let second = stage.refreshed(&first.refresh).await;
    // A new process has nothing but the database.
    let (address, _node) = stage.app.second_node();
    stage.app.advance(11);
    let mut fresh = at(&stage.browser, address);
    assert!(fresh.is_active(&stage.client, &second.refresh).await);
    assert!(!fresh.is_active(&stage.client, &first.refresh).await);
    refused(&fresh.refresh(&stage.client, &first.refresh).await, 400, "invalid_grant");
    refused(&fresh.refresh(&stage.client, &second.refresh).await, 400, "invalid_grant");
}

/// kill -9 of the process itself is a matter of the command line's tests; what it leaves is this: the files
/// as they are on disk at that moment.
#[tokio::test]
async fn a_109_what_was_answered_survives_a_crash() {
    let mut stage = Stage::new().await;
    let first = stage.tokens().await;
    let second = stage.refreshed(&first.refresh).await;
    let Some(image) = stage.app.kit.crash_image().await else { return };
    let survivor = TestApp::over(image, |_| {});
    survivor.advance(11);
    let mut browser = survivor.browser();
    let third = Tokens::of(&browser.refresh(&stage.client, &second.refresh).await);
    refused(&browser.refresh(&stage.client, &first.refresh).await, 400, "invalid_grant");
    assert!(!browser.is_active(&stage.client, &third.access).await);
}

#[tokio::test]
async fn a_110_a_refresh_token_works_for_its_own_client_only() {
    // The DPoP key of a public client comes with DPoP.
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let thief = stage.app.kit.add_client(&confidential()).await;
    let open = stage.app.kit.add_client(&public()).await;
    for client in [&thief, &open] {
        refused(&stage.browser.refresh(client, &tokens.refresh).await, 400, "invalid_grant");
    }
    let nobody = TestClient { id: stage.client.id.clone(), secret: String::new() };
    let reply = stage.browser.refresh(&nobody, &tokens.refresh).await;
    unproved(&reply);
    assert!(stage.is_active(&tokens.access).await, "the thief's tries do not end the owner's grant");
    stage.refreshed(&tokens.refresh).await;
}

#[tokio::test]
async fn a_111_a_refresh_gives_no_more_than_was_granted() {
    let mut stage = Stage::new().await;
    let granted = [("scope", "openid email offline_access")];
    let tokens = stage.tokens_for(&granted).await;
    let client = stage.client.clone();
    let form = |extra: (&'static str, &'static str)| {
        [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str()), extra]
    };
    for scope in ["openid email profile", "api.read", "openid email offline_access api.read", "admin"] {
        let reply = stage.browser.token(&client, &form(("scope", scope))).await;
        refused(&reply, 400, "invalid_scope");
    }
    for resource in ["https://api.example/", "http://localhost:8080", ""] {
        let reply = stage.browser.token(&client, &form(("resource", resource))).await;
        refused(&reply, 400, "invalid_target");
    }
    for twice in ["grant_type", "refresh_token", "scope"] {
        let doubled = [&form(("scope", "openid"))[..], &[(twice, "openid")]].concat();
        refused(&stage.browser.token(&client, &doubled).await, 400, "invalid_request");
    }
    // None of these used the token up, and less than granted is fine.
    let less = stage.browser.token(&client, &form(("scope", "openid"))).await;
    assert_eq!(less.json()["scope"], "openid", "{}", less.body);
    assert_eq!(claims(&member(&less, "access_token"))["scope"], "openid");
    // The narrowing was for that access token; the grant keeps what it had.
    let next = stage.refresh(&member(&less, "refresh_token")).await;
    assert_eq!(next.json()["scope"], "openid email offline_access", "{}", next.body);
}

#[tokio::test]
async fn a_112_an_unused_refresh_token_ends_at_the_idle_limit() {
    let mut stage = Stage::new().await;
    let (used, unused) = (stage.tokens().await, stage.tokens().await);
    stage.app.advance(8 * HOUR - 1);
    let next = stage.refreshed(&used.refresh).await;
    stage.app.advance(1);
    refused(&stage.refresh(&unused.refresh).await, 400, "invalid_grant");
    assert!(!stage.is_active(&unused.refresh).await);
    stage.app.advance(8 * HOUR - 2);
    let last = stage.refreshed(&next.refresh).await;
    stage.app.advance(8 * HOUR + 1);
    refused(&stage.refresh(&last.refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_112_steady_use_does_not_outlast_the_absolute_limit() {
    let mut stage = Stage::new().await;
    let mut tokens = stage.tokens().await;
    let most = 30 * 24 * HOUR;
    let step = 7 * HOUR;
    for _ in 0..most / step {
        stage.app.advance(step);
        tokens = stage.refreshed(&tokens.refresh).await;
    }
    let left = most - most / step * step;
    stage.app.advance(left - 1);
    tokens = stage.refreshed(&tokens.refresh).await;
    stage.app.advance(1);
    refused(&stage.refresh(&tokens.refresh).await, 400, "invalid_grant");
    assert!(!stage.is_active(&tokens.refresh).await);
}

#[tokio::test]
async fn a_112_a_native_application_has_a_longer_idle_limit_that_also_ends() {
    let mut stage = Stage::new().await;
    let tenant = stage.app.kit.tenant.clone();
    stage.client = stage.app.kit.add_client_of(&tenant, ClientKind::Native, &public()).await;
    let tokens = stage.tokens().await;
    stage.app.advance(14 * 24 * HOUR - 1);
    let next = stage.refreshed(&tokens.refresh).await;
    stage.app.advance(14 * 24 * HOUR);
    refused(&stage.refresh(&next.refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_113_the_grace_repeats_one_answer_and_forgives_nothing_else() {
    let mut stage = Stage::new().await;
    let first = stage.tokens().await;
    let second = stage.refreshed(&first.refresh).await;
    stage.app.advance(10);
    let again = stage.refreshed(&first.refresh).await;
    assert_eq!(again.refresh, second.refresh, "the answer that was lost, not a second lineage");
    // A retry does not move the window: it counts from the rotation.
    stage.app.advance(1);
    refused(&stage.refresh(&first.refresh).await, 400, "invalid_grant");
    refused(&stage.refresh(&second.refresh).await, 400, "invalid_grant");

    let first = stage.tokens().await;
    let second = stage.refreshed(&first.refresh).await;
    let third = stage.refreshed(&second.refresh).await;
    refused(&stage.refresh(&first.refresh).await, 400, "invalid_grant");
    refused(&stage.refresh(&third.refresh).await, 400, "invalid_grant");
    assert!(!stage.is_active(&third.access).await, "two back is no retry, however soon");

    let first = stage.tokens().await;
    stage.refreshed(&first.refresh).await;
    let other = stage.app.kit.add_client(&confidential()).await;
    let reply = stage.browser.refresh(&other, &first.refresh).await;
    refused(&reply, 400, "invalid_grant");
}

#[tokio::test]
async fn a_113_the_grace_does_not_outlive_a_revocation() {
    let mut stage = Stage::new().await;
    let first = stage.tokens().await;
    let second = stage.refreshed(&first.refresh).await;
    let client = (stage.client.id.clone(), stage.client.secret.clone());
    let form = [("token", second.refresh.as_str())];
    let reply = stage.browser.post_as("/revoke", (&client.0, &client.1), &form).await;
    assert_eq!(reply.status, 200);
    for tokens in [&first, &second] {
        refused(&stage.refresh(&tokens.refresh).await, 400, "invalid_grant");
        assert!(!stage.is_active(&tokens.access).await);
    }
}

#[tokio::test]
async fn a_113_everything_that_voids_a_grant_is_honoured_inside_the_grace() {
    let by = ClientMetadata { first_party: false, ..confidential() };
    for what in ["account", "sign out everywhere", "consent", "client", "session"] {
        let mut stage = Stage::with(&by).await;
        stage.allow("openid profile email offline_access").await;
        let scope = if what == "session" { "openid" } else { "openid offline_access" };
        let first = stage.tokens_for(&[("scope", scope)]).await;
        let second = stage.refreshed(&first.refresh).await;
        stage.app.advance(1);
        let (tenant, alice, now) =
            (stage.app.kit.tenant.id, stage.alice.id, stage.app.kit.services.clock.now());
        match what {
            "account" => stage.move_alice(Transition::Suspend).await,
            "sign out everywhere" => {
                stage.app.kit.write(move |tx| users::void_earlier(tx, tenant, alice, now)).await;
            }
            "consent" => stage.withdraw().await,
            "client" => {
                stage.enable_client(false).await;
                stage.enable_client(true).await;
            }
            _ => stage.end_sessions().await,
        }
        for tokens in [&first, &second] {
            let reply = stage.refresh(&tokens.refresh).await;
            refused(&reply, 400, "invalid_grant");
            assert!(!stage.is_active(&tokens.access).await, "{what}");
            gives_nothing(&reply);
        }
    }
}
