//! `prompt=none` and hints about the person: no page, and nobody else's code.

use portico::domain::clients::ClientMetadata;
use portico::testkit::{Browser, NewPerson, authorize_path, confidential, member, public};

use super::stage::{Stage, assert_empty_handed, assert_page, assert_told};

#[tokio::test]
async fn a_016_prompt_none_without_a_session() {
    let stage = Stage::set(&confidential()).await;
    let mut stranger = stage.app.browser();
    let extra = [("prompt", "none"), ("redirect_uri", "https://evil.example/cb")];
    assert_page(&stranger.get(&authorize_path(&stage.client, &extra)).await, "(a)");
    let reply = stranger.get(&authorize_path(&stage.client, &[("prompt", "none")])).await;
    assert_told(&reply, "login_required", Some("the-state"), "(b)");
    assert!(stranger.cookies.is_empty(), "nothing waits");
    for prompt in ["none login", "none consent", "login none", "none select_account"] {
        let reply = stranger.get(&authorize_path(&stage.client, &[("prompt", prompt)])).await;
        assert_told(&reply, "invalid_request", Some("the-state"), prompt);
    }
    for junk in ["garbage", "ptz_AAAA", ""] {
        stranger.cookies.insert("portico_session".to_owned(), junk.to_owned());
        let reply = stranger.get(&authorize_path(&stage.client, &[("prompt", "none")])).await;
        assert_told(&reply, "login_required", Some("the-state"), junk);
    }
}

/// An ID token of another person, who signs in with a browser of their own.
async fn id_token_of(stage: &Stage, name: &str) -> (Browser, String) {
    let person = stage.app.kit.add_person(&NewPerson::active(name, "another horse battery")).await;
    let mut browser = stage.app.browser();
    stage.app.kit.sign_in(&mut browser, &person).await;
    let code = browser.code(&stage.client, &[]).await;
    let token = member(&browser.redeem(&stage.client, &code).await, "id_token");
    (browser, token)
}

#[tokio::test]
async fn a_016_a_hint_of_another_person_never_yields_a_code() {
    for mut stage in Stage::everywhere(&confidential()).await {
        let (mut bobs, hint) = id_token_of(&stage, "bob").await;
        let extra = [("prompt", "none"), ("id_token_hint", hint.as_str())];
        assert_told(&stage.authorize(&extra).await, "login_required", Some("the-state"), "(c)");
        assert!(bobs.get(&authorize_path(&stage.client, &extra)).await.param("code").is_some());
        // With a person in front of the screen it is a sign-in, not a code.
        let reply = stage.authorize(&[("id_token_hint", &hint)]).await;
        assert_empty_handed(&reply, "asked");
        assert!(reply.location().starts_with("/login?flow="), "{}", reply.location());
        // The hint still names Bob when it has expired.
        stage.app.advance(660);
        assert_told(&stage.authorize(&extra).await, "login_required", Some("the-state"), "expired");
        assert!(bobs.get(&authorize_path(&stage.client, &extra)).await.param("code").is_some());
    }
}

#[tokio::test]
async fn a_016_what_is_no_id_token_of_this_client_is_no_hint() {
    let mut stage = Stage::set(&confidential()).await;
    let code = stage.code().await;
    let tokens = stage.browser.redeem(&stage.client, &code).await;
    let own = member(&tokens, "id_token");
    let other = stage.app.kit.add_client(&confidential()).await;
    let foreign = stage.browser.code(&other, &[]).await;
    let foreign = member(&stage.browser.redeem(&other, &foreign).await, "id_token");
    let unsigned = format!("{}.", own.rsplit_once('.').unwrap().0);
    let access = member(&tokens, "access_token");
    for hint in [foreign.as_str(), &unsigned, &access, "garbage", "a.b.c"] {
        let reply = stage.authorize(&[("prompt", "none"), ("id_token_hint", hint)]).await;
        assert_told(&reply, "invalid_request", Some("the-state"), hint);
    }
    assert!(stage.authorize(&[("prompt", "none"), ("id_token_hint", &own)]).await.param("code").is_some());
}

#[tokio::test]
async fn a_016_prompt_none_asks_for_no_consent() {
    let mut stage = Stage::set(&ClientMetadata { first_party: false, ..public() }).await;
    let reply = stage.authorize(&[("prompt", "none")]).await;
    assert_told(&reply, "consent_required", Some("the-state"), "never allowed");
}
