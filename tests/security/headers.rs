//! What protects every answer, on every route there is.

use std::collections::BTreeSet;

use portico::config::{Config, PublicUrl};
use portico::testkit::{Browser, NewPerson, Reply, TestApp, authorize_path, basic, confidential};
use reqwest::Method;

use super::road::{open, submit};

/// The table of contents itself: a route added there is crawled here.
const ROUTES: &str = include_str!("../../src/web/routes.rs");
const HOST: &str = "idp.example";

fn by_https(config: &mut Config) {
    config.public_url = PublicUrl::parse("https://idp.example").expect("a URL");
}

/// Every path in the table of contents, its placeholders filled.
fn paths() -> Vec<String> {
    let asset = &portico::web::render::assets::all()[0].path;
    let code = ROUTES.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found = BTreeSet::from([asset.clone(), "/health/live".to_owned(), "/health/ready".to_owned()]);
    for line in code {
        for text in line.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/')) {
            let mut path = String::new();
            for part in text.split_inclusive('}') {
                let (plain, hole) = part.split_once('{').unwrap_or((part, ""));
                path.push_str(plain);
                path.push_str(match hole.trim_end_matches('}').split(':').next() {
                    None | Some("") => "",
                    Some("slug") => "acme",
                    Some("name") => asset.rsplit('/').next().unwrap_or_default(),
                    Some(_) => "x",
                });
            }
            found.insert(path);
        }
    }
    assert!(found.len() > 12, "{found:?}");
    found.into_iter().collect()
}

/// Answers that others may keep: public documents and files whose name changes with their content.
fn may_be_kept(path: &str) -> bool {
    path.contains("/.well-known/") || path.ends_with("/jwks") || path.starts_with("/static/")
}

fn protected(what: &str, reply: &Reply, https: bool) {
    let one = |name: &str| {
        let all = reply.all(name);
        assert_eq!(all.len(), 1, "{what} {}: {name} {all:?}", reply.status);
        all[0].to_owned()
    };
    let csp = one("content-security-policy");
    assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"), "{what}: {csp}");
    assert!(csp.contains("base-uri 'none'") && csp.contains("form-action"), "{what}: {csp}");
    assert!(!csp.contains("unsafe") && !csp.contains('*') && !csp.contains("data:"), "{what}: {csp}");
    assert_eq!(one("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(one("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(one("cross-origin-opener-policy"), "same-origin", "{what}");
    let open = reply.header("access-control-allow-origin").is_some();
    let corp = if open { "cross-origin" } else { "same-origin" };
    assert_eq!(one("cross-origin-resource-policy"), corp, "{what}");
    assert!(one("permissions-policy").contains("camera=()"), "{what}");
    if https {
        let hsts = one("strict-transport-security");
        let age = hsts.split(';').next().and_then(|age| age.strip_prefix("max-age=")?.parse::<u64>().ok());
        assert!(age >= Some(31_536_000) && hsts.contains("includeSubDomains"), "{what}: {hsts}");
    } else {
        assert!(reply.header("strict-transport-security").is_none(), "{what}: HSTS over http");
    }
    for telltale in ["server", "via", "x-powered-by", "x-runtime", "x-aspnet-version"] {
        assert!(reply.header(telltale).is_none(), "{what}: {telltale}");
    }
    let text = reply.body.to_ascii_lowercase();
    assert!(
        !text.contains("actix") && !text.contains("src/") && !text.contains("panicked"),
        "{what}: {text}"
    );
    if !reply.body.is_empty() {
        let kind = one("content-type");
        assert!(!kind.starts_with("text/html") || kind == "text/html; charset=utf-8", "{what}: {kind}");
    }
    let kept = one("cache-control");
    let public = kept.contains("public") && reply.status < 400;
    assert!(kept == "no-store" || public, "{what}: {kept}");
}

async fn ask(browser: &mut Browser, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut all = vec![("host", HOST)];
    all.extend_from_slice(headers);
    let body = matches!(method, Method::POST | Method::PUT).then(String::new);
    browser.send(method, path, body, &all).await
}

#[tokio::test]
async fn a_179_every_route_answers_every_verb_with_every_header() {
    let app = TestApp::start_with(by_https).await;
    app.kit.add_tenant("acme").await;
    let mut browser = app.browser();
    let mut statuses = BTreeSet::new();
    for path in paths() {
        for base in ["", "/t/acme", "/t/nobody", "/t/UPPER"] {
            let path = format!("{base}{path}");
            for method in
                [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::PUT, Method::DELETE]
            {
                for accept in ["text/html", "application/json"] {
                    let reply = ask(&mut browser, method.clone(), &path, &[("accept", accept)]).await;
                    let what = format!("{method} {path}");
                    protected(&what, &reply, true);
                    assert!(reply.status < 500 || path.contains("/health/"), "{what}: {}", reply.status);
                    if !may_be_kept(&path) {
                        assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
                    }
                    statuses.insert(reply.status);
                }
            }
        }
    }
    for expected in [200, 400, 401, 404, 405] {
        assert!(statuses.contains(&expected), "{expected} was not met: {statuses:?}");
    }
}

#[tokio::test]
async fn a_179_errors_and_redirects_are_protected_like_pages() {
    let app = TestApp::start_with(by_https).await;
    let client = app.kit.add_client(&confidential()).await;
    let broken = app.kit.add_client(&confidential()).await;
    let (tenant, id) = (app.kit.tenant.id, portico::kernel::ClientId::from_text(&broken.id));
    app.kit
        .write(move |tx| {
            portico::store::clients::update(tx, tenant, &id, "Broken", "{", portico::testkit::NOON).map(drop)
        })
        .await;
    let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    let cookie = app.kit.sign_in(&mut browser, &alice).await;
    browser.cookies.insert("__Host-portico_session".to_owned(), cookie.expose().to_owned());
    let auth = basic(&client.id, &client.secret);
    let long = "a".repeat(9_000);
    let big = "a".repeat(17 * 1024);
    let posted = authorize_path(&client, &[("response_mode", "form_post")]);
    let unregistered = authorize_path(&client, &[("redirect_uri", "https://evil.example/cb")]);
    let mut cases = vec![
        (303, Method::GET, authorize_path(&client, &[]), vec![]),
        (303, Method::GET, authorize_path(&client, &[("scope", "\"")]), vec![]),
        (200, Method::GET, posted, vec![]),
        (400, Method::GET, unregistered, vec![]),
        (400, Method::GET, "/authorize".to_owned(), vec![]),
        (400, Method::GET, "/%zz".to_owned(), vec![]),
        (404, Method::GET, "/account/x.css".to_owned(), vec![]),
        (404, Method::GET, "/static/portico.css".to_owned(), vec![]),
        (405, Method::TRACE, "/token".to_owned(), vec![]),
        (414, Method::GET, format!("/authorize?state={long}"), vec![]),
        (415, Method::POST, "/token".to_owned(), vec![("content-type", "application/json")]),
        (421, Method::GET, "/jwks".to_owned(), vec![("host", "evil.example")]),
        (431, Method::GET, "/jwks".to_owned(), vec![("x-big", big.as_str())]),
        (500, Method::GET, authorize_path(&broken, &[]), vec![]),
        (401, Method::GET, "/userinfo".to_owned(), vec![("authorization", "Bearer x")]),
        (400, Method::POST, "/token".to_owned(), vec![("authorization", auth.as_str())]),
    ];
    let etag = ask(&mut browser, Method::GET, "/jwks", &[]).await.header("etag").expect("an ETag").to_owned();
    cases.push((304, Method::GET, "/jwks".to_owned(), vec![("if-none-match", etag.as_str())]));
    for (status, method, path, headers) in cases {
        let mut all = headers;
        if !all.iter().any(|(name, _)| *name == "host") {
            all.push(("host", HOST));
        }
        let body = (method == Method::POST).then(String::new);
        let reply = browser.send(method.clone(), &path, body, &all).await;
        let what = format!("{method} {}", &path[..path.len().min(80)]);
        assert_eq!(reply.status, status, "{what}: {}", reply.body);
        protected(&what, &reply, true);
        if status != 304 {
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
        }
    }
    let large = browser.send(Method::POST, "/token", Some("a=1&".repeat(30_000)), &[("host", HOST)]).await;
    assert_eq!(large.status, 413);
    protected("413", &large, true);
}

#[tokio::test]
async fn a_179_token_answers_and_personal_answers_are_never_kept() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    app.kit.sign_in(&mut browser, &alice).await;
    let sent = browser.get(&authorize_path(&client, &[])).await;
    let tokens = browser.redeem(&client, &sent.param("code").expect("a code")).await;
    let access = portico::testkit::member(&tokens, "access_token");
    let credentials = (client.id.as_str(), client.secret.as_str());
    let asked = browser.post_as("/introspect", credentials, &[("token", &access)]).await;
    let info = browser.userinfo(&access).await;
    let revoked = browser.post_as("/revoke", credentials, &[("token", &access)]).await;
    for (what, reply) in [
        ("code", &sent),
        ("tokens", &tokens),
        ("introspection", &asked),
        ("userinfo", &info),
        ("revoked", &revoked),
    ] {
        assert!(reply.status < 400, "{what} {}", reply.body);
        assert_eq!(reply.all("cache-control"), ["no-store"], "{what}");
        protected(what, reply, false);
    }
    assert_eq!(tokens.header("pragma"), Some("no-cache"), "RFC 6749 section 5.1");
}

#[tokio::test]
async fn a_179_pages_of_a_person_cannot_be_framed_or_kept() {
    let app = TestApp::start().await;
    let asking = portico::domain::clients::ClientMetadata { first_party: false, ..confidential() };
    let client = app.kit.add_client(&asking).await;
    app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    let path = authorize_path(&client, &[]);
    let login = open(&mut browser, &path).await;
    let form = [("username", "alice"), ("password", "correct horse battery")];
    let entered = submit(&mut browser, "/login", &login, &form).await;
    let consent = browser.get(entered.location()).await;
    assert!(consent.body.contains("name=\"decision\""), "{}", consent.body);
    let choose = open(&mut browser, &authorize_path(&client, &[("prompt", "select_account")])).await;
    app.advance(1);
    let again = open(&mut browser, &authorize_path(&client, &[("prompt", "login")])).await;
    let refused =
        submit(&mut browser, "/login", &again, &[("username", "alice"), ("password", "wrong")]).await;
    assert_eq!(refused.status, 401);
    let mut replies = vec![login, entered, consent, choose, again, refused];
    for path in [
        "/",
        "/account",
        "/logout",
        "/reset",
        "/login/password",
        "/consent",
        "/consent?flow=x",
        "/login?flow=x",
    ] {
        replies.push(browser.get(path).await);
    }
    for reply in &replies {
        protected("a page", reply, false);
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_179_a_form_post_page_may_send_to_its_client_and_nowhere_else() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    app.kit.sign_in(&mut browser, &alice).await;
    let path = authorize_path(&client, &[("response_mode", "form_post"), ("state", "\"><svg onload=x>")]);
    let mut nonces = BTreeSet::new();
    for _ in 0..3 {
        let page = browser.get(&path).await;
        let csp = page.header("content-security-policy").expect("a policy").to_owned();
        let of = |name: &str| csp.split(';').find_map(|rule| rule.trim().strip_prefix(name)).map(str::trim);
        assert_eq!(of("form-action"), Some("'self' https://app.example"), "{csp}");
        let nonce = of("script-src").and_then(|rule| rule.strip_prefix("'nonce-")?.strip_suffix('\''));
        let nonce = nonce.expect("only scripts with a nonce").to_owned();
        assert!(nonce.len() >= 22 && page.body.contains(&nonce));
        assert!(!page.body.contains("<svg onload") && page.body.contains("svg onload"), "{}", page.body);
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 3, "a nonce is used once");
}
