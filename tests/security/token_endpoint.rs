//! The token endpoint as such: who may ask for what, and how often in vain.

use portico::domain::clients::ClientMetadata;
use portico::kernel::{ScopeSet, TokenKind};
use portico::spec::oauth::GrantType;
use portico::testkit::{CALLBACK, TestApp, VERIFIER, confidential, member, public};

use super::stage::{Stage, assert_empty_handed, assert_refused};

#[tokio::test]
async fn a_035_guessing_codes_slows_the_guesser_alone() {
    for mut stage in Stage::everywhere(&confidential()).await {
        let other = stage.app.kit.add_client(&confidential()).await;
        let (own, others, elsewhere) =
            (stage.code().await, stage.browser.code(&other, &[]).await, stage.code().await);
        let most = stage.app.kit.services.settings.limits.invalid_codes_per_minute;
        let mut guesser = stage.app.browser();
        for _ in 0..most {
            let guess = TokenKind::Code.random(&stage.app.kit.services.rng);
            let reply = guesser.redeem(&stage.client, guess.expose()).await;
            assert_refused(&reply, 400, "invalid_grant", "a guess");
        }
        // From here on even a right code has to wait.
        for code in ["ptc_guess", own.as_str()] {
            let reply = guesser.redeem(&stage.client, code).await;
            assert_empty_handed(&reply, "over the limit");
            assert_eq!(reply.status, 429, "{}", reply.body);
            let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        }
        // Nobody else waits: not another client, not the same client at home.
        let mut away = stage.app.browser();
        assert_eq!(away.redeem(&other, &others).await.status, 200, "another client from another address");
        assert_eq!(guesser.redeem(&other, "ptc_guess").await.status, 400, "another client from the same");
        assert_eq!(stage.browser.redeem(&stage.client, &elsewhere).await.status, 200, "the client at home");
        // And the guesser waits no longer than it was told.
        stage.app.advance(60);
        let fresh = stage.code().await;
        assert_eq!(guesser.redeem(&stage.client, &fresh).await.status, 200);
    }
}

#[tokio::test]
async fn a_035_success_is_not_counted() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let mut service = app.browser();
    for _ in 0..=app.kit.services.settings.limits.invalid_codes_per_minute {
        let reply = service.token(&client, &[("grant_type", "client_credentials")]).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

#[tokio::test]
async fn a_036_grants_that_are_not_there() {
    let mut stage = Stage::set(&confidential()).await;
    let client = stage.client.clone();
    let person = [("username", "alice"), ("password", "correct horse battery"), ("scope", "openid")];
    for grant in [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:example:unknown",
        "AUTHORIZATION_CODE",
        "authorization_code ",
        "authorization_code,client_credentials",
    ] {
        let form = [&[("grant_type", grant)][..], &person].concat();
        let reply = stage.browser.token(&client, &form).await;
        assert_refused(&reply, 400, "unsupported_grant_type", grant);
    }
    for form in [&person[..], &[("grant_type", "")]] {
        let reply = stage.browser.token(&client, form).await;
        assert_refused(&reply, 400, "invalid_request", "no grant_type");
    }
    for second in ["client_credentials", "password", ""] {
        let form = [("grant_type", "client_credentials"), ("grant_type", second)];
        let reply = stage.browser.token(&client, &form).await;
        assert_refused(&reply, 400, "invalid_request", "a doubled grant_type");
    }
    // A name and a password beside another grant are not looked at: the token is the client's own.
    let form =
        [("grant_type", "client_credentials"), ("username", "alice"), ("password", "correct horse battery")];
    let reply = stage.browser.token(&client, &form).await;
    let info = stage.browser.userinfo(&member(&reply, "access_token")).await;
    assert!(matches!(info.status, 401 | 403), "{}", info.body);
}

#[tokio::test]
async fn a_036_a_grant_the_client_is_not_registered_for() {
    let only = |grant| ClientMetadata { grant_types: vec![grant], ..confidential() };
    let mut stage = Stage::set(&confidential()).await;
    let code = stage.code().await;
    let refresh = member(&stage.browser.redeem(&stage.client, &code).await, "refresh_token");
    for allowed in GrantType::ALL {
        let client = stage.app.kit.add_client(&only(*allowed)).await;
        for grant in GrantType::ALL.iter().filter(|grant| *grant != allowed) {
            let form = [
                ("grant_type", grant.as_str()),
                ("code", code.as_str()),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
                ("refresh_token", refresh.as_str()),
            ];
            let reply = stage.browser.token(&client, &form).await;
            assert_refused(&reply, 400, "unauthorized_client", &format!("{grant:?} with {allowed:?} only"));
        }
    }
    // Without the refresh grant there is no refresh token, whatever the scope says.
    let client = stage.app.kit.add_client(&only(GrantType::AuthorizationCode)).await;
    let code = stage.browser.code(&client, &[]).await;
    let tokens = stage.browser.redeem(&client, &code).await.json();
    assert!(tokens.get("refresh_token").is_none());
    assert!(!tokens["scope"].as_str().unwrap().contains("offline_access"));
}

#[tokio::test]
async fn a_037_client_credentials_are_for_clients_that_have_some() {
    let app = TestApp::start().await;
    // Registered by mistake: a public client has nothing to prove itself with.
    let careless = ClientMetadata { grant_types: GrantType::ALL.to_vec(), ..public() };
    for metadata in [public(), careless] {
        let client = app.kit.add_client(&metadata).await;
        let form = [("grant_type", "client_credentials"), ("scope", "api.read")];
        let reply = app.browser().token(&client, &form).await;
        assert_refused(&reply, 400, "unauthorized_client", "public");
    }
}

#[tokio::test]
async fn a_037_client_credentials_reach_no_person_and_no_more_than_registered() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let mut service = app.browser();
    for scope in [
        "api.write",
        "api.read api.write",
        "openid",
        "offline_access",
        "profile",
        "api.read openid",
        "api.read offline_access",
        "\"api.read\"",
        "api.read\\",
    ] {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        assert_refused(&service.token(&client, &form).await, 400, "invalid_scope", scope);
    }
    for scope in ["api.read", ""] {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let tokens = service.token(&client, &form).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        let json = tokens.json();
        assert!(json.get("refresh_token").is_none() && json.get("id_token").is_none());
        assert_eq!(ScopeSet::parse(json["scope"].as_str().unwrap()), ScopeSet::parse("api.read"));
        // No person is behind it, so nothing about one is told (RFC 9700 §4.15).
        let info = service.userinfo(&member(&tokens, "access_token")).await;
        assert_empty_handed(&info, "userinfo");
        assert!(matches!(info.status, 401 | 403), "{}", info.body);
    }
}

#[tokio::test]
async fn a_038_a_client_s_own_token_is_nobody_s() {
    // What a client is given for itself is taken for no person, whatever its identifier; that it cannot be
    // registered under a person's `sub` in the first place is in `registration`.
    let mut stage = Stage::set(&confidential()).await;
    let tokens = stage.browser.token(&stage.client, &[("grant_type", "client_credentials")]).await;
    let access = member(&tokens, "access_token");
    let told = [("token", access.as_str())];
    let client = (stage.client.id.as_str(), stage.client.secret.as_str());
    let told = stage.browser.post_as("/introspect", client, &told).await.json();
    assert_eq!(told["sub"], stage.client.id);
    assert_ne!(told["sub"], stage.alice.id.to_string());
    assert!(told.get("username").is_none(), "{told}");
    let info = stage.browser.userinfo(&access).await;
    assert!(matches!(info.status, 401 | 403), "{}", info.body);
}
