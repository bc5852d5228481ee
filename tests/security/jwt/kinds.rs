//! Credentials of another kind, and tokens of another form, under good signatures.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico::crypto::SigningAlg;
use portico::domain::clients::TokenFormat;
use portico::testkit::{confidential, member};
use serde_json::json;

use super::{TYPES, model, signed, with_signature};
use crate::security::scene::{Stage, claims, header, invalid_token, refused, unproved};

#[tokio::test]
async fn a_052_no_credential_stands_in_for_another() {
    // Logout tokens, DPoP proofs, JARM responses and invitations come with their issues.
    let mut opaque = confidential();
    opaque.access_token_format = TokenFormat::Opaque;
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let sealed = stage.app.kit.add_client(&opaque).await;
    let code = stage.browser.code(&sealed, &[]).await;
    let sealed_access = member(&stage.browser.redeem(&sealed, &code).await, "access_token");
    assert!(sealed_access.starts_with("pta_"));
    let code = stage.browser.code(&stage.client, &[]).await;
    let session = stage.browser.cookies["portico_session"].clone();
    let secret = stage.client.secret.clone();

    for (what, token) in [
        ("an ID token", &tokens.id),
        ("a code", &code),
        ("a session cookie", &session),
        ("a client secret", &secret),
    ] {
        stage.refused_as_bearer(token, what).await;
    }
    stage.refused_at_userinfo(&tokens.refresh).await;
    for (what, token) in [
        ("an access token", &tokens.access),
        ("an opaque one", &sealed_access),
        ("a refresh token", &tokens.refresh),
        ("a code", &code),
        ("a session cookie", &session),
    ] {
        stage.refused_as_hint(token, what).await;
    }
    for wrong in [&tokens.access, &tokens.id, &code, &session, &secret, &sealed_access] {
        let reply = stage.browser.refresh(&stage.client, wrong).await;
        refused(&reply, 400, "invalid_grant");
    }
    for wrong in [&tokens.access, &tokens.id, &tokens.refresh, &session, &secret, &sealed_access] {
        let reply = stage.browser.redeem(&stage.client, wrong).await;
        refused(&reply, 400, "invalid_grant");
    }
    for wrong in [&tokens.access, &tokens.id, &tokens.refresh, &session, &code] {
        let reply = stage.browser.post_as("/introspect", (&stage.client.id, wrong), &[("token", "x")]).await;
        unproved(&reply);
    }
    // An access token under an ID token's type, and the other way round, signed by the tenant itself.
    for (typ, token) in [
        ("JWT", &tokens.access),
        ("at+jwt", &tokens.id),
        ("logout+jwt", &tokens.access),
        ("dpop+jwt", &tokens.access),
    ] {
        let header = json!({ "alg": "ES256", "kid": header(token)["kid"], "typ": typ });
        let forged = signed(stage.tenant(), SigningAlg::Es256, &header, &claims(token).to_string());
        stage.refused_everywhere(&forged, typ).await;
    }
    stage.doors_work(&tokens).await;
    assert_eq!(stage.browser.redeem(&stage.client, &code).await.status, 200, "nothing above used it up");
}

impl Stage {
    /// Introspection knows refresh tokens of their own client, so only userinfo is asked.
    async fn refused_at_userinfo(&mut self, token: &str) {
        invalid_token(&self.browser.post("/userinfo", &[("access_token", token)]).await);
        invalid_token(&self.browser.userinfo(token).await);
    }
}

#[tokio::test]
async fn a_054_extensions_and_ambiguous_headers_are_refused() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    for typ in TYPES {
        let (good, claims) = model(&stage, &tokens, typ);
        let claims = claims.to_string();
        for (name, value) in [
            ("crit", json!(["exp"])),
            ("crit", json!(["http://example.com/unknown"])),
            ("crit", json!([])),
            ("b64", json!(false)),
            ("alg", json!(["ES256"])),
            ("kid", json!(7)),
            ("typ", json!(null)),
        ] {
            let mut header = good.clone();
            header[name] = value;
            let token = signed(stage.tenant(), SigningAlg::Es256, &header, &claims);
            stage.refused_everywhere(&token, &header.to_string()).await;
        }
        let twice = good.to_string().replacen('{', "{\"alg\":\"none\",", 1);
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(twice), URL_SAFE_NO_PAD.encode(&claims));
        let key = stage.tenant().ring.signer(SigningAlg::Es256).expect("a key").key().clone();
        let signature = key.sign(SigningAlg::Es256, input.as_bytes()).expect("a signature");
        stage.refused_everywhere(&with_signature(&input, &signature), "alg twice").await;
    }
}

#[tokio::test]
async fn a_054_serialised_json_and_claims_of_another_form_are_refused() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    for typ in TYPES {
        let (good, claims) = model(&stage, &tokens, typ);
        let genuine = if typ == "JWT" { &tokens.id } else { &tokens.access };
        let parts: Vec<&str> = genuine.split('.').collect();
        let one = json!({ "protected": parts[0], "signature": parts[2] });
        let several = json!({ "payload": parts[1], "signatures": [one, one] }).to_string();
        stage.refused_everywhere(&several, "general JSON").await;
        let flat = json!({ "payload": parts[1], "protected": parts[0], "signature": parts[2] });
        stage.refused_everywhere(&flat.to_string(), "flattened JSON").await;
        for bad in [
            format!("{genuine}="),
            format!("{genuine}."),
            format!(".{genuine}"),
            genuine.replacen('.', ". ", 1),
            genuine.replacen('.', "..", 1),
        ] {
            stage.refused_everywhere(&bad, "another spelling").await;
        }
        for (name, value) in [
            ("sub", "[\"a\",\"b\"]"),
            ("sub", "{}"),
            ("sub", "null"),
            ("exp", "\"9999999999\""),
            ("exp", "1e400"),
            ("exp", "[9999999999]"),
            ("exp", "9999999999.5"),
            ("exp", "null"),
            ("iat", "\"0\""),
            ("iss", "[\"http://localhost:8080\"]"),
        ] {
            let mut odd = claims.clone();
            odd[name] = json!("@");
            let payload = odd.to_string().replace("\"@\"", value);
            let token = signed(stage.tenant(), SigningAlg::Es256, &good, &payload);
            stage.refused_everywhere(&token, &format!("{name} is {value}")).await;
        }
        for name in ["sub", "exp", "iss"] {
            let twice = claims.to_string().replacen('{', &format!("{{\"{name}\":{},", claims[name]), 1);
            let token = signed(stage.tenant(), SigningAlg::Es256, &good, &twice);
            stage.refused_everywhere(&token, &format!("{name} twice")).await;
            let mut without = claims.clone();
            without.as_object_mut().expect("an object").remove(name);
            let token = signed(stage.tenant(), SigningAlg::Es256, &good, &without.to_string());
            stage.refused_everywhere(&token, &format!("no {name}")).await;
        }
        for payload in ["[]", "\"a\"", "null", "", "{", "{} {}"] {
            let token = signed(stage.tenant(), SigningAlg::Es256, &good, payload);
            stage.refused_everywhere(&token, payload).await;
        }
        let mut elsewhere = claims.clone();
        elsewhere["iss"] = json!("http://localhost:8080/t/other");
        let token = signed(stage.tenant(), SigningAlg::Es256, &good, &elsewhere.to_string());
        stage.refused_everywhere(&token, "another issuer").await;
    }
    stage.doors_work(&tokens).await;
}
