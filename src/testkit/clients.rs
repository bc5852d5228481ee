//! Clients and the code flow for tests.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Browser, Reply, TestServices};
use crate::domain::clients::{ClientKind, ClientMetadata};
use crate::domain::signin::{NewSession, start_session};
use crate::domain::tenants::Tenant;
use crate::kernel::{ClientId, ScopeSet, Secret, Timestamp, TokenKind};
use crate::spec::oauth::{AuthMethod, GrantType};
use crate::store::clients::{self, ClientRow, SecretRow};
use crate::store::users::UserRow;

/// The redirect URI of test clients.
pub const CALLBACK: &str = "https://app.example/cb";
/// The PKCE verifier of test requests.
pub const VERIFIER: &str = "test-verifier-test-verifier-test-verifier-0";

/// A registered client of a test.
#[derive(Clone, Debug)]
pub struct TestClient {
    /// Its identifier.
    pub id: String,
    /// Its secret; empty for a public one.
    pub secret: String,
}

/// Metadata of a confidential client that may do everything there is.
pub fn confidential() -> ClientMetadata {
    ClientMetadata {
        redirect_uris: vec![CALLBACK.to_owned()],
        post_logout_redirect_uris: vec!["https://app.example/bye".to_owned()],
        grant_types: GrantType::ALL.to_vec(),
        scope: ScopeSet::parse("openid profile email offline_access api.read").expect("scopes"),
        first_party: true,
        ..ClientMetadata::default()
    }
}

/// Metadata of a public client.
pub fn public() -> ClientMetadata {
    ClientMetadata {
        token_endpoint_auth_method: AuthMethod::None,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        ..confidential()
    }
}

/// The S256 challenge of [`VERIFIER`].
pub fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()))
}

impl TestServices {
    /// Registers a client of the default tenant.
    pub async fn add_client(&self, metadata: &ClientMetadata) -> TestClient {
        self.add_client_of(&self.tenant, ClientKind::Web, metadata).await
    }

    /// Registers a client.
    pub async fn add_client_of(
        &self,
        tenant: &Tenant,
        kind: ClientKind,
        metadata: &ClientMetadata,
    ) -> TestClient {
        let (now, rng) = (self.services.clock.now(), &self.services.rng);
        let id = ClientId::new(now, rng);
        let row = ClientRow {
            tenant: tenant.id,
            id: id.clone(),
            name: "Test App".to_owned(),
            kind: kind.as_str().to_owned(),
            state: "active".to_owned(),
            metadata: serde_json::to_string(metadata).expect("metadata"),
            not_before: Timestamp::from_micros(0),
            created_at: now,
            updated_at: now,
        };
        let public = metadata.token_endpoint_auth_method == AuthMethod::None;
        let secret = TokenKind::ClientSecret.random(rng);
        let kept = SecretRow {
            tenant: tenant.id,
            client: id.clone(),
            id: "1".to_owned(),
            hash: tenant.keys.client_secret_hash(secret.expose()),
            created_at: now,
            expires_at: None,
        };
        let tenant_id = tenant.id;
        self.write(move |tx| {
            clients::insert(tx, tenant_id, &row)?;
            if public { Ok(()) } else { clients::insert_secret(tx, tenant_id, &kept) }
        })
        .await;
        let secret = if public { String::new() } else { secret.expose().to_owned() };
        TestClient { id: id.as_str().to_owned(), secret }
    }

    /// Signs a person in without the pages; gives the browser the session cookie.
    pub async fn sign_in(&self, browser: &mut Browser, user: &UserRow) -> Secret {
        let (user, cx, tenant) = (user.clone(), self.cx(), self.tenant.id);
        let limits = self.services.settings.sessions.clone();
        let cookie = self
            .write(move |tx| {
                let new = NewSession {
                    user: &user,
                    amr: &["pwd"],
                    acr: crate::domain::signin::ACR_PASSWORD,
                    user_agent: None,
                    replaces: None,
                };
                start_session(tx, &cx, tenant, &limits, &new).map(|(_, cookie)| cookie)
            })
            .await;
        browser.cookies.insert("portico_session".to_owned(), cookie.expose().to_owned());
        cookie
    }
}

/// The path of an authorization request with PKCE, state and nonce; `extra` replaces or adds parameters, an
/// empty value removes one.
pub fn authorize_path(client: &TestClient, extra: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut params = vec![
        ("response_type", "code"),
        ("client_id", client.id.as_str()),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile email offline_access"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in extra {
        params.retain(|(known, _)| known != name);
        if !value.is_empty() {
            params.push((name, value));
        }
    }
    format!("/authorize?{}", super::encode(&params))
}

impl Browser {
    /// Gets a code with a live session.
    ///
    /// # Panics
    /// When the answer carries none.
    pub async fn code(&mut self, client: &TestClient, extra: &[(&str, &str)]) -> String {
        let reply = self.get(&authorize_path(client, extra)).await;
        reply.param("code").unwrap_or_else(|| panic!("no code in {}", reply.location()))
    }

    /// Redeems a code.
    pub async fn redeem(&mut self, client: &TestClient, code: &str) -> Reply {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.token(client, &form).await
    }

    /// A request at the token endpoint.
    pub async fn token(&mut self, client: &TestClient, form: &[(&str, &str)]) -> Reply {
        if client.secret.is_empty() {
            let mut form = form.to_vec();
            form.push(("client_id", &client.id));
            return self.post("/token", &form).await;
        }
        self.post_as("/token", (&client.id, &client.secret), form).await
    }

    /// Exchanges a refresh token.
    pub async fn refresh(&mut self, client: &TestClient, token: &str) -> Reply {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Whether introspection calls a token active.
    pub async fn is_active(&mut self, client: &TestClient, token: &str) -> bool {
        let reply = self.post_as("/introspect", (&client.id, &client.secret), &[("token", token)]).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json().get("active") == Some(&serde_json::Value::Bool(true))
    }

    /// The status of userinfo for a token.
    pub async fn userinfo(&mut self, token: &str) -> Reply {
        let header = format!("Bearer {token}");
        self.send(reqwest::Method::GET, "/userinfo", None, &[("authorization", &header)]).await
    }
}

/// A member of a token response.
///
/// # Panics
/// When it is not there.
pub fn member(reply: &Reply, name: &str) -> String {
    let json = reply.json();
    let text = json.get(name).and_then(serde_json::Value::as_str);
    text.unwrap_or_else(|| panic!("no {name} in {}", reply.body)).to_owned()
}
