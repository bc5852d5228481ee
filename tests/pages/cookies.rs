//! Cookies and sessions.

use super::*;

const HTTPS: &str = "https://id.example";

#[actix_web::test]
async fn a_058_every_cookie_is_bound_to_this_host() {
    let site = Site::open_at(HTTPS).await;
    site.person("alice").await;
    let mut browser = site.browser();
    let begun = browser.get(&authorize()).await;
    let mut seen = begun.set_cookies();
    let login = browser.follow(begun).await;
    let entered = browser.submit(&login, &[("username", "alice"), ("password", PASSWORD)]).await;
    seen.extend(entered.set_cookies());
    assert_eq!(seen.len(), 3, "{seen:?}");
    for cookie in seen {
        assert!(cookie.starts_with("__Host-portico_"), "{cookie}");
        for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
            assert!(cookie.contains(part), "{cookie} lacks {part}");
        }
        assert!(!cookie.contains("Domain") && cookie.len() < 4096 && !cookie.contains("alice"), "{cookie}");
    }
    assert!(entered.header("strict-transport-security").contains("max-age"));

    // A second cookie, planted from a sub-domain: neither is believed.
    let session = browser.cookies["__Host-portico_session"].clone();
    browser
        .cookies
        .insert("__Host-portico_session".into(), format!("{session}; __Host-portico_session=planted"));
    assert!(!browser.get("/").await.body.contains("You are signed in"));
    browser.cookies.insert("__Host-portico_session".into(), session);
    assert!(browser.get("/").await.body.contains("You are signed in"));
    browser.headers = vec![("x-large", "x".repeat(16 * 1024))];
    assert_eq!(browser.get("/").await.status, 431);
}

#[actix_web::test]
async fn a_056_every_sign_in_makes_a_new_session_and_ends_the_old_one() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let planted = "ptz_planted".to_owned();
    browser.cookies.insert("portico_session".into(), planted.clone());
    browser.come_in("alice").await;
    let first = browser.session().unwrap();
    assert_ne!(first, planted);

    let login = browser.open(&authorize_with(&[("prompt", "login")])).await;
    browser.sign_in(&login, "alice").await;
    let second = browser.session().unwrap();
    let home = browser.get("/").await;
    browser.submit(&home, &[("decision", "allow")]).await;
    browser.come_in("alice").await;
    let third = browser.session().unwrap();
    assert!(first != second && second != third && first != third);

    let mut replay = site.browser();
    for (session, alive) in [(first, false), (second, false), (third, true)] {
        replay.cookies.insert("portico_session".into(), session);
        assert_eq!(replay.get("/").await.body.contains("You are signed in"), alive);
    }
}

#[actix_web::test]
async fn a_062_a_cookie_that_is_none_means_anonymous_and_nothing_worse() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    browser.come_in("alice").await;
    let good = browser.session().unwrap();
    let device = browser.cookies["portico_device"].clone();
    let long = format!("ptz_{}", "A".repeat(4000));
    for bad in [
        "",
        "x",
        "ptz_",
        &good[..good.len() - 1],
        &good.to_uppercase(),
        &good.replace("ptz_", "ptb_"),
        &device,
        &long,
    ] {
        for name in ["portico_session", "portico_browser", "portico_device", "portico_proof"] {
            let mut other = site.browser();
            other.cookies.insert(name.to_owned(), bad.to_owned());
            let page = other.get("/").await;
            assert!(page.status == 200 && page.body.contains("Welcome"), "{name}={bad}");
            let login = other.open(&authorize()).await;
            let consent = other.sign_in(&login, "alice").await;
            assert!(consent.path.starts_with("/consent?"), "{name}={bad}");
        }
    }
}
