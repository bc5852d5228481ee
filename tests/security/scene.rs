//! What these tests begin with: a server, a client, a person who is signed in, a set of tokens; and what
//! every refusal must look like.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico::domain::clients::{self, ClientMetadata};
use portico::domain::people::{self, StateOutcome};
use portico::domain::{Fault, Settings, tenants};
use portico::kernel::{Actor, ClientId, Clock, Cx, Rng, ScopeSet, TenantSlug, Transition, UserId};
use portico::store::users::{self, UserRow};
use portico::store::{consents, list_audit, sessions};
use portico::testkit::{
    Browser, NOON, NewPerson, Reply, TestApp, TestClient, authorize_path, confidential, member,
    services_chosen,
};
use serde_json::Value;

/// A server, a client, and a browser in which alice is signed in.
pub struct Stage {
    pub app: TestApp,
    pub client: TestClient,
    pub alice: UserRow,
    pub browser: Browser,
}

/// What the token endpoint gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub id: String,
}

impl Tokens {
    pub fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.body);
        let of = |name| member(reply, name);
        Self { access: of("access_token"), refresh: of("refresh_token"), id: of("id_token") }
    }
}

impl Stage {
    /// A confidential client that may do everything.
    pub async fn new() -> Self {
        Self::with(&confidential()).await
    }

    pub async fn with(metadata: &ClientMetadata) -> Self {
        Self::over(TestApp::start().await, metadata).await
    }

    /// With other settings than the tests' usual ones.
    pub async fn set(change: impl FnOnce(&mut Settings)) -> Self {
        let mut kit = services_chosen(Clock::frozen(NOON), Rng::seeded(1)).await;
        kit.set(change);
        Self::over(TestApp::over(kit, |_| {}), &confidential()).await
    }

    pub async fn over(app: TestApp, metadata: &ClientMetadata) -> Self {
        let client = app.kit.add_client(metadata).await;
        let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
        let mut browser = app.browser();
        app.kit.sign_in(&mut browser, &alice).await;
        Self { app, client, alice, browser }
    }

    /// Tokens by the whole way: a code, redeemed.
    pub async fn tokens(&mut self) -> Tokens {
        self.tokens_for(&[]).await
    }

    /// The same with other parameters of the authorization request.
    pub async fn tokens_for(&mut self, extra: &[(&str, &str)]) -> Tokens {
        let code = self.browser.code(&self.client, extra).await;
        Tokens::of(&self.browser.redeem(&self.client, &code).await)
    }

    /// An authorization request that may ask nobody anything.
    pub async fn silently(&mut self) -> Reply {
        self.browser.get(&authorize_path(&self.client, &[("prompt", "none")])).await
    }

    pub async fn is_active(&mut self, token: &str) -> bool {
        self.browser.is_active(&self.client, token).await
    }

    /// A context in which an operator works.
    pub fn cx(&self) -> Cx {
        Cx { actor: Actor::Operator, ..self.app.kit.cx() }
    }

    /// Moves alice between the states of an account, as an administrator does.
    pub async fn move_alice(&self, transition: Transition) {
        let (cx, id) = (self.cx(), self.alice.id);
        let done = self
            .app
            .kit
            .services
            .db
            .write::<_, Fault, _>(move |tx| people::change_state(tx, &cx, id, transition, Some("test")));
        let done = done.await.expect("a database that answers");
        assert!(matches!(done, StateOutcome::Changed { .. }), "{transition:?}: {done:?}");
    }

    /// Disables or enables the client.
    pub async fn enable_client(&self, enabled: bool) {
        let (cx, id) = (self.cx(), ClientId::from_text(&self.client.id));
        let done = self
            .app
            .kit
            .services
            .db
            .write::<_, Fault, _>(move |tx| clients::set_enabled(tx, &cx, &id, enabled));
        assert!(done.await.expect("a database that answers"));
        self.app.spread_the_news().await;
    }

    /// Replaces what the client is registered with.
    pub async fn register_anew(&self, metadata: &ClientMetadata) {
        let (tenant, now) = (self.app.kit.tenant.id, self.app.kit.services.clock.now());
        let id = ClientId::from_text(&self.client.id);
        let text = serde_json::to_string(metadata).expect("metadata");
        let done = self
            .app
            .kit
            .write(move |tx| portico::store::clients::update(tx, tenant, &id, "Test App", &text, now));
        assert!(done.await);
        self.app.spread_the_news().await;
    }

    /// Alice allows the client these scopes, as the consent page would store it.
    pub async fn allow(&self, scope: &str) {
        let (tenant, alice, now) = (self.app.kit.tenant.id, self.alice.id, self.app.kit.services.clock.now());
        let client = ClientId::from_text(&self.client.id);
        let scope = ScopeSet::parse(scope).expect("scopes");
        self.app.kit.write(move |tx| consents::put(tx, tenant, alice, &client, &scope, now)).await;
    }

    /// Alice withdraws what she allowed the client.
    pub async fn withdraw(&self) {
        let (tenant, alice, now) = (self.app.kit.tenant.id, self.alice.id, self.app.kit.services.clock.now());
        let client = ClientId::from_text(&self.client.id);
        assert!(self.app.kit.write(move |tx| consents::revoke(tx, tenant, alice, &client, now)).await);
    }

    /// An administrator ends every session alice has.
    pub async fn end_sessions(&self) {
        let (tenant, alice, now) = (self.app.kit.tenant.id, self.alice.id, self.app.kit.services.clock.now());
        let ended =
            self.app.kit.write(move |tx| sessions::end_of_user(tx, tenant, alice, "admin", now)).await;
        assert!(ended > 0);
    }

    /// Adds another person with these roles.
    pub async fn add_with_roles(&self, name: &str, roles: &str) -> UserRow {
        let kit = &self.app.kit;
        let id = UserId::new(kit.services.clock.now(), &kit.services.rng);
        let row = UserRow {
            id,
            username: name.to_owned(),
            username_key: name.to_owned(),
            roles: roles.to_owned(),
            ..self.alice.clone()
        };
        let (tenant, stored) = (kit.tenant.id, row.clone());
        kit.write(move |tx| users::insert(tx, tenant, &stored)).await;
        row
    }

    /// How many events of a kind the audit trail holds.
    pub async fn count_audit(&self, kind: &'static str) -> usize {
        let tenant = self.app.kit.tenant.id;
        let rows = self.app.kit.read(move |conn| list_audit(conn, tenant, None, 500));
        rows.await.iter().filter(|row| row.kind == kind).count()
    }
}

/// Disables or enables a tenant other than the default one.
pub async fn enable_tenant(app: &TestApp, slug: &str, enabled: bool) {
    let slug = TenantSlug::parse(slug).expect("a slug");
    let cx = Cx { actor: Actor::Operator, ..app.kit.cx() };
    let done = app.kit.services.db.write(move |tx| tenants::set_enabled(tx, &cx, &slug, enabled)).await;
    assert!(done.is_ok(), "{done:?}");
    app.spread_the_news().await;
}

/// The same browser, cookies and all, at another node.
pub fn at(browser: &Browser, node: SocketAddr) -> Browser {
    let mut moved = browser.clone();
    moved.server = node;
    moved
}

/// A refusal of a JSON endpoint: this status and error, and nothing that works.
#[track_caller]
pub fn refused(reply: &Reply, status: u16, error: &str) {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_eq!(reply.json()["error"], error, "{}", reply.body);
    assert_eq!(reply.header("location"), None);
    gives_nothing(reply);
}

/// A refusal of a client that did not prove itself (RFC 6749 §5.2, RFC 9110 §11.6.1).
#[track_caller]
pub fn unproved(reply: &Reply) {
    refused(reply, 401, "invalid_client");
    let challenge = reply.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Basic "), "{challenge}");
}

/// A bearer token that counts for nothing (RFC 6750 §3.1).
#[track_caller]
pub fn invalid_token(reply: &Reply) {
    refused(reply, 401, "invalid_token");
    let challenge = reply.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""), "{challenge}");
}

/// Neither a code nor a token of any kind is in the answer.
#[track_caller]
pub fn gives_nothing(reply: &Reply) {
    let location = reply.header("location").unwrap_or_default();
    for part in [reply.body.as_str(), location] {
        for secret in ["ptc_", "ptr_", "pta_", "ptz_", "eyJ", "access_token\":", "code="] {
            assert!(!part.contains(secret), "{secret} in {part}");
        }
    }
    assert!(reply.status < 500, "{} {}", reply.status, reply.body);
}

/// A redirect to the client with this error, state and issuer, and no code.
#[track_caller]
pub fn told(reply: &Reply, error: &str) {
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(reply.param("error").as_deref(), Some(error), "{}", reply.location());
    assert_eq!(reply.param("state").as_deref(), Some("the-state"));
    assert!(reply.param("iss").is_some());
    gives_nothing(reply);
}

/// An error page: nothing goes to the client.
#[track_caller]
pub fn on_a_page(reply: &Reply) {
    assert!((400..500).contains(&reply.status), "{}", reply.status);
    assert_eq!(reply.header("location"), None);
    gives_nothing(reply);
}

/// The claims of a JWT, unchecked.
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header of a JWT.
pub fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}
