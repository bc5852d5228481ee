//! New passwords: required ones, and the recovery link.

use super::*;
use portico::domain::signin::{LinkPurpose, make_link};
use portico::kernel::UserState;

const NEW: &str = "seven green boats at anchor";

#[actix_web::test]
async fn a_password_that_must_be_replaced_is_replaced_on_the_way() {
    for site in Site::everywhere().await {
        site.person_in("alice", UserState::PasswordResetRequired).await;
        let mut browser = site.browser();
        let login = browser.open(&authorize()).await;
        let sent = browser.submit(&login, &[("username", "alice"), ("password", PASSWORD)]).await;
        assert_eq!(sent.status, 303);
        assert_eq!(browser.session(), None, "nobody is in yet");
        let address = sent.location().unwrap();
        assert!(address.starts_with("/login/password?flow=") && !address.contains("ptl_"), "{address}");
        let page = browser.follow(sent).await;
        assert!(
            page.status == 200 && page.body.contains("Set a new password") && !page.body.contains("ptl_")
        );

        for (bad, said) in [
            ("", "Enter a new"),
            ("short", "too short"),
            (PASSWORD, "old password"),
            ("aaaaaaaaaaaaaaaaaa", "Many people"),
        ] {
            let again = browser.submit(&page, &[("new_password", bad)]).await;
            assert!(again.status == 400 && again.body.contains(said), "{bad}: {}", again.body);
            assert!(bad.is_empty() || !again.body.contains(&format!("\"{bad}\"")));
        }
        let consent = browser.submit(&page, &[("new_password", NEW)]).await;
        assert!(!browser.cookies.contains_key("portico_proof"));
        let consent = browser.follow(consent).await;
        assert!(consent.path.starts_with("/consent?"), "{}", consent.path);
        assert_eq!(site.logins(), ["must_set_password", "succeeded"]);
        assert_eq!(browser.get("/login/password").await.status, 400, "once");
    }
}

#[actix_web::test]
async fn the_proof_is_of_no_use_elsewhere_and_the_form_is_guarded() {
    let site = Site::open().await;
    site.person_in("alice", UserState::PasswordResetRequired).await;
    let mut browser = site.browser();
    let login = browser.open("/login").await;
    let page = browser.sign_in(&login, "alice").await;
    assert!(page.body.contains("Set a new password"));
    assert_eq!(site.browser().get("/login/password").await.status, 400);
    let form = [("csrf", "x"), ("new_password", NEW)];
    assert_eq!(browser.post("/login/password", &form).await.status, 403);
    browser.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    assert_eq!(browser.submit(&page, &[("new_password", NEW)]).await.status, 403);
    browser.headers.clear();
    let home = browser.submit(&page, &[("new_password", NEW)]).await;
    assert_eq!(home.location().as_deref(), Some("/"));
}

#[actix_web::test]
async fn a_recovery_link_survives_being_looked_at_and_works_once() {
    let site = Site::open().await;
    let admin = site.person("admin").await;
    let (cx, tenant) = (site.kit.cx(), site.kit.tenant.id);
    let made = site.kit.write(move |tx| make_link(tx, &cx, tenant, &admin, LinkPurpose::Recover)).await;
    let address = format!("/reset?token={}", made.0.expose());
    for _ in 0..3 {
        let scanned = site.browser().get(&address).await;
        assert!(scanned.status == 200 && scanned.body.contains("Recover your access"));
        assert_eq!(scanned.header("referrer-policy"), "no-referrer");
    }
    let mut browser = site.browser();
    let page = browser.get(&address).await;
    assert!(page.body.contains("admin") && page.field("token") == made.0.expose());
    let home = browser.submit(&page, &[("new_password", NEW)]).await;
    assert_eq!(home.location().as_deref(), Some("/"));
    assert!(browser.get("/").await.body.contains("You are signed in"));
    assert_eq!(browser.get(&address).await.status, 400);
    for bad in ["", "x", "ptl_x"] {
        assert_eq!(browser.get(&format!("/reset?token={bad}")).await.status, 400, "{bad}");
    }
    assert_eq!(browser.get("/reset").await.status, 400);
}
