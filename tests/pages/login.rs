//! The login page by itself.

use std::time::Duration;

use super::*;
use portico::kernel::UserState;

#[actix_web::test]
async fn without_an_application_signing_in_leads_home() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    browser.come_in("alice").await;
    let page = browser.get("/login").await;
    assert_eq!(page.location().as_deref(), Some("/"), "nobody needs to sign in twice");
}

#[actix_web::test]
async fn empty_fields_are_named_and_the_name_is_kept() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let login = browser.open(&authorize()).await;
    let page = browser.submit(&login, &[("username", "alice"), ("password", "")]).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("Enter your password.") && page.body.contains("value=\"alice\""));
    let page = browser.submit(&page, &[("username", "  "), ("password", "secret-typed")]).await;
    assert!(
        page.body.contains("Enter your email address or username.") && !page.body.contains("secret-typed")
    );
    assert!(page.body.contains("<title>Error: "));
    assert!(site.logins().is_empty());
}

/// What a page says, without what differs from one request to the next.
fn without_ids(page: &Page, name: &str) -> (u16, String, Vec<(String, String)>) {
    let mut body = page.body.replace(name, "");
    for (_, value) in page.hidden() {
        body = body.replace(&value, "");
    }
    let nonce = page.header("content-security-policy").split_once("nonce-").unwrap().1;
    let nonce = nonce.split_once('\'').unwrap().0;
    let headers = page
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().replace(nonce, "")));
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    (page.status, body.replace(nonce, ""), headers)
}

#[actix_web::test]
async fn a_068_every_account_that_may_not_enter_gets_the_answer_of_an_unknown_one() {
    let site = Site::open().await;
    site.person("alice").await;
    site.person_in("stopped", UserState::Suspended).await;
    site.person_in("left", UserState::Deactivated).await;
    site.person_in("unproved", UserState::Unverified).await;
    let mut answers = Vec::new();
    for (name, password) in [
        ("nobody", PASSWORD),
        ("alice", "incorrect horse battery staple"),
        ("stopped", PASSWORD),
        ("stopped", "incorrect horse battery staple"),
        ("left", PASSWORD),
        ("unproved", PASSWORD),
    ] {
        let mut browser = site.browser();
        let login = browser.open("/login").await;
        let page = browser.submit(&login, &[("username", name), ("password", password)]).await;
        assert!(!page.body.contains("horse"), "a password is never sent back");
        assert!(browser.session().is_none() && page.set_cookies().is_empty());
        answers.push((name, without_ids(&page, name)));
    }
    let first = answers[0].1.clone();
    assert_eq!(first.0, 401);
    for (name, answer) in answers {
        assert_eq!(answer, first, "{name}");
    }
    assert_eq!(site.logins(), ["failed"; 6]);
}

#[actix_web::test]
async fn too_many_tries_must_wait() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let login = browser.open("/login").await;
    for _ in 0..5 {
        // From another place each time: only the account's own counter is meant here.
        let mut other = site.browser();
        other.cookies = browser.cookies.clone();
        other.submit(&login, &[("username", "alice"), ("password", "wrong")]).await;
    }
    let one_more = [("username", "alice"), ("password", "wrong")];
    let page = browser.submit(&login, &one_more).await;
    assert_eq!((page.status, page.header("retry-after")), (429, "1"));
    assert!(page.body.contains("Wait 1 second") && page.body.contains("value=\"alice\""));
    site.kit.services.clock.advance(Duration::from_secs(1));
    let home = browser.sign_in(&login, "alice").await;
    assert_eq!(home.path, "/");
    assert_eq!(site.logins().last_chunk(), Some(&["throttled", "succeeded"]));
}

#[actix_web::test]
async fn a_076_a_password_longer_than_any_is_a_malformed_request() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let login = browser.open("/login").await;
    let page = browser.submit(&login, &[("username", "alice"), ("password", &"x".repeat(5000))]).await;
    assert_eq!(page.status, 400);
    let page = browser.submit(&login, &[("username", "alice"), ("password", &"x".repeat(70_000))]).await;
    assert_eq!(page.status, 413);
}

#[actix_web::test]
async fn a_015_hints_and_languages_are_text_and_nothing_else() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let hint = "\"><img src=x onerror=alert(1)>";
    let page = browser.open(&authorize_with(&[("login_hint", hint), ("ui_locales", "../../x")])).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("lang=\"en\"") && !page.body.contains("<img"));
    assert!(page.body.contains("&#34;&#62;&#60;img src=x"), "shown as it was sent");

    let wrong = [("redirect_uri", "https://evil.example"), ("login_hint", hint), ("error_hint", hint)];
    let page = browser.open(&authorize_with(&wrong)).await;
    assert_eq!(page.status, 400);
    assert!(!page.body.contains("img src"));
    let typed = browser.open("/login").await;
    let page = browser.submit(&typed, &[("username", hint), ("password", "wrong")]).await;
    assert_eq!(page.status, 401);
    assert!(!page.body.contains("<img"));
}

#[actix_web::test]
async fn going_back_tells_the_application_and_ends_the_request() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let login = browser.open(&authorize()).await;
    assert!(login.body.contains("Back to"));
    let answer = browser.submit(&login, &[("decision", "deny"), ("username", ""), ("password", "")]).await;
    assert_eq!((answer.status, answer.param("error").as_deref()), (303, Some("access_denied")));
    assert_eq!(answer.param("state").as_deref(), Some("the state"));
    let page = browser.submit(&login, &[("decision", "deny")]).await;
    assert_eq!((page.status, page.location()), (400, None), "once");
}

#[actix_web::test]
async fn the_language_of_the_request_and_of_the_menu_goes_along() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    browser.headers.push(("accept-language", "de".to_owned()));
    let login = browser.open(&authorize_with(&[("prompt", "consent")])).await;
    assert!(login.body.contains("<html lang=\"de\" dir=\"ltr\">"));
    let flow = login.field("flow");
    let menu = format!("href=\"/login?flow={flow}&#38;ui_locales=ar\"");
    assert!(login.body.contains(&menu), "{}", login.body);

    let login = browser.get(&format!("/login?flow={flow}&ui_locales=ar")).await;
    assert!(
        login.body.contains("<html lang=\"ar\" dir=\"rtl\">") && login.header("content-language") == "ar"
    );
    let wrong = browser.submit(&login, &[("username", "alice"), ("password", "wrong")]).await;
    assert!(wrong.body.contains("lang=\"ar\""));
    let consent = browser.sign_in(&wrong, "alice").await;
    assert!(consent.path.starts_with("/consent?") && consent.body.contains("<html lang=\"ar\""));

    let asked = browser.open(&authorize_with(&[("prompt", "login"), ("ui_locales", "fr en")])).await;
    assert!(asked.body.contains("<html lang=\"en\""), "what the application knows comes before the browser");
}

#[actix_web::test]
async fn a_form_that_cannot_be_read_is_answered_with_a_page() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let post = browser.send(actix_web::http::Method::POST, "/login", Some("username=%zz".to_owned())).await;
    assert!(post.status == 400 && post.body.contains("Operation number"));
    browser.headers = vec![("content-encoding", "gzip".to_owned())];
    let post = browser.send(actix_web::http::Method::POST, "/login", Some("username=x".to_owned())).await;
    assert!(post.status == 415 && post.body.contains("Operation number"));
}
