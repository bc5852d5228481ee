//! Two tenants on one server: nothing of one works at the other, and one that is disabled is gone.

use std::sync::Arc;

use portico::domain::clients::ClientKind;
use portico::domain::signin::{ACR_PASSWORD, NewSession, start_session};
use portico::domain::tenants::Tenant;
use portico::kernel::{ClientId, Cx, UserId};
use portico::store::clients;
use portico::store::users::{self, UserRow};
use portico::testkit::{
    Browser, CALLBACK, Reply, TestApp, TestClient, VERIFIER, authorize_path, confidential,
};
use reqwest::Method;

use super::scene::{
    Stage, Tokens, at, enable_tenant, gives_nothing, invalid_token, on_a_page, refused, told, unproved,
};

/// Another tenant with a client and a signed-in person of its own.
struct Other {
    tenant: Arc<Tenant>,
    client: TestClient,
    browser: Browser,
}

const SLUG: &str = "acme";

impl Other {
    async fn beside(stage: &Stage) -> Self {
        let kit = &stage.app.kit;
        let tenant = kit.add_tenant(SLUG).await;
        let client = kit.add_client_of(&tenant, ClientKind::Web, &confidential()).await;
        let id = UserId::new(kit.services.clock.now(), &kit.services.rng);
        let user = UserRow { tenant: tenant.id, id, ..stage.alice.clone() };
        let cx =
            Cx { tenant: tenant.id, slug: tenant.slug.clone(), issuer: tenant.issuer.clone(), ..kit.cx() };
        let (tenant_id, limits) = (tenant.id, kit.services.settings.sessions.clone());
        let cookie = kit.write(move |tx| {
            users::insert(tx, tenant_id, &user)?;
            let new = NewSession {
                user: &user,
                amr: &["pwd"],
                acr: ACR_PASSWORD,
                user_agent: None,
                replaces: None,
            };
            start_session(tx, &cx, tenant_id, &limits, &new).map(|(_, cookie)| cookie)
        });
        let mut browser = stage.app.browser();
        browser.cookies.insert(format!("portico_session_{SLUG}"), cookie.await.expose().to_owned());
        stage.app.spread_the_news().await;
        Self { tenant, client, browser }
    }

    async fn post(&mut self, path: &str, client: &TestClient, form: &[(&str, &str)]) -> Reply {
        post(&mut self.browser, &format!("/t/{SLUG}{path}"), client, form).await
    }

    async fn code(&mut self) -> String {
        let path = format!("/t/{SLUG}{}", authorize_path(&self.client, &[]));
        let reply = self.browser.get(&path).await;
        assert_eq!(reply.param("iss").as_deref(), Some("http://localhost:8080/t/acme"));
        reply.param("code").expect("a code")
    }

    async fn tokens(&mut self) -> Tokens {
        let code = self.code().await;
        let client = self.client.clone();
        Tokens::of(&self.post("/token", &client, &redeeming(&code)).await)
    }
}

async fn post(browser: &mut Browser, path: &str, client: &TestClient, form: &[(&str, &str)]) -> Reply {
    browser.post_as(path, (&client.id, &client.secret), form).await
}

fn redeeming(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

fn refreshing(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

async fn userinfo(browser: &mut Browser, base: &str, token: &str) -> Reply {
    let bearer = format!("Bearer {token}");
    browser.send(Method::GET, &format!("{base}/userinfo"), None, &[("authorization", &bearer)]).await
}

#[tokio::test]
async fn a_033_codes_and_refresh_tokens_of_one_tenant_are_nothing_at_another() {
    let mut stage = Stage::new().await;
    let mut other = Other::beside(&stage).await;
    let (ours, theirs) = (stage.tokens().await, other.tokens().await);
    let our_code = stage.browser.code(&stage.client, &[]).await;
    let their_code = other.code().await;
    let (our_client, their_client) = (stage.client.clone(), other.client.clone());
    refused(&other.post("/token", &their_client, &redeeming(&our_code)).await, 400, "invalid_grant");
    refused(&stage.browser.redeem(&our_client, &their_code).await, 400, "invalid_grant");
    refused(&other.post("/token", &their_client, &refreshing(&ours.refresh)).await, 400, "invalid_grant");
    refused(&stage.browser.refresh(&our_client, &theirs.refresh).await, 400, "invalid_grant");
    for token in [&ours.access, &ours.refresh] {
        let reply = other.post("/introspect", &their_client, &[("token", token)]).await;
        assert_eq!(reply.body, "{\"active\":false}");
        assert_eq!(other.post("/revoke", &their_client, &[("token", token)]).await.status, 200);
        assert!(stage.is_active(token).await, "nor can it be revoked from there");
    }
    invalid_token(&userinfo(&mut other.browser, "/t/acme", &ours.access).await);
    invalid_token(&userinfo(&mut stage.browser, "", &theirs.access).await);
    // Each still works at home: nothing above used anything up.
    assert_eq!(stage.browser.redeem(&our_client, &our_code).await.status, 200);
    assert_eq!(other.post("/token", &their_client, &redeeming(&their_code)).await.status, 200);
    assert_eq!(stage.browser.refresh(&our_client, &ours.refresh).await.status, 200);
    assert_eq!(other.post("/token", &their_client, &refreshing(&theirs.refresh)).await.status, 200);
}

#[tokio::test]
async fn a_033_a_client_of_one_tenant_is_unknown_at_another() {
    let mut stage = Stage::new().await;
    let mut other = Other::beside(&stage).await;
    let (ours, theirs) = (stage.client.clone(), other.client.clone());
    let form = [("grant_type", "client_credentials"), ("token", "x")];
    for path in ["/token", "/introspect", "/revoke"] {
        unproved(&other.post(path, &ours, &form).await);
        unproved(&post(&mut stage.browser, path, &theirs, &form).await);
    }
    let reply = other.browser.get(&format!("/t/acme{}", authorize_path(&ours, &[]))).await;
    on_a_page(&reply);
    on_a_page(&stage.browser.get(&authorize_path(&theirs, &[])).await);
    // The same identifier registered in both: the secret of one does not open the other.
    let kit = &stage.app.kit;
    let id = ClientId::from_text(&ours.id);
    let (from, to) = (kit.tenant.id, other.tenant.id);
    let row = kit.read(move |conn| clients::find(conn, from, &id)).await.expect("our client");
    kit.write(move |tx| clients::insert(tx, to, &row)).await;
    stage.app.spread_the_news().await;
    unproved(&other.post("/token", &ours, &form).await);
}

#[tokio::test]
async fn a_033_a_session_of_one_tenant_is_anonymous_at_another() {
    let mut stage = Stage::new().await;
    let mut other = Other::beside(&stage).await;
    let ours = stage.browser.cookies["portico_session"].clone();
    let theirs = other.browser.cookies["portico_session_acme"].clone();
    let silent = [("prompt", "none")];
    for (name, value) in
        [("portico_session_acme", &ours), ("portico_session", &theirs), ("portico_session", &ours)]
    {
        let mut thief = stage.app.browser();
        thief.cookies.insert(name.to_owned(), value.clone());
        let reply = thief.get(&format!("/t/acme{}", authorize_path(&other.client, &silent))).await;
        told(&reply, "login_required");
    }
    for (name, value) in [("portico_session", &theirs), ("portico_session_acme", &theirs)] {
        let mut thief = stage.app.browser();
        thief.cookies.insert(name.to_owned(), value.clone());
        told(&thief.get(&authorize_path(&stage.client, &silent)).await, "login_required");
    }
    let tokens = stage.tokens().await;
    let hint = [("prompt", "none"), ("id_token_hint", tokens.id.as_str())];
    let reply = other.browser.get(&format!("/t/acme{}", authorize_path(&other.client, &hint))).await;
    told(&reply, "invalid_request");
}

#[tokio::test]
async fn a_034_a_disabled_tenant_answers_nothing_on_either_node() {
    let mut stage = Stage::new().await;
    let mut other = Other::beside(&stage).await;
    let (second, _node) = stage.app.second_node();
    let tokens = other.tokens().await;
    let code = other.code().await;
    let client = other.client.clone();
    assert_eq!(at(&other.browser, second).get("/t/acme/jwks").await.status, 200);
    stage.app.advance(1);
    enable_tenant(&stage.app, SLUG, false).await;
    for node in [second, stage.app.address] {
        let mut browser = at(&other.browser, node);
        let silent = authorize_path(&client, &[("prompt", "none")]);
        let requests = [
            browser.get("/t/acme/.well-known/openid-configuration").await,
            browser.get("/.well-known/oauth-authorization-server/t/acme").await,
            browser.get("/t/acme/jwks").await,
            browser.get(&format!("/t/acme{silent}")).await,
            userinfo(&mut browser, "/t/acme", &tokens.access).await,
            post(&mut browser, "/t/acme/token", &client, &redeeming(&code)).await,
            post(&mut browser, "/t/acme/token", &client, &refreshing(&tokens.refresh)).await,
            post(&mut browser, "/t/acme/introspect", &client, &[("token", &tokens.access)]).await,
            post(&mut browser, "/t/acme/revoke", &client, &[("token", &tokens.access)]).await,
        ];
        for reply in requests {
            assert_eq!(reply.status, 404, "{}", reply.body);
            assert_eq!(reply.header("location"), None);
            gives_nothing(&reply);
        }
    }
    // The others go on.
    stage.tokens().await;

    enable_tenant(&stage.app, SLUG, true).await;
    for node in [second, stage.app.address] {
        other.browser.server = node;
        invalid_token(&userinfo(&mut other.browser, "/t/acme", &tokens.access).await);
        for token in [&tokens.access, &tokens.refresh] {
            let reply = other.post("/introspect", &client, &[("token", token)]).await;
            assert_eq!(reply.body, "{\"active\":false}");
        }
        refused(&other.post("/token", &client, &refreshing(&tokens.refresh)).await, 400, "invalid_grant");
        refused(&other.post("/token", &client, &redeeming(&code)).await, 400, "invalid_grant");
        let silent = authorize_path(&client, &[("prompt", "none")]);
        told(&other.browser.get(&format!("/t/acme{silent}")).await, "login_required");
    }
}

/// CVE-2026-8922: the later of the two marks counts, whichever it is.
#[tokio::test]
async fn a_113_the_marks_of_tenant_and_client_are_both_honoured() {
    for tenant_first in [true, false] {
        let stage = Stage::new().await;
        let mut other = Other::beside(&stage).await;
        let client = other.client.clone();
        let early = other.tokens().await;
        stage.app.advance(2);
        mark(&stage.app, &other, tenant_first).await;
        stage.app.advance(2);
        let middle = if tenant_first {
            // The session fell with the tenant's mark.
            None
        } else {
            Some(other.tokens().await)
        };
        stage.app.advance(2);
        mark(&stage.app, &other, !tenant_first).await;
        for tokens in [Some(early), middle].into_iter().flatten() {
            refused(&other.post("/token", &client, &refreshing(&tokens.refresh)).await, 400, "invalid_grant");
            invalid_token(&userinfo(&mut other.browser, "/t/acme", &tokens.access).await);
        }
    }
}

/// Disables and enables the tenant, or the client: everything made until now is void.
async fn mark(app: &TestApp, other: &Other, tenant: bool) {
    if tenant {
        enable_tenant(app, SLUG, false).await;
        enable_tenant(app, SLUG, true).await;
        return;
    }
    let (id, tenant, now) = (other.client.id.clone(), other.tenant.id, app.kit.services.clock.now());
    let id = ClientId::from_text(id);
    for state in ["disabled", "active"] {
        let id = id.clone();
        let done = app.kit.write(move |tx| clients::set_state(tx, tenant, &id, state, now));
        assert!(done.await);
    }
    app.spread_the_news().await;
}
