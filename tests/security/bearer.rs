//! Bearer tokens at userinfo: how they may travel, and what is said when they do not count (RFC 6750).

use portico::domain::clients::ClientMetadata;
use portico::testkit::{CALLBACK, Reply, VERIFIER, authorize_path, basic, confidential, encode, member};
use reqwest::Method;

use super::scene::{Stage, claims, gives_nothing, invalid_token, refused, told};

#[track_caller]
fn challenged(reply: &Reply, status: u16, error: &str) {
    refused(reply, status, error);
    let challenge = reply.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer realm="), "{challenge}");
    assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
}

#[tokio::test]
async fn a_116_a_token_travels_in_one_way_and_never_in_the_url() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let bearer = format!("Bearer {}", tokens.access);
    let header = [("authorization", bearer.as_str())];
    let in_url = format!("/userinfo?access_token={}", tokens.access);
    let form = encode(&[("access_token", &tokens.access)]);
    challenged(&stage.browser.get(&in_url).await, 400, "invalid_request");
    challenged(&stage.browser.send(Method::GET, &in_url, None, &header).await, 400, "invalid_request");
    challenged(&stage.browser.post(&in_url, &[]).await, 400, "invalid_request");
    let both = stage.browser.send(Method::POST, "/userinfo", Some(form.clone()), &header).await;
    challenged(&both, 400, "invalid_request");
    let twice = format!("{form}&{form}");
    challenged(
        &stage.browser.send(Method::POST, "/userinfo", Some(twice), &[]).await,
        400,
        "invalid_request",
    );
    let doubled = [header[0], header[0]];
    challenged(&stage.browser.send(Method::GET, "/userinfo", None, &doubled).await, 400, "invalid_request");
    for broken in ["Bearer", "Bearer ", "Bearer a b", "Bearer \"x\"", "Bearer é"] {
        let reply = stage.browser.send(Method::GET, "/userinfo", None, &[("authorization", broken)]).await;
        challenged(&reply, 400, "invalid_request");
    }
    let json = [("content-type", "application/json")];
    let body = format!("{{\"access_token\":\"{}\"}}", tokens.access);
    let reply = stage.browser.send(Method::POST, "/userinfo", Some(body), &json).await;
    assert_eq!(reply.status, 415);
    gives_nothing(&reply);
    let ok = stage.browser.send(Method::POST, "/userinfo", Some(form), &[]).await;
    assert_eq!((ok.status, ok.header("cache-control")), (200, Some("no-store")));
    assert_eq!(stage.browser.send(Method::POST, "/userinfo", None, &header).await.status, 200);
}

#[tokio::test]
async fn a_116_no_token_is_a_challenge_without_an_error() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    // A DPoP-bound token as a plain bearer comes with DPoP; until then that scheme carries nothing.
    let dpop = format!("DPoP {}", tokens.access);
    let basic = basic(&stage.client.id, &stage.client.secret);
    for headers in [vec![], vec![("authorization", dpop.as_str())], vec![("authorization", basic.as_str())]] {
        let reply = stage.browser.send(Method::GET, "/userinfo", None, &headers).await;
        assert_eq!((reply.status, reply.body.as_str()), (401, ""));
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"portico\""), "RFC 6750 §3");
    }
}

#[tokio::test]
async fn a_116_expired_and_unknown_tokens_are_invalid() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    for token in ["x", "e30.e30.AA", "pta_AAAA", &tokens.id, &tokens.refresh] {
        invalid_token(&stage.browser.userinfo(token).await);
    }
    stage.app.advance(599);
    assert_eq!(stage.browser.userinfo(&tokens.access).await.status, 200);
    stage.app.advance(1);
    invalid_token(&stage.browser.userinfo(&tokens.access).await);
    invalid_token(&stage.browser.post("/userinfo", &[("access_token", &tokens.access)]).await);
}

#[tokio::test]
async fn a_116_too_little_scope_is_403_and_names_what_is_missing() {
    let mut stage = Stage::new().await;
    let service = stage.browser.token(&stage.client, &[("grant_type", "client_credentials")]).await;
    let code = stage.browser.code(&stage.client, &[("scope", "api.read")]).await;
    let person = stage.browser.redeem(&stage.client, &code).await;
    for token in [member(&service, "access_token"), member(&person, "access_token")] {
        let reply = stage.browser.userinfo(&token).await;
        challenged(&reply, 403, "insufficient_scope");
        let challenge = reply.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains("scope=\"openid\""), "{challenge}");
    }
}

#[tokio::test]
async fn a_116_a_resource_nobody_registered_is_refused() {
    // What a resource makes of a token's audience comes with resource indicators (RFC 8707); until then
    // none is known, and none is passed over in silence: the token would be good for more than was asked.
    let mut stage = Stage::new().await;
    let unknown = [("resource", "https://unknown.example/")];
    told(&stage.browser.get(&authorize_path(&stage.client, &unknown)).await, "invalid_target");
    let silent = [unknown[0], ("prompt", "none")];
    told(&stage.browser.get(&authorize_path(&stage.client, &silent)).await, "invalid_target");
    let form = [("grant_type", "client_credentials"), unknown[0]];
    refused(&stage.browser.token(&stage.client, &form).await, 400, "invalid_target");
    let code = stage.browser.code(&stage.client, &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        unknown[0],
    ];
    refused(&stage.browser.token(&stage.client, &form).await, 400, "invalid_target");
    assert_eq!(stage.browser.redeem(&stage.client, &code).await.status, 200, "the code is still good");
}

#[tokio::test]
async fn a_116_a_token_for_one_api_is_nothing_at_another() {
    let audience = |name: &str| vec![format!("https://api.{name}")];
    let mut stage =
        Stage::with(&ClientMetadata { access_token_audience: audience("one"), ..confidential() }).await;
    let tokens = stage.tokens().await;
    let api = |name| ClientMetadata { introspection_audiences: audience(name), ..confidential() };
    let one = stage.app.kit.add_client(&api("one")).await;
    let two = stage.app.kit.add_client(&api("two")).await;
    assert!(stage.browser.is_active(&one, &tokens.access).await);
    assert!(!stage.browser.is_active(&two, &tokens.access).await);
    assert_eq!(claims(&tokens.access)["aud"], "https://api.one", "and it can check by itself");
}

// The mappers that A-055 speaks of come with a later issue; a person's own profile is the source there is.
#[tokio::test]
async fn a_055_a_profile_never_says_who_somebody_is() {
    let mut stage = Stage::new().await;
    let reserved = r#"{"sub":"root","iss":"https://evil.example","aud":"x","acr":"9","nickname":"Al"}"#;
    let tenant = stage.app.kit.tenant.id.to_string();
    stage
        .app
        .kit
        .write(move |tx| {
            crate::sql::run(
                tx,
                &format!("UPDATE users SET profile = '{reserved}' WHERE tenant_id = '{tenant}'"),
            )
        })
        .await;
    let tokens = stage.tokens().await;
    let info = stage.browser.userinfo(&tokens.access).await.json();
    assert_eq!(info["nickname"], "Al");
    assert_eq!(info["sub"], claims(&tokens.access)["sub"]);
    assert_ne!(info["sub"], "root");
    for name in ["iss", "aud", "acr"] {
        assert!(info.get(name).is_none(), "{name} in {info}");
    }
    assert_eq!(claims(&tokens.id)["iss"], "http://localhost:8080");
}
