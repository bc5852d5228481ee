//! Cookies: what they say, and who is believed.
//!
//! The session cookie is set by the login page; until its route is there, the sign-in's own value is looked
//! at, and the cookie that ties an unfinished sign-in to its browser stands for the rest.

use portico::config::{Config, PublicUrl};
use portico::testkit::{Browser, NewPerson, Reply, TestApp, TestClient, authorize_path, confidential};

/// A server that browsers reach by https, as behind a proxy that ends TLS.
fn by_https(config: &mut Config) {
    config.public_url = PublicUrl::parse("https://idp.example").expect("a URL");
}

/// What tells whether a browser is somebody: `prompt=none` answers with a code or with `login_required`.
async fn silently(browser: &mut Browser, client: &TestClient, cookie: Option<&str>) -> Reply {
    let path = authorize_path(client, &[("prompt", "none")]);
    let headers: Vec<_> = cookie.map(|value| ("cookie", value)).into_iter().collect();
    browser.send(reqwest::Method::GET, &path, None, &headers).await
}

fn assert_anonymous(reply: &Reply, what: &str) {
    assert_eq!(reply.status, 303, "{what}: {}", reply.body);
    assert_eq!(reply.param("error").as_deref(), Some("login_required"), "{what}");
    assert_eq!(reply.param("code"), None, "{what}");
}

async fn signed_in() -> (TestApp, TestClient, Browser, String) {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    let cookie = app.kit.sign_in(&mut browser, &alice).await.expose().to_owned();
    (app, client, browser, cookie)
}

#[tokio::test]
async fn a_058_every_cookie_is_bound_to_this_host_and_tells_nothing() {
    let app = TestApp::start_with(by_https).await;
    let client = app.kit.add_client(&confidential()).await;
    let acme = app.kit.add_tenant("acme").await;
    let kind = portico::domain::clients::ClientKind::Web;
    let other = app.kit.add_client_of(&acme, kind, &confidential()).await;
    let asked = [("state", "canary-state"), ("login_hint", "canary@example.com")];
    let paths = [authorize_path(&client, &asked), format!("/t/acme{}", authorize_path(&other, &asked))];
    let mut names = Vec::new();
    for path in &paths {
        let mut browser = app.browser();
        let headers = [("host", "idp.example"), ("user-agent", "canary-agent/1.0")];
        let reply = browser.send(reqwest::Method::GET, path, None, &headers).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        let cookies = reply.all("set-cookie");
        assert_eq!(cookies.len(), 1, "{cookies:?}");
        let (pair, attributes) = cookies[0].split_once("; ").expect("attributes");
        let (name, value) = pair.split_once('=').expect("a value");
        let mut attributes: Vec<_> = attributes.split("; ").collect();
        attributes.sort_unstable();
        assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"], "{}", cookies[0]);
        assert!(name.starts_with("__Host-portico_"), "{name}");
        assert!(cookies[0].len() < 4_096);
        assert!(!value.contains("canary") && !value.contains(&client.id) && !value.contains(&other.id));
        assert!(!hides(value, b"canary") && !hides(value, client.id.as_bytes()), "{value}");
        names.push(name.to_owned());
    }
    assert_ne!(names[0], names[1], "tenants share the path, so not the name");
}

/// Whether the value carries the text below one layer of base64.
fn hides(value: &str, text: &[u8]) -> bool {
    use base64::Engine as _;
    let body = value.split_once('_').map_or(value, |(_, body)| body);
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap_or_default();
    bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text))
}

#[tokio::test]
async fn a_058_a_sign_ins_cookies_say_nothing_about_the_person() {
    let (app, _, _, session) = signed_in().await;
    let attempt = portico::domain::signin::Attempt {
        name: "alice",
        password: portico::kernel::Secret::new("correct horse battery"),
        user_agent: Some("canary-agent"),
        replaces: None,
        device: None,
        exempt_loopback: false,
    };
    let (kit, cx) = (&app.kit, app.kit.cx_from("198.51.100.7"));
    let outcome = portico::domain::signin::sign_in(&kit.services, &kit.tenant, &cx, attempt).await;
    let Ok(portico::domain::signin::SignIn::Done(entered)) = outcome else { panic!("{outcome:?}") };
    for value in [session.as_str(), entered.cookie.expose(), entered.device.expose()] {
        assert!(value.len() < 200, "{value}");
        for told in ["alice", "canary", "198.51.100.7", "correct horse"] {
            assert!(!value.contains(told) && !hides(value, told.as_bytes()), "{value} tells {told}");
        }
    }
    assert_ne!(session, entered.cookie.expose());
}

#[tokio::test]
async fn a_058_a_planted_second_cookie_makes_nobody() {
    let (app, client, mut browser, good) = signed_in().await;
    let bob = app.kit.add_person(&NewPerson::active("bob", "another long password")).await;
    let planted = app.kit.sign_in(&mut app.browser(), &bob).await.expose().to_owned();
    let alone = silently(&mut browser, &client, Some(&format!("portico_session={good}"))).await;
    assert!(alone.param("code").is_some(), "{}", alone.location());
    for both in [
        format!("portico_session={good}; portico_session={planted}"),
        format!("portico_session={planted}; portico_session={good}"),
        format!("portico_session={good}; a=b; portico_session={good}"),
        format!("portico_session={good}; portico_session="),
    ] {
        assert_anonymous(&silently(&mut browser, &client, Some(&both)).await, &both);
    }
    let first_party = format!("Portico_session={planted}; portico_session={good}; portico_sessio={planted}");
    assert!(silently(&mut browser, &client, Some(&first_party)).await.param("code").is_some());
}

#[tokio::test]
async fn a_058_over_https_a_cookie_without_the_prefix_is_nobodys() {
    let app = TestApp::start_with(by_https).await;
    let client = app.kit.add_client(&confidential()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    let cookie = app.kit.sign_in(&mut browser, &alice).await.expose().to_owned();
    browser.cookies.clear();
    let path = authorize_path(&client, &[("prompt", "none")]);
    for (name, known) in [("__Host-portico_session", true), ("portico_session", false)] {
        let cookie = format!("{name}={cookie}");
        let headers = [("host", "idp.example"), ("cookie", cookie.as_str())];
        let reply = browser.send(reqwest::Method::GET, &path, None, &headers).await;
        assert_eq!(reply.param("code").is_some(), known, "{name}: {}", reply.location());
    }
}

#[tokio::test]
async fn a_058_sixteen_kibibytes_of_header_are_too_many() {
    let (app, client, mut browser, good) = signed_in().await;
    let path = authorize_path(&client, &[("prompt", "none")]);
    let long = format!("portico_session={good}; x={}", "a".repeat(16 * 1024));
    for name in ["cookie", "x-anything", "authorization"] {
        let reply = browser.send(reqwest::Method::GET, &path, None, &[(name, long.as_str())]).await;
        assert_eq!(reply.status, 431, "{name}");
        assert!(reply.header("location").is_none() && !reply.body.contains(&good));
    }
    // Many small ones add up.
    browser.extra = (0..60).map(|n| (format!("x-{n}"), "a".repeat(300))).collect();
    assert_eq!(browser.get(&path).await.status, 431);
    browser.extra.clear();
    assert!(
        silently(&mut app.browser(), &client, Some(&format!("portico_session={good}")))
            .await
            .param("code")
            .is_some()
    );
}

#[tokio::test]
async fn a_062_only_a_live_cookie_of_this_tenant_is_somebody() {
    let (app, client, mut browser, good) = signed_in().await;
    let acme = app.kit.add_tenant("acme").await;
    let kind = portico::domain::clients::ClientKind::Web;
    let other = app.kit.add_client_of(&acme, kind, &confidential()).await;
    let rng = portico::kernel::Rng::seeded(9);
    let unknown = portico::kernel::TokenKind::Session.random(&rng).expose().to_owned();
    let relabelled = good.replace("ptz_", "ptb_");
    let flipped: String =
        good.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c }).collect();
    let longer = format!("{good}A");
    let quoted = format!("\"{good}\"");
    for value in [
        "",
        "x",
        "ptz_",
        "null",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
        &good[..good.len() - 1],
        &good[4..],
        &unknown,
        &relabelled,
        &flipped,
        &longer,
        &quoted,
        &"A".repeat(8_000),
    ] {
        let cookie = format!("portico_session={value}");
        assert_anonymous(&silently(&mut browser, &client, Some(&cookie)).await, value);
        // With a person to ask, the way leads to the login page, and nowhere else.
        let reply = browser
            .send(reqwest::Method::GET, &authorize_path(&client, &[]), None, &[("cookie", &cookie)])
            .await;
        assert!(reply.status == 303 && reply.location().starts_with("/login?flow="), "{value}");
    }
    // Alice's cookie under the other tenant's name: her session is not of that tenant.
    let path = format!("/t/acme{}", authorize_path(&other, &[("prompt", "none")]));
    for name in ["portico_session", "portico_session_acme"] {
        let cookie = format!("{name}={good}");
        let reply = browser.send(reqwest::Method::GET, &path, None, &[("cookie", &cookie)]).await;
        assert_anonymous(&reply, name);
    }
    // Raw bytes that are no text at all.
    let raw =
        format!("GET {} HTTP/1.1\r\nConnection: close\r\n", authorize_path(&client, &[("prompt", "none")]));
    let mut bytes = format!("{raw}{}Cookie: portico_session=", super::wire::HOST).into_bytes();
    bytes.extend_from_slice(b"\xff\xfe\x80\xf0\r\n\r\n");
    let heard = super::wire::talk(app.address, bytes).await;
    assert!(heard.text.contains("error=login_required"), "{}", heard.text);
    let end = silently(&mut browser, &client, Some(&format!("portico_session={good}"))).await;
    assert!(end.param("code").is_some(), "the true one still counts");
}

#[tokio::test]
async fn a_062_a_browser_cookie_that_is_not_ours_is_replaced_and_opens_nothing() {
    let (app, client, _, _) = signed_in().await;
    let mut stranger = app.browser();
    let begun = stranger.get(&authorize_path(&client, &[])).await;
    let flow = begun.location().split_once("flow=").expect("a flow").1.to_owned();
    let own = stranger.cookies.get("portico_browser").expect("a browser cookie").clone();
    for forged in
        [String::new(), "ptb_x".to_owned(), own[..own.len() - 2].to_owned(), own.replace("ptb_", "ptz_")]
    {
        let mut browser = app.browser();
        let cookie = format!("portico_browser={forged}");
        let reply = browser
            .send(reqwest::Method::GET, &authorize_path(&client, &[]), None, &[("cookie", &cookie)])
            .await;
        assert!(reply.header("set-cookie").is_some_and(|new| !new.contains(&own)), "{forged}");
        // The stranger's unfinished sign-in is not found with it.
        let brought = portico::domain::oauth::authorize::Browser {
            session: None,
            browser: Some(portico::kernel::Secret::new(forged.clone())),
        };
        let (kit, cx) = (&app.kit, app.kit.cx());
        let id = portico::kernel::FlowId::parse(&flow).expect("a flow id");
        let found =
            portico::domain::oauth::authorize::look(&kit.services, &kit.tenant, &cx, &brought, id).await;
        assert!(found.expect("no fault").is_none(), "{forged}");
    }
}
