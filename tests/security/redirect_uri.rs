//! Where an answer may go: to a registered address, equal byte for byte, and nowhere else.

use portico::domain::clients::{ClientKind, ClientMetadata};
use portico::testkit::{VERIFIER, authorize_path, confidential, encode, public};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stage::{Stage, assert_empty_handed, assert_page};

const HOME: &str = "https://foo.example.com/cb";

fn at(uris: &[&str]) -> ClientMetadata {
    ClientMetadata { redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(), ..confidential() }
}

/// The registered address gets a code, so that what follows can fail.
async fn stage_at(uri: &str) -> Stage {
    let mut stage = Stage::set(&at(&[uri])).await;
    let reply = stage.authorize(&[("redirect_uri", uri)]).await;
    assert!(reply.location().starts_with(uri) && reply.param("code").is_some(), "{}", reply.location());
    stage
}

async fn refuses(stage: &mut Stage, uris: &[&str]) {
    for uri in uris {
        for mode in ["query", "fragment", "form_post"] {
            let reply = stage.authorize(&[("redirect_uri", uri), ("response_mode", mode)]).await;
            assert_page(&reply, &format!("{uri} by {mode}"));
            assert!(!reply.body.contains("href=\"https://foo"), "no link leads there");
        }
    }
}

#[tokio::test]
async fn a_001_an_unregistered_address_gets_a_page_and_no_redirect() {
    for mut stage in Stage::everywhere(&at(&[HOME])).await {
        refuses(&mut stage, &["https://evil.example/cb", "https://foo.example.com/other", "evil"]).await;
        // Nobody is signed in: still a page, and not the login form on the way to it.
        let mut stranger = stage.app.browser();
        let extra = [("redirect_uri", "https://evil.example/cb")];
        let reply = stranger.get(&authorize_path(&stage.client, &extra)).await;
        assert_page(&reply, "without a session");
        assert!(stranger.cookies.is_empty());
        // Nor is an unknown client's address believed, even if another client registered it.
        for id in ["", "unknown", "ptc_unknown"] {
            let extra = [("redirect_uri", HOME), ("client_id", id)];
            assert_page(&stranger.get(&authorize_path(&stage.client, &extra)).await, id);
        }
        // Whatever else is wrong, the address comes first.
        let extra =
            [("redirect_uri", "https://evil.example/cb"), ("scope", "nonsense"), ("response_type", "x")];
        assert_page(&stage.authorize(&extra).await, "with other faults");
    }
}

#[tokio::test]
async fn a_001_an_address_of_another_client_is_not_this_client_s() {
    let mut stage = stage_at(HOME).await;
    let other = stage.app.kit.add_client(&at(&["https://bar.example.com/cb"])).await;
    let reply = stage.browser.get(&authorize_path(&other, &[("redirect_uri", HOME)])).await;
    assert_page(&reply, "another client's address");
}

#[tokio::test]
async fn a_002_look_alikes_of_the_host_are_refused() {
    let mut stage = stage_at(HOME).await;
    let look_alikes = [
        "https://foo.example.com.evil.tld/cb",
        "https://fooaexample.com/cb",
        "https://evilfoo.example.com/cb",
        "https://foo.example.com:443@evil.tld/cb",
        "http://localhost:80@evil.tld/",
        "https://foo.example.com%40evil.tld/cb",
        "https://foo.example.com@evil.tld/cb",
        "https://user@foo.example.com/cb",
        "https://foo.example.com:443/cb",
        "http://foo.example.com/cb",
        "https://foo.example.com",
    ];
    refuses(&mut stage, &look_alikes).await;
}

#[tokio::test]
async fn a_003_nothing_is_normalised() {
    let mut stage = stage_at(HOME).await;
    let would_normalise = [
        "https://foo.example.com/cb/../x",
        "https://foo.example.com/cb/../cb",
        "https://foo.example.com/cb/..%2fx",
        "https://foo.example.com/cb/%252e%252e/x",
        "https://foo.example.com/cb/..;/x",
        "https://foo.example.com/cb/",
        "https://foo.example.com/cb//",
        "https://foo.example.com//cb",
        "https://foo.example.com/./cb",
        "https://foo.example.com/%63b",
        "HTTPS://FOO.EXAMPLE.COM/CB",
        "https://FOO.example.com/cb",
        "Https://foo.example.com/cb",
        "https://foo.example.com./cb",
        "https://xn--foo-.example.com/cb",
        "https://\u{ff46}oo.example.com/cb",
        "https://foo.example\u{3002}com/cb",
        " https://foo.example.com/cb",
        "https://foo.example.com/cb ",
    ];
    refuses(&mut stage, &would_normalise).await;
}

#[tokio::test]
async fn a_004_nothing_may_be_added() {
    let mut stage = stage_at(HOME).await;
    let added = ["?x=1", "?", ";p=1", "#f", "#", "&x=1", "%23"].map(|tail| format!("{HOME}{tail}"));
    refuses(&mut stage, &added.each_ref().map(String::as_str)).await;
}

#[tokio::test]
async fn a_004_the_registered_query_stays_as_it_was_registered() {
    const WITH_QUERY: &str = "https://foo.example.com/cb?a=1&b=2";
    let mut stage = stage_at(WITH_QUERY).await;
    let reply = stage.authorize(&[("redirect_uri", WITH_QUERY)]).await;
    assert!(reply.location().starts_with(&format!("{WITH_QUERY}&code=")), "{}", reply.location());
    let changed = [
        "https://foo.example.com/cb?b=2&a=1",
        "https://foo.example.com/cb?a=1",
        "https://foo.example.com/cb",
        "https://foo.example.com/cb?a=1&b=2&c=3",
        "https://foo.example.com/cb?a=1&amp;b=2",
        "https://foo.example.com/cb?a=1&b=%32",
    ];
    refuses(&mut stage, &changed).await;
}

#[tokio::test]
async fn a_005_of_a_native_client_s_address_only_the_port_may_vary() {
    let mut stage = Stage::set(&confidential()).await;
    let redirect_uris = vec!["http://127.0.0.1/cb".to_owned(), "http://[::1]/cb".to_owned()];
    let native = ClientMetadata { redirect_uris, ..public() };
    let kit = &stage.app.kit;
    stage.client = kit.add_client_of(&kit.tenant, ClientKind::Native, &native).await;
    for uri in ["http://127.0.0.1:51004/cb", "http://127.0.0.1/cb", "http://[::1]:51004/cb"] {
        let reply = stage.authorize(&[("redirect_uri", uri)]).await;
        assert!(reply.location().starts_with(&format!("{uri}?code=")), "{}", reply.location());
        // The code is bound to the very port it was sent to.
        let code = reply.param("code").unwrap();
        let form = |uri| {
            let rest = [("code_verifier", VERIFIER), ("redirect_uri", uri), ("code", code.as_str())];
            [&[("grant_type", "authorization_code")][..], &rest[..]].concat()
        };
        let elsewhere = stage.browser.token(&stage.client, &form("http://127.0.0.1:51005/cb")).await;
        super::stage::assert_refused(&elsewhere, 400, "invalid_grant", uri);
        assert_eq!(stage.browser.token(&stage.client, &form(uri)).await.status, 200, "{uri}");
    }
    let others = [
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:51004/cb/",
        "http://127.0.0.1:51004/cb?x=1",
        "http://localhost/cb",
        "http://localhost:51004/cb",
        "http://127.0.0.1.evil.tld/cb",
        "http://localhostevil.tld/cb",
        "http://127.0.0.1:51004@evil.tld/cb",
        "http://127.0.0.1:51004.evil.tld/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.2/cb",
        "http://127.1/cb",
        "https://127.0.0.1:51004/cb",
    ];
    refuses(&mut stage, &others).await;
}

#[tokio::test]
async fn a_005_a_registered_host_name_has_no_free_port() {
    let mut stage = stage_at("http://localhost/cb").await;
    refuses(&mut stage, &["http://localhost:51004/cb", "http://127.0.0.1/cb"]).await;
}

#[tokio::test]
async fn a_007_no_character_breaks_a_header() {
    // That it breaks no log line either is tested where lines are made: ops::telemetry::escape.
    let mut stage = stage_at(HOME).await;
    let breaking = [
        "/%09//evil.tld",
        "/\t//evil.tld",
        "\\/evil.tld",
        "//evil.tld",
        "https:///evil.tld",
        "https:\\\\evil.tld",
        "https://foo.example.com/cb%0d%0aSet-Cookie:x=1",
        "https://foo.example.com/cb\r\nSet-Cookie: x=1\r\n\r\n<script>",
        "https://foo.example.com/cb\0",
        "https://foo.example.com/cb\u{2028}",
    ];
    refuses(&mut stage, &breaking).await;
    // An address longer than any request target is refused before anybody reads it; in a body it is read.
    let long = format!("{HOME}{}", "x".repeat(9_000));
    let reply = stage.authorize(&[("redirect_uri", &long)]).await;
    assert_empty_handed(&reply, "9,000 bytes");
    assert_eq!((reply.status, reply.header("location")), (414, None));
    let path = authorize_path(&stage.client, &[("redirect_uri", "")]);
    let body = Some(encode(&[("redirect_uri", &long)]));
    assert_page(&stage.browser.send(Method::POST, &path, body, &[]).await, "9,000 bytes in a body");
    // What is echoed is encoded.
    let state = "a\r\nSet-Cookie: x=1\r\n\r\n<script>";
    let reply = stage.authorize(&[("redirect_uri", HOME), ("state", state)]).await;
    assert_eq!(reply.header("set-cookie"), None);
    assert!(!reply.location().contains(['\r', '\n', ' ', '<']), "{}", reply.location());
    assert_eq!(reply.param("state").as_deref(), Some(state));
}

#[tokio::test]
async fn a_007_raw_control_characters_in_the_request_line_are_refused() {
    let stage = stage_at(HOME).await;
    for raw in ["\0", "\r", "\n", "\t", "\x7f"] {
        let target = format!("/authorize?client_id={}&redirect_uri={HOME}{raw}x", stage.client.id);
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n");
        let mut socket = tokio::net::TcpStream::connect(stage.app.address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).to_lowercase();
        assert!(answer.starts_with("http/1.1 400") && !answer.contains("location:"), "{raw:?}: {answer}");
    }
}
