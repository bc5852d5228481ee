//! Who may ask about a token, and what is told (RFC 7662 §2.1, §2.2, §4).

use portico::domain::clients::{ClientMetadata, SubjectType, TokenFormat};
use portico::testkit::{Reply, TestClient, confidential, encode, member, public};

use super::scene::{Stage, Tokens, claims, refused, unproved};

const INACTIVE: &str = "{\"active\":false}";

impl Stage {
    async fn ask(&mut self, caller: &TestClient, token: &str) -> Reply {
        let reply =
            self.browser.post_as("/introspect", (&caller.id, &caller.secret), &[("token", token)]).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        reply
    }
}

fn for_api(format: TokenFormat) -> ClientMetadata {
    ClientMetadata {
        access_token_audience: vec!["https://api.one".to_owned()],
        access_token_format: format,
        ..confidential()
    }
}

fn api(audience: &str) -> ClientMetadata {
    ClientMetadata { introspection_audiences: vec![audience.to_owned()], ..confidential() }
}

#[tokio::test]
async fn a_115_nobody_asks_without_proof() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let open = stage.app.kit.add_client(&public()).await;
    let form = [("token", tokens.access.as_str())];
    unproved(&stage.browser.post("/introspect", &form).await);
    let named = [form[0], ("client_id", &stage.client.id)];
    unproved(&stage.browser.post("/introspect", &named).await);
    let public = [form[0], ("client_id", &open.id)];
    unproved(&stage.browser.post("/introspect", &public).await);
    let guessed = [form[0], ("client_id", &open.id), ("client_secret", "x")];
    unproved(&stage.browser.post("/introspect", &guessed).await);
    unproved(&stage.browser.post_as("/introspect", (&stage.client.id, "wrong"), &form).await);
    let bearer = format!("Bearer {}", tokens.access);
    let body = Some(encode(&form));
    let method = reqwest::Method::POST;
    let reply = stage.browser.send(method, "/introspect", body, &[("authorization", &bearer)]).await;
    unproved(&reply);
    let get = stage.browser.get(&format!("/introspect?token={}", tokens.access)).await;
    assert!(matches!(get.status, 404 | 405), "a token never travels in a URL: {}", get.status);
    let client = stage.client.clone();
    let none = stage.browser.post_as("/introspect", (&client.id, &client.secret), &[]).await;
    refused(&none, 400, "invalid_request");
}

#[tokio::test]
async fn a_115_only_the_tokens_own_client_and_its_audience_are_told() {
    for format in [TokenFormat::Jwt, TokenFormat::Opaque] {
        let mut stage = Stage::with(&for_api(format)).await;
        let tokens = stage.tokens().await;
        let one = stage.app.kit.add_client(&api("https://api.one")).await;
        let two = stage.app.kit.add_client(&api("https://api.two")).await;
        let sibling = stage.app.kit.add_client(&for_api(format)).await;
        let prefix = stage.app.kit.add_client(&api("https://api.one/")).await;
        for caller in [&two, &sibling, &prefix] {
            assert_eq!(stage.ask(caller, &tokens.access).await.body, INACTIVE);
        }
        for caller in [&stage.client.clone(), &one] {
            let told = stage.ask(caller, &tokens.access).await.json();
            assert_eq!(told["active"], true);
            assert_eq!(told["client_id"], stage.client.id);
            assert_eq!(told["aud"], "https://api.one");
            assert_eq!(told["sub"], stage.alice.id.to_string());
            assert_eq!(told["token_type"], "Bearer");
        }
        // A refresh token is a matter between its client and us.
        for caller in [&one, &two, &sibling] {
            assert_eq!(stage.ask(caller, &tokens.refresh).await.body, INACTIVE);
        }
        assert_eq!(stage.ask(&stage.client.clone(), &tokens.refresh).await.json()["active"], true);
    }
}

#[tokio::test]
async fn a_115_everything_that_is_no_live_token_is_told_alike() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let client = stage.client.clone();
    let code = stage.browser.code(&client, &[]).await;
    let session = stage.browser.cookies["portico_session"].clone();
    let long = "x".repeat(30_000);
    let unknown =
        ["x", "ptr_AAAA", "pta_AAAA", "e30.e30.AA", &tokens.id, &code, &session, &client.secret, &long];
    for token in unknown {
        assert_eq!(stage.ask(&client, token).await.body, INACTIVE, "{token:.20}");
    }
    stage.app.advance(599);
    assert!(stage.is_active(&tokens.access).await);
    stage.app.advance(1);
    assert_eq!(stage.ask(&client, &tokens.access).await.body, INACTIVE, "expired");
    let next = Tokens::of(&stage.browser.refresh(&client, &tokens.refresh).await);
    assert_eq!(stage.ask(&client, &tokens.refresh).await.body, INACTIVE, "rotated");
    assert!(stage.is_active(&next.refresh).await);
}

#[tokio::test]
async fn a_115_what_is_told_is_what_the_token_says() {
    let pairwise = ClientMetadata { subject_type: SubjectType::Pairwise, ..for_api(TokenFormat::Jwt) };
    let mut stage = Stage::with(&pairwise).await;
    let tokens = stage.tokens_for(&[("scope", "openid")]).await;
    let one = stage.app.kit.add_client(&api("https://api.one")).await;
    let told = stage.ask(&one, &tokens.access).await.json();
    assert_eq!(told["sub"], claims(&tokens.access)["sub"]);
    assert_ne!(told["sub"], stage.alice.id.to_string(), "the pairwise name, not the account's");
    for absent in ["email", "name", "nonce", "phone_number", "address"] {
        assert!(told.get(absent).is_none(), "{absent}");
    }
    let service = stage.browser.token(&stage.client, &[("grant_type", "client_credentials")]).await;
    let told = stage.ask(&one, &member(&service, "access_token")).await.json();
    assert_eq!((told["sub"].as_str(), told.get("username")), (Some(stage.client.id.as_str()), None));
}

#[tokio::test]
async fn a_115_clients_of_different_sectors_cannot_join_what_they_know() {
    let pairwise = |sector: &str| ClientMetadata {
        subject_type: SubjectType::Pairwise,
        sector_identifier: Some(sector.to_owned()),
        ..confidential()
    };
    let mut stage = Stage::with(&pairwise("one.example")).await;
    let other = stage.app.kit.add_client(&pairwise("two.example")).await;
    let one = stage.tokens_for(&[("scope", "openid")]).await;
    let code = stage.browser.code(&other, &[("scope", "openid")]).await;
    let two = Tokens::of(&stage.browser.redeem(&other, &code).await);
    for name in ["sub", "sid"] {
        assert_ne!(claims(&one.id)[name], claims(&two.id)[name], "{name}");
        assert_ne!(claims(&one.access)[name], claims(&two.access)[name], "{name}");
    }
    let client = stage.client.clone();
    for token in [&one.access, &one.refresh] {
        let form = [("token", token.as_str())];
        let told = stage.browser.post_as("/introspect", (&client.id, &client.secret), &form).await.json();
        assert_eq!(told["active"], true);
        assert!(told.get("username").is_none(), "only the scope profile tells a name: {told}");
    }
}
