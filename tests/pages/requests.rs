//! What a kept request allows and what it does not.

use std::time::Duration;

use super::*;
use portico::domain::clients::ClientMetadata;

#[actix_web::test]
async fn a_012_what_a_page_carries_cannot_change_the_kept_request() {
    let site = Site::open().await;
    site.person("alice").await;
    site.add_client("other", site.kit.tenant.id, ClientMetadata::default()).await;
    let changed = [
        ("client_id", "other"),
        ("redirect_uri", "https://other.example/cb"),
        ("response_type", "token"),
        ("scope", "openid email offline_access"),
        ("state", "changed"),
    ];
    let mut browser = site.browser();
    let login = browser.open(&authorize()).await;
    let mut form = vec![("username", "alice"), ("password", PASSWORD)];
    form.extend(changed);
    let consent = browser.submit(&login, &form).await;
    let consent = browser.follow(consent).await;
    assert!(consent.body.contains("The harbour"));
    let mut form = vec![("decision", "allow")];
    form.extend(changed);
    let answer = browser.submit(&consent, &form).await;
    assert!(answer.location().unwrap().starts_with(&format!("{REDIRECT}?code=")));
    assert_eq!(answer.param("state").as_deref(), Some("the state"));
    let tokens = site.redeem(&answer).await;
    assert_eq!(tokens["scope"], "openid profile");
}

#[actix_web::test]
async fn a_016_prompt_none_shows_no_page_and_gives_nobody_elses_code() {
    let site = Site::open().await;
    site.person("alice").await;
    site.person("bob").await;
    let mut browser = site.browser();
    let astray = [("prompt", "none"), ("redirect_uri", "https://evil.example/cb")];
    let page = browser.get(&authorize_with(&astray)).await;
    assert_eq!((page.status, page.location()), (400, None), "(a)");

    let answer = browser.get(&authorize_with(&[("prompt", "none")])).await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"), "(b)");
    assert_eq!(answer.param("state").as_deref(), Some("the state"));
    assert!(answer.param("iss").is_some());

    let code_of_bob = site.browser().reach_code("bob").await;
    let hint = site.redeem(&code_of_bob).await["id_token"].as_str().unwrap().to_owned();
    browser.reach_code("alice").await;
    let answer = browser.get(&authorize_with(&[("prompt", "none"), ("id_token_hint", &hint)])).await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"), "(c)");
    assert_eq!(answer.param("code"), None);
    // With a page allowed, alice's session is no answer either: somebody signs in, and the hint decides.
    let login = browser.open(&authorize_with(&[("id_token_hint", &hint)])).await;
    let answer = browser.sign_in(&login, "alice").await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"), "not the person who was named");
    let login = browser.open(&authorize_with(&[("id_token_hint", &hint)])).await;
    let answer = browser.sign_in(&login, "bob").await;
    assert!(answer.param("code").is_some(), "bob has allowed it before");
}

#[actix_web::test]
async fn a_021_an_abandoned_password_page_gives_no_code() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    browser.reach_code("alice").await;
    let first_sign_in = site.kit.services.clock.now().seconds();
    for fresh in [("prompt", "login"), ("max_age", "0")] {
        site.kit.services.clock.advance(Duration::from_secs(60));
        let login = browser.open(&authorize_with(&[fresh])).await;
        assert!(login.path.starts_with("/login?flow=") && login.body.contains("Confirm it"), "{fresh:?}");
        assert!(login.body.contains("value=\"alice\""), "the name is known");
        // Around the page: the consent page, the chooser, the login page again, the request again.
        let flow = login.field("flow");
        for path in ["/consent", "/login/account", "/login"] {
            let page = browser.open(&format!("{path}?flow={flow}")).await;
            assert!(page.path.starts_with("/login?flow="), "{path} led to {}", page.path);
        }
        let again = browser.open(&authorize_with(&[fresh])).await;
        assert!(again.path.starts_with("/login?flow="));
        let answer = browser.sign_in(&login, "alice").await;
        let tokens = site.redeem(&answer).await;
        assert!(auth_time(&tokens["id_token"]) > first_sign_in);
    }
}

fn auth_time(id_token: &serde_json::Value) -> i64 {
    use base64::Engine as _;
    let body = id_token.as_str().unwrap().split('.').nth(1).unwrap();
    let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap();
    serde_json::from_slice::<serde_json::Value>(&body).unwrap()["auth_time"].as_i64().unwrap()
}

#[actix_web::test]
async fn a_057_a_flow_is_of_no_use_in_another_browser() {
    let site = Site::open().await;
    site.person("victim").await;
    let mut attacker = site.browser();
    let login = attacker.open(&authorize()).await;

    let mut victim = site.browser();
    let page = victim.get(&login.path).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("began somewhere else"), "without a cookie");
    victim.come_in("victim").await;
    for path in ["/login", "/login/account", "/consent"] {
        let page = victim.get(&format!("{path}?flow={}", login.field("flow"))).await;
        assert_eq!((page.status, page.location()), (400, None), "{path}");
        assert!(page.body.contains("This sign-in is over") && page.body.contains("<code dir=\"ltr\">"));
    }
    // Not with the form's fields either: the token is the attacker's.
    let planted = victim.submit(&login, &[("username", "victim"), ("password", PASSWORD)]).await;
    assert!(planted.status == 400 && planted.set_cookies().is_empty(), "{}", planted.status);

    let page = attacker.open(&login.path).await;
    assert!(page.path.starts_with("/login?flow="), "the attacker is where they were");
}

#[actix_web::test]
async fn a_request_is_answered_once_and_ends_by_itself() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let login = browser.open(&authorize()).await;
    let consent = browser.sign_in(&login, "alice").await;
    browser.submit(&consent, &[("decision", "allow")]).await;
    let page = browser.get(&login.path).await;
    assert_eq!(page.status, 400);

    let login = browser.open(&authorize_with(&[("prompt", "login")])).await;
    site.kit.services.clock.advance(Duration::from_secs(15 * 60));
    let page = browser.submit(&login, &[("username", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 400);
    for bad in ["", "x", "..", "%00", "00000000-0000-7000-8000-000000000000"] {
        assert_eq!(browser.get(&format!("/consent?flow={bad}")).await.status, 400, "{bad:?}");
    }
    assert_eq!(browser.get("/login?flow=a&flow=b").await.status, 400);
}

#[actix_web::test]
async fn select_account_goes_on_as_the_chosen_one_or_another() {
    let site = Site::open().await;
    site.person("alice").await;
    site.person("bob").await;
    let mut browser = site.browser();
    browser.reach_code("alice").await;
    let request = authorize_with(&[("prompt", "select_account")]);

    let choose = browser.open(&request).await;
    assert!(choose.path.starts_with("/login/account?flow=") && choose.body.contains("alice"));
    let id =
        choose.body.split_once("name=\"account\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let answer = browser.submit(&choose, &[("account", &id)]).await;
    assert!(answer.param("code").is_some());

    let choose = browser.open(&request).await;
    let wrong = browser.submit(&choose, &[("account", "01890000-0000-7000-8000-000000000000")]).await;
    assert_eq!(wrong.status, 400);
    let other = browser.submit(&choose, &[("account", "other")]).await;
    assert_eq!(other.status, 303);
    let login = browser.follow(other).await;
    assert!(login.path.starts_with("/login?flow=") && !login.body.contains("Confirm it"));
    let before = browser.session();
    assert!(before.is_some(), "nobody was signed out yet");
    let consent = browser.sign_in(&login, "bob").await;
    assert!(consent.path.starts_with("/consent?"), "the account just named is not asked for again");
    assert!(consent.body.contains("bob"));
    assert_ne!(browser.session(), before);
}
