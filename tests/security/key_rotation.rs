//! Signing keys that change while tokens are made and checked. That the master key's file is
//! refused when others may read it is tested where it is read (`crypto::master_file`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use portico::domain::keys::{
    DEFAULT_LEAD, Rotation, RotationPlan, longest_token_life, make_successors, rotate,
};
use portico::domain::tenants::settle_keys;
use portico::store::signing_keys;
use portico::testkit::{Browser, TestClient, authorize_path, member};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::scene::{Stage, Tokens, at, header, invalid_token, told};

const LEAD: u64 = DEFAULT_LEAD.as_secs();

impl Stage {
    async fn rotate(&self, plan: RotationPlan) -> Rotation {
        let services = &self.app.kit.services;
        let tenant = self.app.kit.tenant.id;
        let at = (services.clock.now(), &services.rng);
        let successors = make_successors(&services.master, tenant, 2048, at).expect("keys");
        let (cx, longest) = (self.cx(), longest_token_life(&services.settings.tokens));
        let done = services.db.write(move |tx| rotate(tx, &cx, &successors, plan, longest)).await;
        let done = done.expect("a database that answers");
        self.app.spread_the_news().await;
        done
    }

    async fn settle(&self) {
        settle_keys(&self.app.kit.services).await.expect("a database that answers");
        self.app.spread_the_news().await;
    }

    async fn jwks(&mut self) -> Value {
        self.browser.get("/jwks").await.json()
    }
}

fn kids(jwks: &Value) -> BTreeSet<String> {
    let kid = |key: &Value| key["kid"].as_str().expect("a kid").to_owned();
    jwks["keys"].as_array().expect("keys").iter().map(kid).collect()
}

/// Whether a client that keeps this key set can check the token.
fn verifies(jwks: &Value, token: &str) -> bool {
    let kid = header(token)["kid"].clone();
    let Some(key) = jwks["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == kid) else {
        return false;
    };
    let jwk = Jwk::from_bytes(key.to_string()).expect("a JWK");
    let (input, signature) = token.rsplit_once('.').expect("a signature");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let verifier = josekit::jws::ES256.verifier_from_jwk(&jwk).expect("a verifier");
    josekit::jws::JwsVerifier::verify(&verifier, input.as_bytes(), &signature).is_ok()
}

#[tokio::test]
async fn a_194_a_new_key_is_known_before_it_signs_and_an_old_one_until_nothing_it_signed_lives() {
    let mut stage = Stage::new().await;
    let (second, _node) = stage.app.second_node();
    let before = stage.jwks().await;
    assert!(matches!(stage.rotate(RotationPlan::Announce(DEFAULT_LEAD)).await, Rotation::Done(_)));
    let announced = stage.jwks().await;
    assert_eq!((kids(&before).len(), kids(&announced).len()), (3, 6));
    assert_eq!(kids(&at(&stage.browser, second).get("/jwks").await.json()), kids(&announced));

    // The lead must be longer than a client may keep the set.
    let cached = stage.browser.get("/jwks").await;
    let told = cached.header("cache-control").expect("a word on caching").to_owned();
    let most: u64 = told.strip_prefix("public, max-age=").expect("a time").parse().expect("seconds");
    assert!(LEAD > most, "{told}");
    stage.app.advance(LEAD - 1);
    stage.settle().await;
    let last_old = stage.tokens().await;
    assert!(verifies(&before, &last_old.access) && verifies(&before, &last_old.id));
    stage.app.advance(1);
    stage.settle().await;
    let first_new = stage.tokens().await;
    assert!(!kids(&before).contains(header(&first_new.id)["kid"].as_str().expect("a kid")));
    for tokens in [&last_old, &first_new] {
        assert!(verifies(&announced, &tokens.access) && verifies(&announced, &tokens.id));
        for node in [stage.app.address, second] {
            let mut browser = at(&stage.browser, node);
            assert_eq!(browser.userinfo(&tokens.access).await.status, 200);
            assert!(browser.is_active(&stage.client, &tokens.access).await);
        }
        let hint = [("prompt", "none"), ("id_token_hint", tokens.id.as_str())];
        stage.browser.code(&stage.client, &hint).await;
    }
    stage.app.advance(598);
    stage.settle().await;
    assert_eq!(stage.browser.userinfo(&last_old.access).await.status, 200, "to its last second");
    assert!(verifies(&stage.jwks().await, &last_old.access));
    stage.app.advance(62 + 60);
    stage.settle().await;
    let after = kids(&stage.jwks().await);
    assert!(after.is_disjoint(&kids(&before)) && after.len() == 3);
    // A refresh token is not signed with these keys: it lives on.
    Tokens::of(&stage.browser.refresh(&stage.client, &last_old.refresh).await);
}

/// What one source of traffic shares with its test.
#[derive(Default)]
struct Traffic {
    rounds: AtomicU32,
    stop: AtomicBool,
}

impl Traffic {
    /// Works at one node until told to stop: issues a token there, shows it at both.
    async fn run(self: Arc<Self>, mut here: Browser, mut there: Browser, client: TestClient) {
        while !self.stop.load(Ordering::SeqCst) {
            let reply = here.token(&client, &[("grant_type", "client_credentials")]).await;
            assert_eq!(reply.status, 200, "{}", reply.body);
            let token = member(&reply, "access_token");
            assert!(here.is_active(&client, &token).await && there.is_active(&client, &token).await);
            self.rounds.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Waits for the round that runs now and a whole one after it; not for a source that has failed.
    async fn two_rounds(&self, task: &JoinHandle<()>) {
        let enough = self.rounds.load(Ordering::SeqCst) + 2;
        while self.rounds.load(Ordering::SeqCst) < enough && !task.is_finished() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

#[tokio::test]
async fn a_194_rotating_under_traffic_fails_nobody() {
    let stage = Stage::new().await;
    let (second, _node) = stage.app.second_node();
    let (one, two) = (stage.app.browser(), at(&stage.app.browser(), second));
    let (first, other) = (Arc::new(Traffic::default()), Arc::new(Traffic::default()));
    let client = &stage.client;
    let tasks = [
        tokio::spawn(first.clone().run(one.clone(), two.clone(), client.clone())),
        tokio::spawn(other.clone().run(two, one, client.clone())),
    ];
    for _ in 0..3 {
        stage.rotate(RotationPlan::Announce(DEFAULT_LEAD)).await;
        // In steps shorter than a token's life, with a round between them: none expires before it is shown.
        for _ in 0..5 {
            first.two_rounds(&tasks[0]).await;
            other.two_rounds(&tasks[1]).await;
            stage.app.advance(LEAD / 5);
            stage.settle().await;
        }
    }
    for source in [&first, &other] {
        source.stop.store(true, Ordering::SeqCst);
    }
    for task in tasks {
        task.await.expect("no request failed");
    }
}

#[tokio::test]
async fn a_194_an_emergency_drops_the_old_keys_at_once_on_both_nodes() {
    let mut stage = Stage::new().await;
    let (second, _node) = stage.app.second_node();
    let nodes = [stage.app.address, second];
    let before = stage.jwks().await;
    let old = stage.tokens().await;
    for node in nodes {
        // Remembered as verified on both: that must not help it.
        assert!(at(&stage.browser, node).is_active(&stage.client, &old.access).await);
    }
    stage.rotate(RotationPlan::Emergency).await;
    for node in nodes {
        let mut browser = at(&stage.browser, node);
        let now = browser.get("/jwks").await.json();
        assert!(kids(&now).is_disjoint(&kids(&before)));
        invalid_token(&browser.userinfo(&old.access).await);
        assert!(!browser.is_active(&stage.client, &old.access).await);
        let hint = [("prompt", "none"), ("id_token_hint", old.id.as_str())];
        let path = authorize_path(&stage.client, &hint);
        told(&browser.get(&path).await, "invalid_request");
    }
    let fresh = Tokens::of(&stage.browser.refresh(&stage.client, &old.refresh).await);
    for node in nodes {
        assert_eq!(at(&stage.browser, node).userinfo(&fresh.access).await.status, 200);
    }
}

#[tokio::test]
async fn a_194_private_keys_are_neither_published_nor_stored_in_clear() {
    let mut stage = Stage::new().await;
    let tenant = stage.app.kit.tenant.clone();
    let jwks = stage.jwks().await;
    for key in jwks["keys"].as_array().expect("keys") {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(key.get(private).is_none(), "{private} in {key}");
        }
        assert_eq!(key["use"], "sig");
    }
    let id = tenant.id;
    let rows = stage.app.kit.read(move |conn| signing_keys::list(conn, id)).await;
    assert_eq!(rows.len(), 3);
    for ring_key in tenant.ring.keys() {
        let clear = ring_key.key.to_pkcs8().expect("a key");
        for row in &rows {
            let window = &clear.expose()[clear.expose().len() - 24..];
            assert!(!row.private_key.windows(24).any(|stored| stored == window), "{} in clear", row.kid);
        }
    }
}
