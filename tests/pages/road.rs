//! The main job, end to end.

use super::*;
use portico::domain::clients::ClientMetadata;

#[actix_web::test]
async fn s0_4_from_the_application_through_login_and_consent_to_tokens() {
    for site in Site::everywhere().await {
        let alice = site.person("alice").await;
        let mut browser = site.browser();

        let login = browser.open(&authorize()).await;
        assert_eq!(login.status, 200);
        assert!(login.path.starts_with("/login?flow="), "{}", login.path);
        assert!(login.body.contains("The harbour") && login.header("cache-control").contains("no-store"));

        let consent = browser.sign_in(&login, "alice").await;
        assert!(consent.path.starts_with("/consent?flow="));
        for shown in ["The harbour", "alice", "harbour.example", "Know who you are", "See your profile"] {
            assert!(consent.body.contains(shown), "{shown}");
        }

        let answer = browser.submit(&consent, &[("decision", "allow")]).await;
        assert_eq!(answer.status, 303);
        assert!(answer.location().unwrap().starts_with(&format!("{REDIRECT}?code=")));
        assert_eq!(answer.param("state").as_deref(), Some("the state"));
        assert_eq!(answer.param("iss").as_deref(), Some("http://localhost:8080"));

        let tokens = site.redeem(&answer).await;
        assert!(tokens.contains_key("id_token") && tokens.contains_key("refresh_token"));
        let mut app = site.browser();
        app.headers.push(("authorization", format!("Bearer {}", tokens["access_token"].as_str().unwrap())));
        let info = app.get("/userinfo").await;
        assert!(info.body.contains(&alice.id.to_string()), "{}", info.body);
        assert_eq!(site.logins(), ["succeeded"]);
    }
}

#[actix_web::test]
async fn s2_8_who_is_signed_in_and_has_allowed_it_sees_no_page() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    browser.reach_code("alice").await;
    for prompt in ["", "none"] {
        let answer = browser.get(&authorize_with(&[("prompt", prompt)])).await;
        assert!(answer.param("code").is_some(), "{:?}", answer.location());
    }
}

#[actix_web::test]
async fn a_first_party_application_asks_no_consent() {
    let site = Site::open().await;
    site.person("alice").await;
    let settings = ClientMetadata { first_party: true, ..ClientMetadata::default() };
    site.add_client("own", site.kit.tenant.id, settings).await;
    let mut browser = site.browser();
    let request = [("client_id", "own"), ("redirect_uri", "https://own.example/cb")];
    let login = browser.open(&authorize_with(&request)).await;
    let answer = browser.submit(&login, &[("username", "alice"), ("password", PASSWORD)]).await;
    assert!(answer.location().unwrap().starts_with("https://own.example/cb?code="));
}

#[actix_web::test]
async fn a_014_form_post_carries_every_state_unchanged() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    browser.reach_code("alice").await;
    let long = "x".repeat(4096);
    for state in ["\"><svg onload=alert(1)>", "a b+c&d=é'", &long] {
        let page = browser.get(&authorize_with(&[("response_mode", "form_post"), ("state", state)])).await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<svg onload"));
        assert_eq!(page.field("state"), state);
        assert_eq!(page.action(), REDIRECT);
        assert!(page.header("content-security-policy").contains("script-src 'nonce-"));
        assert!(
            page.header("content-security-policy").contains("form-action 'self' https://harbour.example;")
        );
        assert_eq!(page.header("cache-control"), "no-store");
    }
}

#[actix_web::test]
async fn a_018_after_a_password_the_browser_is_sent_on_with_303() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let login = browser.open(&authorize()).await;
    let answer = browser.submit(&login, &[("username", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303);
    assert!(answer.body.is_empty() && !answer.location().unwrap().contains("correct"));
    let consent = browser.follow(answer).await;
    let answer = browser.submit(&consent, &[("decision", "allow")]).await;
    assert_eq!(answer.status, 303);
}

#[actix_web::test]
async fn another_tenant_has_pages_and_cookies_of_its_own() {
    let site = Site::open().await;
    let acme = site.kit.add_tenant("acme").await;
    site.add_client(CLIENT, acme.id, ClientMetadata::default()).await;
    let mut browser = site.browser();
    let login = browser.open(&format!("/t/acme{}", authorize())).await;
    assert!(login.path.starts_with("/t/acme/login?flow="), "{}", login.path);
    assert_eq!(login.action(), "/t/acme/login");
    assert!(browser.cookies.contains_key("portico_browser_acme"));
    let elsewhere = browser.get(login.path.strip_prefix("/t/acme").unwrap()).await;
    assert_eq!(elsewhere.status, 400, "a flow of one tenant is nothing in another");
    assert_eq!(browser.get("/t/nobody/login").await.status, 404);
    assert_eq!(browser.get("/t/acme").await.status, 200);
}
