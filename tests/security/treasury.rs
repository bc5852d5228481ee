//! One of every credential there is, and every place where one can be shown.

use portico::domain::clients::{ClientMetadata, TokenFormat};
use portico::domain::signin::{LinkPurpose, find_link, make_link};
use portico::kernel::{Secret, TokenKind};
use portico::testkit::{TestClient, authorize_path, confidential, encode, member};
use reqwest::Method;

use super::stage::{Stage, assert_empty_handed, assert_refused, assert_told};

/// One of each kind of credential there is, all of them good.
pub struct Treasury {
    kinds: Vec<(&'static str, String)>,
    /// The owner of the opaque tokens; `stage.client` owns the JWTs.
    pub opaque: TestClient,
}

impl Treasury {
    pub async fn fill(stage: &mut Stage) -> Self {
        let kit = &stage.app.kit;
        let opaque = kit
            .add_client(&ClientMetadata { access_token_format: TokenFormat::Opaque, ..confidential() })
            .await;
        let (tenant, cx, alice) = (kit.tenant.id, kit.cx(), stage.alice.clone());
        let link = kit.write(move |tx| make_link(tx, &cx, tenant, &alice, LinkPurpose::Recover)).await;
        let device = kit.tenant.keys.device_token(&stage.alice.id, kit.services.clock.now());
        let browser_cookie = TokenKind::Browser.random(&kit.services.rng);
        let code = stage.code().await;
        let used = stage.code().await;
        let tokens = stage.browser.redeem(&stage.client, &used).await;
        let sealed = stage.browser.code(&opaque, &[]).await;
        let sealed = stage.browser.redeem(&opaque, &sealed).await;
        let kinds = vec![
            ("code", code),
            ("refresh token", member(&tokens, "refresh_token")),
            ("access token", member(&tokens, "access_token")),
            ("ID token", member(&tokens, "id_token")),
            ("opaque access token", member(&sealed, "access_token")),
            ("client secret", stage.client.secret.clone()),
            ("session", stage.browser.cookies["portico_session"].clone()),
            ("browser", browser_cookie.expose().to_owned()),
            ("device", device.expose().to_owned()),
            ("link", link.0.expose().to_owned()),
        ];
        Self { kinds, opaque }
    }

    pub fn get(&self, kind: &str) -> &str {
        &self.kinds.iter().find(|(name, _)| *name == kind).unwrap().1
    }

    /// All but these, and each of those with the label and the checksum of `label`.
    pub fn others(&self, own: &[&str], label: TokenKind) -> Vec<(String, String)> {
        let mut others = Vec::new();
        for (name, token) in self.kinds.iter().filter(|(name, _)| !own.contains(name)) {
            others.push(((*name).to_owned(), token.clone()));
            if let Some(body) = body_of(token) {
                let forged = label.encode(&body).expose().to_owned();
                others.push((format!("{name} with another label"), forged));
            }
        }
        others
    }
}

const KINDS: [TokenKind; 8] = [
    TokenKind::Code,
    TokenKind::Refresh,
    TokenKind::Access,
    TokenKind::ClientSecret,
    TokenKind::Session,
    TokenKind::Browser,
    TokenKind::Device,
    TokenKind::Link,
];

fn body_of(token: &str) -> Option<Vec<u8>> {
    KINDS.iter().find_map(|kind| kind.decode(token).ok())
}

/// Whether this cookie signs anybody in.
pub async fn signs_in(stage: &Stage, cookie: &str) -> bool {
    let mut browser = stage.app.browser();
    browser.cookies.insert("portico_session".to_owned(), cookie.to_owned());
    let reply = browser.get(&authorize_path(&stage.client, &[("prompt", "none")])).await;
    if reply.param("code").is_some() {
        return true;
    }
    assert_told(&reply, "login_required", Some("the-state"), cookie);
    false
}

/// Whether this secret proves the stage's client, at the token endpoint.
pub async fn proves(stage: &Stage, secret: &str) -> bool {
    let client = TestClient { secret: secret.to_owned(), ..stage.client.clone() };
    let form = [("grant_type", "client_credentials"), ("scope", "api.read")];
    let reply = stage.app.browser().token(&client, &form).await;
    if reply.status == 200 {
        return true;
    }
    assert_refused(&reply, 401, "invalid_client", secret);
    false
}

/// Whether userinfo takes this token.
pub async fn opens_userinfo(stage: &Stage, token: &str) -> bool {
    let mut browser = stage.app.browser();
    let in_header = browser.userinfo(token).await;
    let form = Some(encode(&[("access_token", token)]));
    let in_form = browser.send(Method::POST, "/userinfo", form, &[]).await;
    if in_header.status == 200 && in_form.status == 200 {
        return true;
    }
    for reply in [in_header, in_form] {
        assert_empty_handed(&reply, token);
        // A header that cannot hold any token is a bad request, before it is a bad token (RFC 6750 §3.1).
        let error = if reply.status == 400 { "invalid_request" } else { "invalid_token" };
        assert!(matches!(reply.status, 400 | 401), "{token}: {}", reply.body);
        assert_eq!(reply.json()["error"], error, "{token}");
    }
    false
}

pub async fn opens_link(stage: &Stage, token: &str) -> bool {
    let kit = &stage.app.kit;
    let (tenant, now, token) = (kit.tenant.id, kit.services.clock.now(), Secret::new(token));
    kit.read(move |conn| find_link(conn, tenant, token.expose(), LinkPurpose::Recover, now)).await.is_some()
}

/// Each credential, in its own place, still works: nothing that was tried has used one up.
pub async fn assert_all_good(stage: &mut Stage, all: &Treasury) {
    assert!(signs_in(stage, all.get("session")).await);
    assert!(proves(stage, all.get("client secret")).await);
    assert!(opens_userinfo(stage, all.get("access token")).await);
    assert!(opens_userinfo(stage, all.get("opaque access token")).await);
    assert!(opens_link(stage, all.get("link")).await);
    let mut browser = stage.app.browser();
    assert!(browser.is_active(&stage.client, all.get("refresh token")).await);
    assert_eq!(browser.refresh(&stage.client, all.get("refresh token")).await.status, 200);
    assert_eq!(browser.redeem(&stage.client, all.get("code")).await.status, 200);
}
