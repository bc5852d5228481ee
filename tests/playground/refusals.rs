//! What the playground does not do.

use portico::testkit::{Browser, TestApp};

const ISSUER: &str = "http://localhost:8080";

/// A browser on the form, and the form's token.
async fn on_the_form(app: &TestApp) -> (Browser, String) {
    let mut browser = app.browser();
    let page = browser.get("/playground").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let hidden = page.hidden();
    let (_, csrf) = hidden.iter().find(|(name, _)| name == "csrf").expect("a token in the form");
    (browser, csrf.clone())
}

fn form<'a>(csrf: &'a str, issuer: &'a str) -> [(&'a str, &'a str); 4] {
    [("csrf", csrf), ("issuer", issuer), ("client_id", "demo"), ("scope", "openid")]
}

#[tokio::test]
async fn a_form_of_another_browser_starts_nothing() {
    let app = TestApp::start().await;
    let (mut browser, csrf) = on_the_form(&app).await;
    let (mut other, _) = on_the_form(&app).await;
    for csrf in ["", "x", &csrf] {
        let page = other.post("/playground", &form(csrf, ISSUER)).await;
        assert_eq!(page.status, 403, "{csrf}");
    }
    let unknown = app.browser().post("/playground", &form(&csrf, ISSUER)).await;
    assert_eq!(unknown.status, 403);
    // What comes of it depends on who listens at the tests' public address; it is not refused.
    let own = browser.post("/playground", &form(&csrf, ISSUER)).await;
    assert_ne!(own.status, 403, "{}", own.body);
}

#[tokio::test]
async fn it_calls_nobody_but_this_server() {
    let app = TestApp::start().await;
    let (mut browser, csrf) = on_the_form(&app).await;
    for issuer in
        ["http://169.254.169.254", "http://localhost:1", "https://example.com", "file:///etc/passwd"]
    {
        let page = browser.post("/playground", &form(&csrf, issuer)).await;
        assert_eq!(page.status, 400, "{issuer}");
        assert!(page.body.contains("talks to this server only"), "{issuer}");
    }
}

#[tokio::test]
async fn a_callback_nobody_waits_for_says_so() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let back = browser.get("/playground/callback?code=c&state=s").await;
    assert_eq!((back.status, back.location()), (303, "/playground/result"));
    let page = browser.get("/playground/result").await;
    assert!(page.body.contains("forgotten"), "{}", page.body);
    let pressed = browser.post("/playground/result", &[("do", "refresh")]).await;
    assert!(pressed.body.contains("forgotten"), "{}", pressed.body);
}

#[tokio::test]
async fn its_cookie_stays_with_the_browser_and_planted_ones_are_replaced() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let first = browser.get("/playground").await;
    let cookie = first.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.starts_with("portico_playground=") && cookie.contains("; HttpOnly"), "{cookie}");
    assert!(cookie.contains("; SameSite=Lax"), "{cookie}");
    assert_eq!(browser.get("/playground").await.header("set-cookie"), None);
    browser.cookies.insert("portico_playground".to_owned(), "planted".to_owned());
    assert!(browser.get("/playground").await.header("set-cookie").is_some());
}

#[tokio::test]
async fn the_mailbox_is_honestly_empty() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let list = browser.get("/dev/mail").await;
    assert_eq!(list.status, 200);
    assert!(list.body.contains("No mail yet"), "{}", list.body);
    for path in ["/dev/mail/1", "/dev/mail/x", "/dev/mail/-1"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
}
