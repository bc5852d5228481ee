//! forms from elsewhere, and verbs that must change nothing.

use actix_web::http::Method;

use super::*;

/// Headers of a form that another site sent.
const FOREIGN: [&[(&str, &str)]; 5] = [
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("origin", "null")],
    &[("origin", "https://evil.example")],
    &[("sec-fetch-site", "cross-site"), ("origin", "null")],
];

/// Sends a page's form in every way that must be refused: without a token, with another browser's or
/// session's, from another site.
async fn refused(browser: &mut Browser<'_>, page: &Page, values: &[(&str, &str)], stranger: &str) {
    for csrf in ["", "x", stranger] {
        let answer = browser.submit(&with_csrf(page, csrf), values).await;
        assert_eq!((answer.status, answer.location()), (403, None), "{} with {csrf:?}", page.path);
    }
    for headers in FOREIGN {
        browser.headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let answer = browser.submit(page, values).await;
        assert_eq!((answer.status, answer.location()), (403, None), "{} with {headers:?}", page.path);
        browser.headers.clear();
    }
}

fn with_csrf(page: &Page, csrf: &str) -> Page {
    let body = page.body.replace(&page.field("csrf"), csrf);
    Page { status: page.status, headers: page.headers.clone(), body, path: page.path.clone() }
}

#[actix_web::test]
async fn a_064_login_takes_only_its_own_browsers_form() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let stranger = site.browser().open("/login").await.field("csrf");
    let login = browser.open(&authorize()).await;
    let values = [("username", "alice"), ("password", PASSWORD)];
    refused(&mut browser, &login, &values, &stranger).await;
    assert!(browser.session().is_none() && site.logins().is_empty());
    let stale = browser.submit(&with_csrf(&login, "old"), &values).await;
    assert!(stale.body.contains("open for too long") && stale.body.contains("value=\"alice\""));
    refused(&mut browser, &login, &[("decision", "deny")], &stranger).await;

    // What browsers send with the forms of pages that ask for no referrer.
    browser.headers = vec![("sec-fetch-site", "same-origin".to_owned()), ("origin", "null".to_owned())];
    assert!(browser.sign_in(&login, "alice").await.path.starts_with("/consent"));
}

#[actix_web::test]
async fn a_064_consent_takes_only_its_own_sessions_form() {
    let site = Site::open().await;
    site.person("alice").await;
    site.person("mallory").await;
    let mut browser = site.browser();
    let mut mallory = site.browser();
    let login = mallory.open(&authorize()).await;
    let stranger = mallory.sign_in(&login, "mallory").await.field("csrf");

    let login = browser.open(&authorize()).await;
    let consent = browser.sign_in(&login, "alice").await;
    refused(&mut browser, &consent, &[("decision", "allow")], &stranger).await;
    refused(&mut browser, &consent, &[("decision", "allow")], &login.field("csrf")).await;
    let silent = browser.get(&authorize_with(&[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("consent_required"), "nothing was allowed");
    assert!(browser.submit(&consent, &[("decision", "allow")]).await.param("code").is_some());
}

#[actix_web::test]
async fn a_064_choosing_an_account_takes_only_its_own_sessions_form() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    browser.reach_code("alice").await;
    let choose = browser.open(&authorize_with(&[("prompt", "select_account")])).await;
    refused(&mut browser, &choose, &[("account", "other")], "stranger").await;
}

#[actix_web::test]
async fn a_064_signing_out_takes_only_its_own_sessions_form() {
    let site = Site::open().await;
    site.person("alice").await;
    site.person("mallory").await;
    let mut browser = site.browser();
    let mut mallory = site.browser();
    mallory.come_in("mallory").await;
    let stranger = mallory.get("/").await.field("csrf");
    browser.come_in("alice").await;
    for page in [browser.get("/").await, browser.get("/logout").await] {
        refused(&mut browser, &page, &[("decision", "allow")], &stranger).await;
    }
    assert!(browser.get("/").await.body.contains("You are signed in"));
    // Nothing at all is a request to sign out, and that is a question.
    let page = browser.post("/logout", &[]).await;
    assert!(page.status == 200 && page.body.contains("Sign out?"));
    assert!(browser.get("/").await.body.contains("You are signed in"));
}

#[actix_web::test]
async fn a_065_reading_changes_nothing() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let login = browser.open(&authorize()).await;
    let consent = browser.sign_in(&login, "alice").await;
    let (flow, csrf) = (consent.field("flow"), consent.field("csrf"));
    for path in [
        format!("/consent?flow={flow}&csrf={csrf}&decision=allow"),
        format!("/logout?csrf={csrf}&decision=allow"),
        format!("/login?flow={flow}&csrf={csrf}&decision=deny"),
    ] {
        let page = browser.open(&path).await;
        assert!(page.status == 200 && page.location().is_none(), "{path}");
        let head = browser.send(Method::HEAD, &path, None).await;
        assert_eq!(head.status, 405, "{path}");
    }
    assert!(browser.get("/").await.body.contains("You are signed in"));
    let silent = browser.get(&authorize_with(&[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("consent_required"));
}
