//! The start page and what leads there.

use super::*;

#[actix_web::test]
async fn the_start_page_knows_who_is_there() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let page = browser.get("/").await;
    assert!(page.status == 200 && page.body.contains("Welcome") && page.body.contains("href=\"/login\""));
    browser.come_in("alice").await;
    let page = browser.get("/").await;
    assert!(page.body.contains("You are signed in") && page.body.contains("alice"));
    assert!(!page.body.contains("/playground"), "a server for real has none");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(browser.get("/account").await.location().as_deref(), Some("/"));
    assert_eq!(browser.get("/.well-known/change-password").await.location().as_deref(), Some("/account"));
}

#[actix_web::test]
async fn below_a_path_and_where_nothing_is() {
    let site = Site::open_at("https://example.com/auth").await;
    let mut browser = site.browser();
    let page = browser.get("/auth/login").await;
    assert!(page.status == 200 && page.action() == "/auth/login");
    assert_eq!(browser.get("/auth/").await.status, 200);
    assert_eq!(browser.get("/login").await.status, 404);

    let site = Site::open().await;
    for path in ["/nothing", "/signup", "/forgot", "/mfa", "/device", "/t/acme/login"] {
        let page = site.browser().get(path).await;
        assert!(page.status == 404 && page.body.contains("There is nothing here"), "{path}");
    }
}
