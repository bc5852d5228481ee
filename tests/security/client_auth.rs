//! Proving a client: wrong secrets, two methods at once, another method than registered, broken headers.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portico::domain::clients::ClientMetadata;
use portico::kernel::{Rng, TokenKind};
use portico::spec::oauth::AuthMethod;
use portico::testkit::{
    Browser, Reply, TestApp, TestClient, authorize_path, basic, confidential, encode, public,
};
use reqwest::Method;

use super::scene::{Stage, at, gives_nothing, invalid_token, on_a_page, refused, unproved};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn by_post() -> ClientMetadata {
    ClientMetadata { token_endpoint_auth_method: AuthMethod::ClientSecretPost, ..confidential() }
}

async fn by_header(browser: &mut Browser, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Reply {
    browser.send(Method::POST, "/token", Some(encode(form)), headers).await
}

#[tokio::test]
async fn a_039_every_wrong_secret_is_refused_alike() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let other = app.kit.add_client(&confidential()).await;
    let mut browser = app.browser();
    let ok = browser.post_as("/token", (&client.id, &client.secret), &[GRANT]).await;
    assert_eq!(ok.status, 200, "{}", ok.body);

    let unknown = TokenKind::ClientSecret.random(&Rng::seeded(99));
    let cut = &client.secret[..client.secret.len() - 1];
    let longer = format!("{}A", client.secret);
    let first = client.secret.chars().next().expect("a character").to_string();
    let upper = client.secret.to_uppercase();
    let wrong = [unknown.expose(), &other.secret, cut, &longer, &first, &upper, "", "wrong", "ptr_AAAA"];
    let mut seen = Vec::new();
    for secret in wrong {
        for path in ["/token", "/introspect", "/revoke"] {
            let reply = browser.post_as(path, (&client.id, secret), &[GRANT, ("token", "x")]).await;
            unproved(&reply);
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            seen.push(reply.body);
        }
    }
    let stranger = browser.post_as("/token", ("no-such-client", unknown.expose()), &[GRANT]).await;
    unproved(&stranger);
    seen.push(stranger.body);
    seen.dedup();
    assert_eq!(seen.len(), 1, "one answer for every reason, a client that does not exist included: {seen:?}");
}

#[tokio::test]
async fn a_039_guesses_are_throttled_for_their_address_and_nobody_else() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let mut guesser = app.browser();
    let (mut judged, mut held_back) = (0, 0);
    for n in 0..1_000 {
        let guess = TokenKind::ClientSecret.random(&Rng::seeded(n));
        let reply = guesser.post_as("/token", (&client.id, guess.expose()), &[GRANT]).await;
        gives_nothing(&reply);
        match reply.status {
            401 => judged += 1,
            429 => {
                held_back += 1;
                let wait: u64 = reply.header("retry-after").expect("Retry-After").parse().expect("seconds");
                assert!((1..=60).contains(&wait), "{wait}");
            }
            other => panic!("{other} {}", reply.body),
        }
    }
    assert_eq!((judged, held_back), (60, 940), "60 a minute are looked at");
    for path in ["/introspect", "/revoke"] {
        let reply = guesser.post_as(path, (&client.id, "wrong"), &[("token", "x")]).await;
        assert_eq!(reply.status, 429, "the other endpoints are no way around it");
    }
    let lucky = guesser.post_as("/token", (&client.id, &client.secret), &[GRANT]).await;
    assert_eq!(lucky.status, 429, "the right guess is held back too");
    let elsewhere = app.browser().post_as("/token", (&client.id, &client.secret), &[GRANT]).await;
    assert_eq!(elsewhere.status, 200, "the client itself is not locked out: {}", elsewhere.body);
    app.advance(61);
    let later = guesser.post_as("/token", (&client.id, &client.secret), &[GRANT]).await;
    assert_eq!(later.status, 200, "{}", later.body);
}

/// A-039, timing, by construction instead of a stopwatch: what is compared are keyed hashes
/// (`TenantKeys::client_secret_matches`, which ends in aws-lc-rs' `constant_time::verify_slices_are_equal`),
/// and the hashes of two secrets that agree in all but their last character have nothing in common. So even
/// a comparison that stopped early could not tell how much of a guess is right.
#[tokio::test]
async fn a_039_how_much_of_a_secret_is_right_cannot_show() {
    let app = TestApp::start().await;
    let keys = &app.kit.tenant.keys;
    let right = TokenKind::ClientSecret.random(&Rng::seeded(5));
    let stored = keys.client_secret_hash(right.expose());
    assert!(keys.client_secret_matches(right.expose(), &stored));
    for keep in 0..right.expose().len() {
        let guess = format!("{}!", &right.expose()[..keep]);
        let hash = keys.client_secret_hash(&guess);
        let common = hash.bytes().zip(stored.bytes()).take_while(|(a, b)| a == b).count();
        assert!(common < 6, "{keep} characters right, {common} of the hash");
        assert!(!keys.client_secret_matches(&guess, &stored));
    }
}

#[tokio::test]
async fn a_040_two_methods_at_once_are_refused() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let poster = app.kit.add_client(&by_post()).await;
    let mut browser = app.browser();
    let assertion = [
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", "e30.e30.AA"),
    ];
    for path in ["/token", "/introspect", "/revoke"] {
        let common = [GRANT, ("token", "x")];
        let both = [&common[..], &[("client_id", &client.id), ("client_secret", &client.secret)]].concat();
        refused(&browser.post_as(path, (&client.id, &client.secret), &both).await, 400, "invalid_request");
        let secret_only = [&common[..], &[("client_secret", client.secret.as_str())]].concat();
        let reply = browser.post_as(path, (&client.id, &client.secret), &secret_only).await;
        refused(&reply, 400, "invalid_request");
        let asserted = [&common[..], &assertion].concat();
        let reply = browser.post_as(path, (&client.id, &client.secret), &asserted).await;
        refused(&reply, 400, "invalid_request");
        let named = [("client_id", poster.id.as_str()), ("client_secret", &poster.secret)];
        let reply = browser.post(path, &[&common[..], &named, &assertion].concat()).await;
        refused(&reply, 400, "invalid_request");
        let other_id = [&common[..], &[("client_id", poster.id.as_str())]].concat();
        let reply = browser.post_as(path, (&client.id, &client.secret), &other_id).await;
        refused(&reply, 400, "invalid_request");
        let twice = [&common[..], &named, &named[1..]].concat();
        refused(&browser.post(path, &twice).await, 400, "invalid_request");
        let in_url = format!("{path}?client_id={}&client_secret={}", poster.id, poster.secret);
        refused(&browser.post(&in_url, &common).await, 400, "invalid_request");
    }
    let same_id = [GRANT, ("client_id", client.id.as_str())];
    let fine = browser.post_as("/token", (&client.id, &client.secret), &same_id).await;
    assert_eq!(fine.status, 200, "naming oneself twice alike is no second method: {}", fine.body);
}

#[tokio::test]
async fn a_041_only_the_registered_method_proves_a_client() {
    // private_key_jwt comes with client assertions; until then an assertion proves nobody.
    let app = TestApp::start().await;
    let basic_client = app.kit.add_client(&confidential()).await;
    let poster = app.kit.add_client(&by_post()).await;
    let open = app.kit.add_client(&public()).await;
    let mut browser = app.browser();
    let ok = [("client_id", poster.id.as_str()), ("client_secret", &poster.secret), GRANT];
    assert_eq!(browser.post("/token", &ok).await.status, 200);

    let mut refusals = Vec::new();
    for client in [&basic_client, &poster, &open] {
        let secret = if client.secret.is_empty() { &basic_client.secret } else { &client.secret };
        let id = ("client_id", client.id.as_str());
        let grant = if client.secret.is_empty() { ("grant_type", "refresh_token") } else { GRANT };
        let rest = [grant, ("refresh_token", "x"), ("token", "x")];
        for path in ["/token", "/introspect", "/revoke"] {
            if client.id != basic_client.id {
                refusals.push(browser.post_as(path, (&client.id, secret), &rest).await);
            }
            if client.id != poster.id {
                let form = [&[id, ("client_secret", secret)][..], &rest].concat();
                refusals.push(browser.post(path, &form).await);
            }
            if client.id != open.id {
                refusals.push(browser.post(path, &[&[id][..], &rest].concat()).await);
                refusals.push(browser.post(path, &[&[id, ("client_secret", "")][..], &rest].concat()).await);
            }
            let jwt = [id, ("client_assertion", "e30.e30.AA"), rest[0], rest[1], rest[2]];
            refusals.push(browser.post(path, &jwt).await);
            refusals.push(browser.post(path, &rest).await);
        }
    }
    for reply in &refusals {
        unproved(reply);
    }
}

#[tokio::test]
async fn a_046_broken_authorization_headers_are_refused_and_lower_case_works() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let mut browser = app.browser();
    let good = basic(&client.id, &client.secret);
    let encoded = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
    let broken = [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic =".to_owned(),
        "Basic ====".to_owned(),
        "Basic !!!".to_owned(),
        format!("{good}="),
        format!("{good} {}", "x"),
        encoded(b""),
        encoded(b":"),
        encoded(b"no colon"),
        encoded(b"\xff\xfe:\xff"),
        encoded(b"id:\xc3\x28"),
        encoded(b"id\0:x"),
        encoded(b"%zz:x"),
        encoded(b"id:%"),
        "Bearer x".to_owned(),
        "Digest username=x".to_owned(),
        "=".to_owned(),
        String::new(),
    ];
    for value in &broken {
        for path in ["/token", "/introspect", "/revoke"] {
            let form = encode(&[GRANT, ("token", "x")]);
            let reply = browser.send(Method::POST, path, Some(form), &[("authorization", value)]).await;
            assert!(matches!(reply.status, 400 | 401), "{value:?}: {} {}", reply.status, reply.body);
            gives_nothing(&reply);
            assert!(reply.json()["error"].is_string(), "{value:?}");
            if reply.status == 401 {
                unproved(&reply);
            }
        }
    }
    let doubled = [("authorization", good.as_str()), ("authorization", good.as_str())];
    refused(&by_header(&mut browser, &doubled, &[GRANT]).await, 400, "invalid_request");
    let mut fresh = app.browser();
    for scheme in ["basic", "BASIC", "bAsIc"] {
        let value = good.replacen("Basic", scheme, 1);
        let reply = by_header(&mut fresh, &[("authorization", &value)], &[GRANT]).await;
        assert_eq!(reply.status, 200, "{scheme}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_046_raw_bytes_and_a_header_of_100_kib_do_no_harm() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let long = [b"Basic ".as_slice(), &vec![b'A'; 100 * 1024]].concat();
    for value in [b"Basic \xff\xfe\x80".as_slice(), b"\xff", b"Basic \xc3\xa9", b"Basic\tYTpi", &long] {
        let (status, _) = raw(app.address, value);
        // A header section over the limit is refused by the edge, before anything reads it (RFC 6585 §5).
        let fine =
            if value.len() > 1_000 { matches!(status, 0 | 400 | 431) } else { matches!(status, 400 | 401) };
        assert!(fine, "{status} for {:?}", &value[..value.len().min(20)]);
    }
    assert_works(&app, &client).await;
}

async fn assert_works(app: &TestApp, client: &TestClient) {
    let reply = app.browser().post_as("/token", (&client.id, &client.secret), &[GRANT]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

/// Sends a token request with these bytes as the Authorization header; the status, 0 when the server hung
/// up, and the answer.
fn raw(server: SocketAddr, authorization: &[u8]) -> (u16, String) {
    let mut peer = TcpStream::connect(server).expect("a connection");
    let body = "grant_type=client_credentials";
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nAuthorization: ",
        body.len()
    );
    let request = [head.as_bytes(), authorization, b"\r\n\r\n", body.as_bytes()].concat();
    // The server may hang up while it is still being written to.
    let _ = peer.write_all(&request);
    let mut answer = Vec::new();
    let _ = peer.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    (status, text)
}

#[tokio::test]
async fn a_047_a_disabled_client_is_refused_at_every_endpoint() {
    // SAML, the device endpoint and registration tokens come with their issues.
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let code = stage.browser.code(&stage.client, &[]).await;
    let (address, _node) = stage.app.second_node();
    stage.app.advance(1);
    stage.enable_client(false).await;
    let pair = (stage.client.id.clone(), stage.client.secret.clone());
    let client = (pair.0.as_str(), pair.1.as_str());
    for server in [stage.app.address, address] {
        let mut browser = at(&stage.browser, server);
        unproved(&browser.post_as("/token", client, &[GRANT]).await);
        unproved(&browser.redeem(&stage.client, &code).await);
        unproved(&browser.refresh(&stage.client, &tokens.refresh).await);
        unproved(&browser.post_as("/introspect", client, &[("token", &tokens.access)]).await);
        unproved(&browser.post_as("/revoke", client, &[("token", &tokens.access)]).await);
        invalid_token(&browser.userinfo(&tokens.access).await);
        for prompt in ["", "none", "login"] {
            let path = authorize_path(&stage.client, &[("prompt", prompt)]);
            on_a_page(&browser.get(&path).await);
        }
        let query = encode(&[
            ("id_token_hint", tokens.id.as_str()),
            ("post_logout_redirect_uri", "https://app.example/bye"),
        ]);
        on_a_page(&browser.get(&format!("/logout?{query}")).await);
    }
    // What it held does not come back with it.
    stage.app.advance(1);
    stage.enable_client(true).await;
    assert!(!stage.is_active(&tokens.access).await);
    refused(&stage.browser.refresh(&stage.client, &tokens.refresh).await, 400, "invalid_grant");
    refused(&stage.browser.redeem(&stage.client, &code).await, 400, "invalid_grant");
}
