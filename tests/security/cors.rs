//! Who may read answers from another origin.

use portico::domain::clients::{ClientKind, ClientMetadata};
use portico::testkit::{NewPerson, Reply, TestApp, TestClient, authorize_path, basic, confidential, member};
use reqwest::Method;

const REGISTERED: &str = "https://app.example";

/// Origins that resemble the registered one, and some that do not.
const FOREIGN: [&str; 16] = [
    "https://evil.example",
    "null",
    "https://app.example.evil.tld",
    "https://evilapp.example",
    "https://sub.app.example",
    "http://app.example",
    "https://app.example:444",
    "https://app.example:443",
    "https://app.example.",
    "https://app.example/",
    "https://APP.example",
    "https://app.example@evil.tld",
    "https://app.example https://evil.example",
    "https://app.example,https://evil.example",
    "https://idp.example.evil.tld",
    "*",
];

fn with_origin() -> ClientMetadata {
    ClientMetadata { allowed_origins: vec![REGISTERED.to_owned()], ..confidential() }
}

fn allowed(reply: &Reply) -> Option<&str> {
    assert!(reply.header("access-control-allow-credentials").is_none(), "never with credentials");
    reply.header("access-control-allow-origin")
}

/// Every endpoint, called as an application would, from a page of `origin`.
async fn everywhere(app: &TestApp, client: &TestClient, token: &str, origin: &str) -> Vec<(String, Reply)> {
    let mut browser = app.browser();
    let auth = basic(&client.id, &client.secret);
    let bearer = format!("Bearer {token}");
    let mut replies = Vec::new();
    for (path, form) in [
        ("/token", "grant_type=client_credentials&scope=api.read"),
        ("/introspect", "token=x"),
        ("/revoke", "token=x"),
    ] {
        let headers = [("origin", origin), ("authorization", auth.as_str())];
        let reply = browser.send(Method::POST, path, Some(form.to_owned()), &headers).await;
        assert_eq!(reply.status, 200, "{path} {}", reply.body);
        replies.push((path.to_owned(), reply));
    }
    for method in [Method::GET, Method::POST] {
        let headers = [("origin", origin), ("authorization", bearer.as_str())];
        let reply = browser.send(method, "/userinfo", None, &headers).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        replies.push(("/userinfo".to_owned(), reply));
    }
    for path in ["/jwks", "/.well-known/openid-configuration", "/health/live", "/nothing", "/static/x"] {
        replies.push((path.to_owned(), browser.send(Method::GET, path, None, &[("origin", origin)]).await));
    }
    let path = authorize_path(client, &[]);
    for method in [Method::GET, Method::POST, Method::OPTIONS] {
        let reply = browser.send(method, &path, None, &[("origin", origin)]).await;
        replies.push(("/authorize".to_owned(), reply));
    }
    for path in ["/token", "/userinfo", "/revoke", "/introspect", "/jwks"] {
        let asks = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization"),
        ];
        let reply = browser.send(Method::OPTIONS, path, None, &asks).await;
        replies.push((format!("preflight {path}"), reply));
    }
    replies
}

async fn prepared() -> (TestApp, TestClient, String) {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&with_origin()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    let mut browser = app.browser();
    app.kit.sign_in(&mut browser, &alice).await;
    let code = browser.code(&client, &[]).await;
    let access = member(&browser.redeem(&client, &code).await, "access_token");
    (app, client, access)
}

#[tokio::test]
async fn a_067_no_foreign_origin_is_ever_allowed() {
    let (app, client, token) = prepared().await;
    for origin in FOREIGN {
        for (path, reply) in everywhere(&app, &client, &token, origin).await {
            let public = path == "/jwks" || path.starts_with("/.well-known");
            let expected = public.then_some("*");
            assert_eq!(allowed(&reply), expected, "{path} from {origin}");
            assert!(reply.header("access-control-allow-methods").is_none(), "{path} from {origin}");
        }
    }
}

#[tokio::test]
async fn a_067_the_registered_origin_reads_token_and_userinfo_only() {
    let (app, client, token) = prepared().await;
    for (path, reply) in everywhere(&app, &client, &token, REGISTERED).await {
        let expected = match path.as_str() {
            "/token" | "/userinfo" | "/revoke" => Some(REGISTERED),
            "preflight /token" | "preflight /userinfo" | "preflight /revoke" => Some(REGISTERED),
            "/jwks" | "/.well-known/openid-configuration" => Some("*"),
            _ => None,
        };
        assert_eq!(allowed(&reply), expected, "{path} {}", reply.status);
        if expected == Some(REGISTERED) {
            assert_eq!(reply.header("vary"), Some("Origin"), "{path}");
        }
        if path == "/authorize" {
            assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control")), "{path}");
        }
    }
}

#[tokio::test]
async fn a_067_the_origin_of_one_client_is_not_the_origin_of_another() {
    let (app, _, token) = prepared().await;
    let other = app.kit.add_client(&confidential()).await;
    let acme = app.kit.add_tenant("acme").await;
    let foreign = app.kit.add_client_of(&acme, ClientKind::Web, &confidential()).await;
    let mut browser = app.browser();
    for (path, client) in [("/token", &other), ("/t/acme/token", &foreign)] {
        let auth = basic(&client.id, &client.secret);
        let headers = [("origin", REGISTERED), ("authorization", auth.as_str())];
        let form = "grant_type=client_credentials&scope=api.read".to_owned();
        let reply = browser.send(Method::POST, path, Some(form), &headers).await;
        assert_eq!((reply.status, allowed(&reply)), (200, None), "{path}");
    }
    let asks = [("origin", REGISTERED), ("access-control-request-method", "POST")];
    let reply = browser.send(Method::OPTIONS, "/t/acme/token", None, &asks).await;
    assert_eq!(allowed(&reply), None, "another tenant");
    // A token that only says whose it is (a forged client_id and azp) opens no origin: the refusal may be read
    // by the origins this tenant's clients registered, whatever the token says, and by no other.
    let parts: Vec<&str> = token.split('.').collect();
    let forged = format!("{}.{}.AAAA", parts[0], parts[1]);
    for token in [forged.as_str(), "x", "a.b.c"] {
        let bearer = format!("Bearer {token}");
        for (path, origin, readable) in [
            ("/userinfo", REGISTERED, Some(REGISTERED)),
            ("/userinfo", "https://other.example", None),
            ("/t/acme/userinfo", REGISTERED, None),
        ] {
            let headers = [("origin", origin), ("authorization", bearer.as_str())];
            let reply = browser.send(Method::GET, path, None, &headers).await;
            assert_eq!((reply.status, allowed(&reply)), (401, readable), "{path} from {origin}");
        }
    }
}

#[tokio::test]
async fn a_067_a_disabled_clients_origin_is_nobodys() {
    let (app, client, _) = prepared().await;
    let mut browser = app.browser();
    let asks = [("origin", REGISTERED), ("access-control-request-method", "POST")];
    let reply = browser.send(Method::OPTIONS, "/token", None, &asks).await;
    assert_eq!(allowed(&reply), Some(REGISTERED));
    let (cx, id) = (app.kit.cx(), portico::kernel::ClientId::from_text(&client.id));
    let done = app.kit.services.db.write::<_, portico::domain::Fault, _>(move |tx| {
        portico::domain::clients::set_enabled(tx, &cx, &id, false)
    });
    assert!(done.await.expect("a write"));
    let reply = browser.send(Method::OPTIONS, "/token", None, &asks).await;
    assert_eq!(allowed(&reply), None);
    let auth = basic(&client.id, &client.secret);
    let headers = [("origin", REGISTERED), ("authorization", auth.as_str())];
    let form = "grant_type=client_credentials&scope=api.read".to_owned();
    let reply = browser.send(Method::POST, "/token", Some(form), &headers).await;
    assert_eq!((reply.status, allowed(&reply)), (401, None));
}

#[tokio::test]
async fn a_067_a_browser_application_can_read_why_its_token_is_refused() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&with_origin()).await;
    for (origin, readable) in [(REGISTERED, true), ("https://evil.example", false)] {
        let refused = basic(&client.id, "wrong");
        for (path, form, proof) in
            [("/userinfo", None, "Bearer pta_x"), ("/revoke", Some("token=x".to_owned()), refused.as_str())]
        {
            let method = if form.is_some() { Method::POST } else { Method::GET };
            let headers = [("origin", origin), ("authorization", proof)];
            let reply = app.browser().send(method, path, form, &headers).await;
            assert_eq!(reply.status, 401, "{path}: {}", reply.body);
            assert_eq!(allowed(&reply), readable.then_some(origin), "{path} from {origin}");
        }
    }
}
