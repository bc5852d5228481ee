//! Cookies: what they say, and who is believed.

use portico::config::{Config, PublicUrl};
use portico::testkit::{Browser, NewPerson, Reply, TestApp, TestClient, authorize_path, confidential};

use super::road::submit;

const PASSWORD: &str = "correct horse battery";

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
    let alice = app.kit.add_person(&NewPerson::active("alice", PASSWORD)).await;
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
    for tenant in [app.kit.tenant.clone(), acme] {
        app.kit.add_person_of(&tenant, &NewPerson::active("canary-alice", PASSWORD)).await;
    }
    let mut names = Vec::new();
    for (path, base) in paths.iter().zip(["", "/t/acme"]) {
        let mut browser = app.browser();
        browser.host = "idp.example".to_owned();
        browser.extra = vec![("user-agent".to_owned(), "canary-agent/1.0".to_owned())];
        let begun = browser.get(path).await;
        let page = browser.get(begun.location()).await;
        let form = [("username", "canary-alice"), ("password", PASSWORD)];
        let entered = submit(&mut browser, &format!("{base}/login"), &page, &form).await;
        assert!(entered.param("code").is_some(), "{}", entered.body);
        let cookies: Vec<_> = begun.all("set-cookie").into_iter().chain(entered.all("set-cookie")).collect();
        assert_eq!(cookies.len(), 3, "{cookies:?}");
        for cookie in cookies {
            names.push(checked(cookie, &[&client.id, &other.id, &browser.address]));
        }
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 6, "tenants share the path, so not the names: {names:?}");
}

/// Checks one `Set-Cookie` and tells its name.
fn checked(cookie: &str, untold: &[&str]) -> String {
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    let (name, value) = pair.split_once('=').expect("a value");
    let mut attributes: Vec<_> = attributes.split("; ").filter(|one| !one.starts_with("Max-Age=")).collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"], "{cookie}");
    assert!(name.starts_with("__Host-portico_"), "{name}");
    assert!(cookie.len() < 4_096);
    for told in untold.iter().chain(&["canary", "127.0.0.1"]) {
        assert!(!value.contains(told) && !hides(value, told.as_bytes()), "{value} tells {told}");
    }
    name.to_owned()
}

/// Whether the value carries the text below one layer of base64.
fn hides(value: &str, text: &[u8]) -> bool {
    use base64::Engine as _;
    let body = value.split_once('_').map_or(value, |(_, body)| body);
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap_or_default();
    bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text))
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
    let alice = app.kit.add_person(&NewPerson::active("alice", PASSWORD)).await;
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
        let home = browser.send(reqwest::Method::GET, "/", None, &[("cookie", &cookie)]).await;
        assert!(home.status == 200 && !home.body.contains("alice"), "{value}");
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
    browser.cookies.insert("portico_session".to_owned(), good);
    assert!(browser.get("/").await.body.contains("alice"));
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
