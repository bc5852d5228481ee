//! The consent page.

use super::*;
use portico::domain::clients::ClientMetadata;

async fn at_consent(site: &Site, browser: &mut Browser<'_>, changes: &[(&str, &str)]) -> Page {
    let page = browser.open(&authorize_with(changes)).await;
    let page = if page.path.starts_with("/login") { browser.sign_in(&page, "alice").await } else { page };
    assert!(page.path.starts_with("/consent?"), "{} at {}", page.path, site.origin);
    page
}

#[actix_web::test]
async fn a_103_consent_is_to_the_kept_request_and_to_nothing_else() {
    for site in Site::everywhere().await {
        site.person("alice").await;
        site.add_client("other", site.kit.tenant.id, ClientMetadata::default()).await;
        let mut browser = site.browser();
        let other = [("client_id", "other"), ("redirect_uri", "https://other.example/cb")];
        let consent = at_consent(&site, &mut browser, &[("scope", "openid")]).await;
        let waiting = at_consent(&site, &mut browser, &other).await;

        let more = [("decision", "allow"), ("scope", "openid email offline_access"), ("client_id", "other")];
        let answer = browser.submit(&consent, &more).await;
        assert!(answer.location().unwrap().starts_with(REDIRECT));
        assert_eq!(site.redeem(&answer).await["scope"], "openid");
        let again = browser.submit(&consent, &more).await;
        assert_eq!((again.status, again.location()), (400, None), "twice");
        let mut form = consent.hidden();
        form.push(("flow".to_owned(), waiting.field("flow")));
        form.push(("decision".to_owned(), "allow".to_owned()));
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(browser.post("/consent", &form).await.status, 400, "two requests in one form");

        // What was remembered does not cover more, nor another application.
        let page = at_consent(&site, &mut browser, &[("scope", "openid email offline_access")]).await;
        assert!(page.body.contains("See your email address") && page.body.contains("For 30 days"));
        for asked in [[("scope", "openid email"), ("prompt", "none")], other] {
            let mut asked = asked.to_vec();
            asked.push(("prompt", "none"));
            let silent = browser.get(&authorize_with(&asked)).await;
            assert_eq!(silent.param("error").as_deref(), Some("consent_required"), "{asked:?}");
        }
    }
}

#[actix_web::test]
async fn a_017_a_refusal_goes_back_only_after_the_person_said_so() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let consent = at_consent(&site, &mut browser, &[]).await;
    for unclear in
        [&[][..], &[("decision", "")], &[("decision", "yes")], &[("decision", "allow"), ("decision", "deny")]]
    {
        let page = browser.submit(&consent, unclear).await;
        assert_eq!((page.status, page.location()), (400, None), "{unclear:?}");
    }
    let answer = browser.submit(&consent, &[("decision", "deny")]).await;
    assert_eq!((answer.status, answer.param("error").as_deref()), (303, Some("access_denied")));
    assert!(answer.param("code").is_none() && answer.param("iss").is_some());
    assert!(at_consent(&site, &mut browser, &[]).await.status == 200, "nothing was remembered");
}

#[actix_web::test]
async fn forms_may_end_at_the_application_and_nowhere_else() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let login = browser.open(&authorize()).await;
    let expected = "form-action 'self' https://harbour.example;";
    assert!(login.header("content-security-policy").contains(expected));
    let consent = browser.sign_in(&login, "alice").await;
    assert!(consent.header("content-security-policy").contains(expected));
    let plain = site.browser().open("/login").await;
    assert!(plain.header("content-security-policy").contains("form-action 'self';"));
}

#[actix_web::test]
async fn a_session_that_ended_meanwhile_allows_nothing() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let consent = at_consent(&site, &mut browser, &[]).await;
    let home = browser.get("/").await;
    browser.submit(&home, &[("decision", "allow")]).await;
    let page = browser.submit(&consent, &[("decision", "allow")]).await;
    let page = browser.follow(page).await;
    assert!(page.path.starts_with("/login?flow="), "{}", page.path);
}

#[actix_web::test]
async fn another_persons_session_allows_nothing_with_the_first_ones_form() {
    let site = Site::open().await;
    site.person("alice").await;
    site.person("bob").await;
    let mut browser = site.browser();
    let consent = at_consent(&site, &mut browser, &[]).await;
    let login = browser.open(&authorize_with(&[("prompt", "login")])).await;
    browser.sign_in(&login, "bob").await;
    let page = browser.submit(&consent, &[("decision", "allow")]).await;
    assert_eq!((page.status, page.location()), (403, None));
}
