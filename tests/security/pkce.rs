//! Proof Key for Code Exchange: required, S256 only, and replaced by nothing.

use portico::domain::clients::ClientMetadata;
use portico::domain::oauth::authorize::open_code;
use portico::kernel::TokenKind;
use portico::store::grants;
use portico::testkit::{CALLBACK, Reply, VERIFIER, authorize_path, basic, challenge, confidential, public};
use reqwest::Method;

use super::stage::{Stage, assert_page, assert_refused, assert_told};

/// Confidential, and excused from PKCE by an administrator.
fn exempt() -> ClientMetadata {
    ClientMetadata { require_pkce: false, ..confidential() }
}

/// Redeems with exactly these parameters about PKCE.
async fn redeem_with(stage: &mut Stage, code: &str, extra: &[(&str, &str)]) -> Reply {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    stage.browser.token(&stage.client, &[&form[..], extra].concat()).await
}

/// Whether redeeming the code has left a grant behind.
async fn has_grant(stage: &Stage, code: &str) -> bool {
    let kit = &stage.app.kit;
    let content = open_code(&kit.services, &kit.tenant, &kit.cx(), code).unwrap();
    let tenant = kit.tenant.id;
    kit.read(move |conn| grants::standing(conn, tenant, content.grant)).await.is_some()
}

#[tokio::test]
async fn a_023_without_a_challenge_there_is_no_code() {
    // A public client cannot be excused, whatever its registration says.
    let lax = ClientMetadata { require_pkce: false, ..public() };
    for (metadata, who) in [(public(), "public"), (confidential(), "confidential"), (lax, "lax public")] {
        let mut stage = Stage::set(&metadata).await;
        for method in ["S256", ""] {
            let extra = [("code_challenge", ""), ("code_challenge_method", method)];
            assert_told(&stage.authorize(&extra).await, "invalid_request", Some("the-state"), who);
            let path = authorize_path(&stage.client, &extra);
            let reply = stage.browser.get(&format!("{path}&code_challenge=")).await;
            assert_told(&reply, "invalid_request", Some("the-state"), "an empty one");
        }
        let extra = [("code_challenge", ""), ("redirect_uri", "https://evil.example/cb")];
        assert_page(&stage.authorize(&extra).await, "the address comes first");
        assert!(stage.authorize(&[]).await.param("code").is_some());
    }
}

#[tokio::test]
async fn a_024_only_s256_and_only_well_formed_challenges() {
    for metadata in [public(), confidential(), exempt()] {
        let mut stage = Stage::set(&metadata).await;
        for method in ["plain", "", "s256", "S512", "S256 ", "none"] {
            let reply = stage.authorize(&[("code_challenge_method", method)]).await;
            assert_told(&reply, "invalid_request", Some("the-state"), &format!("method {method:?}"));
        }
        let good = challenge();
        let (start, last) = good.split_at(42);
        // The last of 43 letters holds four bits; a letter with more is a second spelling of the same bytes.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
        let bad = [
            start.to_owned(),
            format!("{good}A"),
            format!("{good}="),
            "a".repeat(129),
            "a".repeat(128),
            format!("{start}{next}"),
            format!("{start}+"),
            format!("{start}/"),
            format!("{start}~"),
            format!("{start}\u{e9}"),
            format!(" {start}"),
            "plain".to_owned(),
        ];
        for challenge in &bad {
            let reply = stage.authorize(&[("code_challenge", challenge)]).await;
            assert_told(&reply, "invalid_request", Some("the-state"), challenge);
        }
        assert!(stage.authorize(&[]).await.param("code").is_some());
    }
}

#[tokio::test]
async fn a_025_only_the_verifier_redeems() {
    for metadata in [public(), confidential()] {
        for mut stage in Stage::everywhere(&metadata).await {
            let code = stage.code().await;
            let other = "another-verifier-another-verifier-another-v";
            let challenge = challenge();
            assert_refused(&redeem_with(&mut stage, &code, &[]).await, 400, "invalid_request", "absent");
            let empty = redeem_with(&mut stage, &code, &[("code_verifier", "")]).await;
            assert_refused(&empty, 400, "invalid_request", "empty");
            for verifier in
                [&challenge, other, &VERIFIER[1..], &format!("{VERIFIER}0"), &VERIFIER.to_uppercase()]
            {
                let reply = redeem_with(&mut stage, &code, &[("code_verifier", verifier)]).await;
                assert_refused(&reply, 400, "invalid_grant", verifier);
            }
            let twice = [("code_verifier", VERIFIER), ("code_verifier", VERIFIER)];
            assert_refused(&redeem_with(&mut stage, &code, &twice).await, 400, "invalid_request", "doubled");
            assert!(!has_grant(&stage, &code).await, "a refusal leaves nothing behind");
            // Everything was checked before the code was used up, so the true client still gets its tokens.
            let tokens = redeem_with(&mut stage, &code, &[("code_verifier", VERIFIER)]).await;
            assert_eq!(tokens.status, 200, "{}", tokens.body);
            assert!(has_grant(&stage, &code).await);
        }
    }
}

#[tokio::test]
async fn a_025_a_verifier_without_a_challenge_is_the_mark_of_a_downgrade() {
    let mut stage = Stage::set(&exempt()).await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = stage.browser.code(&stage.client, &without).await;
    let reply = redeem_with(&mut stage, &code, &[("code_verifier", VERIFIER)]).await;
    assert_refused(&reply, 400, "invalid_grant", "a verifier, but no challenge");
    assert!(!has_grant(&stage, &code).await);
    assert_eq!(redeem_with(&mut stage, &code, &[]).await.status, 200, "exempt");
    // Who uses PKCE of their own will is held to it.
    let code = stage.code().await;
    assert_refused(
        &redeem_with(&mut stage, &code, &[]).await,
        400,
        "invalid_request",
        "a challenge was sent",
    );
}

#[tokio::test]
async fn a_026_a_secret_of_a_public_client_replaces_no_verifier() {
    let mut stage = Stage::set(&public()).await;
    let code = stage.code().await;
    let id = stage.client.id.clone();
    let made_up = TokenKind::ClientSecret.random(&stage.app.kit.services.rng);
    for secret in ["", "secret", "null", made_up.expose()] {
        if !secret.is_empty() {
            let reply = redeem_with(&mut stage, &code, &[("client_secret", secret)]).await;
            assert_refused(&reply, 401, "invalid_client", "a secret in the body");
        }
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
        let body = Some(portico::testkit::encode(&form));
        let header = basic(&id, secret);
        let headers = [("authorization", header.as_str())];
        let reply = stage.browser.send(Method::POST, "/token", body, &headers).await;
        assert_refused(&reply, 401, "invalid_client", "a Basic header");
    }
    // An empty secret in the body counts as not sent (RFC 6749 §3.1): the verifier is still missing.
    let reply = redeem_with(&mut stage, &code, &[("client_secret", "")]).await;
    assert_refused(&reply, 400, "invalid_request", "an empty secret");
    assert!(!has_grant(&stage, &code).await);
    assert_eq!(redeem_with(&mut stage, &code, &[("code_verifier", VERIFIER)]).await.status, 200);
}
