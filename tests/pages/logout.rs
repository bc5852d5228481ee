//! Signing out.

use std::time::Duration;

use super::site::GOODBYE;
use super::*;
use portico::domain::clients::ClientMetadata;
use portico::spec::oauth::encode;

/// Signs in up to the tokens; tells the refresh token and the ID token.
async fn tokens(site: &Site, browser: &mut Browser<'_>, who: &str) -> (String, String) {
    let answer = browser.reach_code(who).await;
    let tokens = site.redeem(&answer).await;
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (text("refresh_token"), text("id_token"))
}

fn logout(hint: &str, more: &[(&str, &str)]) -> String {
    let mut path = format!("/logout?id_token_hint={hint}");
    for (name, value) in more {
        path.push_str(&format!("&{name}={}", encode(value)));
    }
    path
}

async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    browser.get("/").await.body.contains("You are signed in")
}

#[actix_web::test]
async fn a_059_what_signing_out_ends_stays_ended() {
    for site in Site::everywhere().await {
        site.person("alice").await;
        site.person("bob").await;
        let mut browser = site.browser();
        let (refresh, _) = tokens(&site, &mut browser, "alice").await;
        let old = browser.cookies.clone();
        let home = browser.get("/").await;
        let page = browser.submit(&home, &[("decision", "allow")]).await;
        assert!(page.status == 200 && page.body.contains("You are signed out"));
        assert_eq!(browser.session(), None, "the cookie is gone");

        let mut replay = site.browser();
        replay.cookies = old;
        assert!(!is_signed_in(&mut replay).await, "the cookie's value is dead");
        let form = [("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", &refresh)];
        let answer = site.browser().post("/token", &form).await;
        assert!(answer.status == 400 && answer.body.contains("invalid_grant"));

        // Somebody else in the same browser, whatever cookies were left.
        browser.cookies.remove("portico_device");
        let (_, id_token) = tokens(&site, &mut browser, "bob").await;
        assert!(id_token.len() > 100 && is_signed_in(&mut browser).await);
        assert!(browser.get("/").await.body.contains("bob"));
    }
}

#[actix_web::test]
async fn a_131_nobody_is_signed_out_by_a_link_alone() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let (_, hint) = tokens(&site, &mut browser, "alice").await;
    browser.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    for path in ["/logout", "/logout?client_id=harbour", "/logout?decision=allow"] {
        let page = browser.get(path).await;
        assert!(page.status == 200 && page.body.contains("Sign out?"), "{path}");
        assert!(is_signed_in(&mut browser).await);
    }
    browser.headers.clear();
    // Another session of the same person is not the hint's, nor is another person's.
    browser.cookies.remove("portico_session");
    browser.come_in("alice").await;
    let page = browser.get(&logout(&hint, &[])).await;
    assert!(page.body.contains("Sign out?") && is_signed_in(&mut browser).await);
    let stay = browser.submit(&page, &[("decision", "deny")]).await;
    assert_eq!(stay.location().as_deref(), Some("/"));
    assert!(is_signed_in(&mut browser).await);
    let unclear = browser.submit(&page, &[("decision", "perhaps")]).await;
    assert!(unclear.status == 400 && is_signed_in(&mut browser).await);
    browser.submit(&page, &[("decision", "allow")]).await;
    assert!(!is_signed_in(&mut browser).await);
}

#[actix_web::test]
async fn a_132_only_registered_addresses_are_returned_to() {
    let site = Site::open().await;
    site.person("alice").await;
    site.add_client("other", site.kit.tenant.id, ClientMetadata::default()).await;
    let mut browser = site.browser();
    let (_, hint) = tokens(&site, &mut browser, "alice").await;
    for uri in [
        "https://evil.example/",
        &format!("{GOODBYE}/"),
        &format!("{GOODBYE}?x=1"),
        "https://other.example/bye",
    ] {
        let page = browser.get(&logout(&hint, &[("post_logout_redirect_uri", uri)])).await;
        assert_eq!((page.status, page.location()), (400, None), "{uri}");
        let page = browser.get(&format!("/logout?post_logout_redirect_uri={}", encode(uri))).await;
        assert_eq!((page.status, page.location()), (400, None), "{uri} of nobody");
    }
    let forged = format!("{}x", &hint[..hint.len() - 4]);
    for bad in [logout(&hint, &[("client_id", "other")]), logout(&forged, &[]), logout("x", &[])] {
        assert_eq!(browser.get(&bad).await.status, 400, "{bad}");
    }
    assert!(is_signed_in(&mut browser).await);

    let back = [("post_logout_redirect_uri", GOODBYE), ("state", "s p&c")];
    let answer = browser.get(&logout(&hint, &back)).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.location().unwrap(), format!("{GOODBYE}?state=s%20p%26c"));
    assert!(!is_signed_in(&mut browser).await);
    // The second application's turn: there is nobody to ask any more, and it gets its person back.
    let answer = browser.get(&logout(&hint, &back)).await;
    assert_eq!(answer.status, 303);
}

#[actix_web::test]
async fn a_132_an_expired_hint_asks_and_the_question_keeps_the_way_back() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let (_, hint) = tokens(&site, &mut browser, "alice").await;
    site.kit.services.clock.advance(Duration::from_secs(11 * 60));
    let back = [("post_logout_redirect_uri", GOODBYE), ("state", "\"><script>")];
    let page = browser.get(&logout(&hint, &back)).await;
    assert!(page.status == 200 && page.body.contains("Sign out?") && page.body.contains("The harbour asked"));
    assert!(!page.body.contains("<script>") && is_signed_in(&mut browser).await);
    assert!(page.header("content-security-policy").contains("form-action 'self' https://harbour.example;"));

    let elsewhere = page.action().replace("harbour.example", "evil.example");
    let form = [("csrf", page.field("csrf")), ("decision", "allow".to_owned())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let changed = browser.post(&elsewhere, &form).await;
    assert_eq!((changed.status, changed.location()), (400, None), "checked again");
    assert!(is_signed_in(&mut browser).await);

    let answer = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!(answer.location().unwrap(), format!("{GOODBYE}?state=%22%3E%3Cscript%3E"));
    assert!(!is_signed_in(&mut browser).await);
}

#[actix_web::test]
async fn a_logout_by_form_from_the_application_comes_again_with_its_cookies() {
    let site = Site::open().await;
    site.person("alice").await;
    let mut browser = site.browser();
    let (_, hint) = tokens(&site, &mut browser, "alice").await;
    let jar = browser.cookies.clone();
    browser.cookies.clear();
    browser.headers =
        vec![("sec-fetch-site", "cross-site".to_owned()), ("origin", "https://harbour.example".into())];
    let again =
        browser.post("/logout", &[("id_token_hint", &hint), ("post_logout_redirect_uri", GOODBYE)]).await;
    assert_eq!(again.status, 303);
    browser.cookies = jar;
    let answer = browser.follow(again).await;
    assert_eq!(answer.location().as_deref(), Some(GOODBYE));
    assert!(!is_signed_in(&mut browser).await);
}
