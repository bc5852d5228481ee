//! The authorization code grant, from the request to the last refresh.

use portico::testkit::{NewPerson, TestApp, authorize_path, confidential, member, public};

#[tokio::test]
async fn a_signed_in_person_gets_a_code_and_the_client_every_token() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    app.kit.sign_in(&mut browser, &alice).await;

    let reply = browser.get(&authorize_path(&client, &[])).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(reply.param("state").as_deref(), Some("the-state"));
    assert_eq!(reply.param("iss").as_deref(), Some("http://localhost:8080"));
    let code = reply.param("code").unwrap();

    let tokens = browser.redeem(&client, &code).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    let access = member(&tokens, "access_token");
    assert!(browser.is_active(&client, &access).await);
    let info = browser.userinfo(&access).await;
    assert_eq!(info.status, 200, "{}", info.body);
    assert_eq!(info.json()["sub"], alice.id.to_string());
    assert_eq!(info.json()["preferred_username"], "alice");

    let refreshed = browser.refresh(&client, &member(&tokens, "refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    assert_ne!(member(&refreshed, "refresh_token"), member(&tokens, "refresh_token"));
}

#[tokio::test]
async fn a_public_client_needs_no_secret_but_the_verifier() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&public()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    app.kit.sign_in(&mut browser, &alice).await;
    let code = browser.code(&client, &[]).await;
    let tokens = browser.redeem(&client, &code).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
}

#[tokio::test]
async fn a_client_gets_a_token_for_itself() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let mut service = app.browser();
    let form = [("grant_type", "client_credentials"), ("scope", "api.read")];
    let tokens = service.token(&client, &form).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert!(tokens.json().get("refresh_token").is_none());
    assert!(service.is_active(&client, &member(&tokens, "access_token")).await);
}
