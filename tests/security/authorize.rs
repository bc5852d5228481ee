//! The authorization endpoint: what it asks of a request.

use portico::domain::clients::ClientMetadata;
use portico::spec::oauth::GrantType;
use portico::testkit::{CALLBACK, authorize_path, challenge, confidential, encode};
use reqwest::Method;

use super::stage::{Stage, assert_page, assert_told};

#[tokio::test]
async fn a_009_a_missing_redirect_address_gets_a_page() {
    let mut stage = Stage::set(&confidential()).await;
    let two = vec![CALLBACK.to_owned(), "https://app.example/cb2".to_owned()];
    let two = stage.app.kit.add_client(&ClientMetadata { redirect_uris: two, ..confidential() }).await;
    for scope in ["openid", "api.read", ""] {
        let extra = [("redirect_uri", ""), ("scope", scope)];
        assert_page(&stage.authorize(&extra).await, scope);
        assert_page(&stage.browser.get(&authorize_path(&two, &extra)).await, "two registered");
    }
    let empty = format!("{}&redirect_uri=", authorize_path(&stage.client, &[("redirect_uri", "")]));
    assert_page(&stage.browser.get(&empty).await, "sent without a value");
    let named = authorize_path(&two, &[("redirect_uri", "https://app.example/cb2")]);
    assert!(stage.browser.get(&named).await.location().starts_with("https://app.example/cb2?code="));
}

#[tokio::test]
async fn a_010_a_doubled_client_or_address_gets_a_page() {
    let mut stage = Stage::set(&confidential()).await;
    let path = authorize_path(&stage.client, &[]);
    let id = stage.client.id.clone();
    for (name, value) in [("client_id", id.as_str()), ("redirect_uri", CALLBACK)] {
        for second in [value, "https://evil.example/cb", ""] {
            for spelled in [name.to_owned(), name.replace('_', "%5F")] {
                let more = format!("{spelled}={}", portico::spec::oauth::encode(second));
                let what = format!("{more} again");
                assert_page(&stage.browser.get(&format!("{path}&{more}")).await, &what);
                assert_page(&stage.browser.get(&path.replacen('?', &format!("?{more}&"), 1)).await, &what);
                let split = stage.browser.send(Method::POST, &path, Some(more), &[]).await;
                assert_page(&split, &format!("{what}, in the body"));
            }
        }
    }
}

#[tokio::test]
async fn a_010_any_other_doubled_parameter_is_an_invalid_request() {
    let mut stage = Stage::set(&confidential()).await;
    let extra = [("prompt", "none"), ("max_age", "600"), ("ui_locales", "en"), ("login_hint", "alice")];
    let extra =
        [&extra[..], &[("response_mode", "query"), ("acr_values", "1"), ("display", "page")]].concat();
    let path = authorize_path(&stage.client, &extra);
    assert!(stage.browser.get(&path).await.param("code").is_some());
    let challenge = challenge();
    let sent =
        [("scope", "openid"), ("state", "the-state"), ("response_type", "code"), ("nonce", "the-nonce")];
    let pkce = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    for (name, value) in extra.iter().chain(&sent).chain(&pkce) {
        let state = (*name != "state").then_some("the-state");
        for second in [*value, "other", ""] {
            let more = encode(&[(name, second)]);
            let reply = stage.browser.get(&format!("{path}&{more}")).await;
            assert_told(&reply, "invalid_request", state, &format!("{more} again"));
            let split = stage.browser.send(Method::POST, &path, Some(more.clone()), &[]).await;
            assert_told(&split, "invalid_request", state, &format!("{more} in the body"));
        }
    }
}

#[tokio::test]
async fn a_010_a_form_of_a_stranger_is_no_way_around() {
    // Without a session a POST is asked to come again by GET; what was doubled stays doubled on the way.
    let stage = Stage::set(&confidential()).await;
    let mut stranger = stage.app.browser();
    let path = authorize_path(&stage.client, &[]);
    let doubles = [("redirect_uri", "https://evil.example/cb"), ("client_id", "x"), ("scope", "openid")];
    for (name, value) in doubles {
        let first = stranger.send(Method::POST, &path, Some(encode(&[(name, value)])), &[]).await;
        assert!(first.location().starts_with("/authorize?"), "{}", first.location());
        let second = stranger.get(first.location()).await;
        if name == "scope" {
            assert_told(&second, "invalid_request", Some("the-state"), name);
        } else {
            assert_page(&second, name);
        }
    }
}

#[tokio::test]
async fn a_011_no_response_type_but_code() {
    let mut stage = Stage::set(&confidential()).await;
    for mode in ["", "query", "fragment"] {
        for asked in [
            "token",
            "id_token",
            "id_token token",
            "code token",
            "code id_token",
            "code id_token token",
            "none",
            "CODE",
            "code code",
            " code",
            "password",
        ] {
            let reply = stage.authorize(&[("response_type", asked), ("response_mode", mode)]).await;
            assert_told(&reply, "unsupported_response_type", Some("the-state"), asked);
            for name in ["access_token", "id_token", "token_type"] {
                assert_eq!(reply.param(name), None, "{asked} by {mode}");
            }
        }
    }
    let reply = stage.authorize(&[("response_type", "")]).await;
    assert_told(&reply, "invalid_request", Some("the-state"), "missing");
    let path = authorize_path(&stage.client, &[("response_type", "")]);
    let reply = stage.browser.get(&format!("{path}&response_type=")).await;
    assert_told(&reply, "invalid_request", Some("the-state"), "empty");
}

#[tokio::test]
async fn a_011_a_client_without_the_code_grant_gets_no_code() {
    let grant_types = vec![GrantType::ClientCredentials];
    let mut stage = Stage::set(&ClientMetadata { grant_types, ..confidential() }).await;
    let reply = stage.authorize(&[]).await;
    assert_told(&reply, "unauthorized_client", Some("the-state"), "not registered for codes");
}

#[tokio::test]
async fn a_015_an_error_page_shows_nothing_the_request_brought() {
    let mut stage = Stage::set(&confidential()).await;
    let hostile = [
        ("redirect_uri", "https://evil.example/\"><script>alert(1)</script>"),
        ("error", "hostile"),
        ("error_hint", "<script>hostile</script>"),
        ("error_description", "hostile, call +1 555 0100"),
        ("ui_locales", "../../hostile"),
        ("login_hint", "<img src=hostile onerror=alert(1)>"),
        ("state", "<hostile>"),
    ];
    let path = authorize_path(&stage.client, &hostile);
    for language in ["../../hostile", "de-DE-hostile\"><script>", "*", ""] {
        let reply = stage.browser.send(Method::GET, &path, None, &[("accept-language", language)]).await;
        assert_page(&reply, language);
        for text in ["hostile", "<script>", "<img", "onerror", "555 0100"] {
            assert!(!reply.body.contains(text), "{text} in {}", reply.body);
        }
        let tag = reply.header("content-language").unwrap();
        assert!(matches!(tag, "en" | "de"), "{tag}");
        assert!(reply.body.contains(&format!("lang=\"{tag}\"")));
    }
    // Unknown languages and hints that are too long stop no honest request.
    let long = "x".repeat(400);
    let reply = stage.authorize(&[("ui_locales", "../../x"), ("login_hint", &long)]).await;
    assert!(reply.param("code").is_some());
}

#[tokio::test]
async fn a_015_the_login_page_writes_the_hint_as_text() {
    let stage = Stage::set(&confidential()).await;
    let mut stranger = stage.app.browser();
    let hint = "\"><img src=x onerror=alert(1)>";
    let extra = [("login_hint", hint), ("ui_locales", "../../x de")];
    let reply = stranger.get(&authorize_path(&stage.client, &extra)).await;
    let page = stranger.get(reply.location()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(!page.body.contains("<img") && page.body.contains("onerror=alert(1)"), "{}", page.body);
    assert!(page.body.contains("lang=\"de\""), "the one language it knows of those the client named");
}
