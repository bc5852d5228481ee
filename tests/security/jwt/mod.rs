//! Forged and twisted JWTs over HTTP, wherever one is taken today: as a bearer token at userinfo, at
//! introspection, and as `id_token_hint`. Request objects, client assertions, logout tokens and the API's
//! bearer come with their issues; `crypto::attacks` tries the same on the verification itself.

mod kinds;
mod signatures;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico::crypto::SigningAlg;
use portico::domain::tenants::Tenant;
use portico::testkit::authorize_path;
use serde_json::{Value, json};

use super::scene::{Stage, Tokens, claims, gives_nothing, invalid_token, told};

/// Where a JWT is taken, with the type it must have there.
const TYPES: [&str; 2] = ["at+jwt", "JWT"];

impl Stage {
    /// Shows a token at every door; each must treat it as nothing.
    async fn refused_everywhere(&mut self, token: &str, what: &str) {
        self.refused_as_bearer(token, what).await;
        self.refused_as_hint(token, what).await;
    }

    async fn refused_as_bearer(&mut self, token: &str, what: &str) {
        let body = self.browser.post("/userinfo", &[("access_token", token)]).await;
        assert_eq!(body.status, 401, "{what}: {}", body.body);
        invalid_token(&body);
        // In a header it may not even be a token's syntax (RFC 6750 §2.1), or be too long for one.
        if token.len() < 8_000 && token.is_ascii() {
            let reply = self.browser.userinfo(token).await;
            assert!(matches!(reply.status, 400 | 401), "{what}: {} {}", reply.status, reply.body);
            gives_nothing(&reply);
        }
        let client = (self.client.id.clone(), self.client.secret.clone());
        let form = [("token", token)];
        let reply = self.browser.post_as("/introspect", (&client.0, &client.1), &form).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "{\"active\":false}"), "{what}");
        let reply = self.browser.post_as("/revoke", (&client.0, &client.1), &form).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""), "{what}: told nothing (RFC 7009 §2.2)");
    }

    async fn refused_as_hint(&mut self, token: &str, what: &str) {
        let path = authorize_path(&self.client, &[("prompt", "none"), ("id_token_hint", token)]);
        let (path, query) = path.split_once('?').expect("a query");
        // By POST, because some of these are longer than a URL may be.
        let method = reqwest::Method::POST;
        let reply = self.browser.send(method, path, Some(query.to_owned()), &[]).await;
        assert_eq!(reply.status, 303, "{what}: {}", reply.body);
        told(&reply, "invalid_request");
    }

    /// The doors do open for the real tokens.
    async fn doors_work(&mut self, tokens: &Tokens) {
        assert_eq!(self.browser.userinfo(&tokens.access).await.status, 200);
        assert!(self.is_active(&tokens.access).await);
        let hint = [("prompt", "none"), ("id_token_hint", tokens.id.as_str())];
        assert!(self.browser.code(&self.client, &hint).await.starts_with("ptc_"));
    }

    fn tenant(&self) -> &Tenant {
        &self.app.kit.tenant
    }
}

fn kid(tenant: &Tenant, alg: SigningAlg) -> String {
    tenant.ring.signer(alg).expect("a key").key().kid().to_owned()
}

fn input(header: &Value, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload))
}

fn with_signature(input: &str, signature: &[u8]) -> String {
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Under a good signature of the tenant's own key, so that only what is signed can be at fault.
fn signed(tenant: &Tenant, alg: SigningAlg, header: &Value, payload: &str) -> String {
    let input = input(header, payload);
    let key = tenant.ring.signer(alg).expect("a key").key();
    with_signature(&input, &key.sign(alg, input.as_bytes()).expect("a signature"))
}

/// Header and claims of a good token of this type, to be spoilt in one place.
fn model(stage: &Stage, tokens: &Tokens, typ: &str) -> (Value, Value) {
    let claims = claims(if typ == "JWT" { &tokens.id } else { &tokens.access });
    (json!({ "alg": "ES256", "kid": kid(stage.tenant(), SigningAlg::Es256), "typ": typ }), claims)
}

#[tokio::test]
async fn the_forger_of_these_tests_can_make_tokens_that_count() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    stage.doors_work(&tokens).await;
    let forged = |typ| {
        let (header, claims) = model(&stage, &tokens, typ);
        signed(stage.tenant(), SigningAlg::Es256, &header, &claims.to_string())
    };
    let made = Tokens { access: forged("at+jwt"), refresh: String::new(), id: forged("JWT") };
    stage.doors_work(&made).await;
}
