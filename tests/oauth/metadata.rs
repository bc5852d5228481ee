//! Discovery and keys, as clients of every tenant find them.

use portico::testkit::TestApp;
use reqwest::Method;
use serde_json::Value;

const ISSUER: &str = "http://localhost:8080";

fn words(document: &Value, name: &str) -> Vec<String> {
    let list = document[name].as_array().unwrap_or_else(|| panic!("no {name} in {document}"));
    list.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// What every relying party looks for (OpenID Connect Discovery §3, RFC 8414 §2), and what no issuer here says.
fn assert_document(document: &Value, issuer: &str) {
    assert_eq!(document["issuer"], issuer);
    for (name, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("userinfo_endpoint", "/userinfo"),
        ("introspection_endpoint", "/introspect"),
        ("revocation_endpoint", "/revoke"),
        ("end_session_endpoint", "/logout"),
        ("jwks_uri", "/jwks"),
    ] {
        assert_eq!(document[name], format!("{issuer}{path}"), "{name}");
    }
    assert_eq!(words(document, "response_types_supported"), ["code"]);
    assert_eq!(words(document, "response_modes_supported"), ["query", "fragment", "form_post"]);
    let grants = ["authorization_code", "refresh_token", "client_credentials"];
    assert_eq!(words(document, "grant_types_supported"), grants);
    assert_eq!(words(document, "code_challenge_methods_supported"), ["S256"]);
    assert_eq!(words(document, "subject_types_supported"), ["public", "pairwise"]);
    assert!(words(document, "scopes_supported").contains(&"openid".to_owned()));
    assert!(words(document, "claims_supported").contains(&"sub".to_owned()));
    let methods = words(document, "token_endpoint_auth_methods_supported");
    assert_eq!(methods, ["none", "client_secret_basic", "client_secret_post"]);
    assert!(!words(document, "introspection_endpoint_auth_methods_supported").contains(&"none".to_owned()));
    let algs = words(document, "id_token_signing_alg_values_supported");
    // RS256 must be there (Discovery §3); what a secret or nothing signs must not.
    assert!(algs.contains(&"RS256".to_owned()) && algs.contains(&"ES256".to_owned()), "{algs:?}");
    assert!(!algs.iter().any(|alg| alg == "none" || alg.starts_with("HS")), "{algs:?}");
    for name in
        ["claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"]
    {
        assert_eq!(document[name], false, "{name}");
    }
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
}

// S0-24: what programs find.
#[tokio::test]
async fn every_issuer_is_described_at_every_address_of_the_standards() {
    let app = TestApp::start().await;
    app.kit.add_tenant("acme").await;
    let mut browser = app.browser();
    let default = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];
    let acme = [
        "/t/acme/.well-known/openid-configuration",
        "/t/acme/.well-known/oauth-authorization-server",
        // RFC 8414 §3.1 puts the well-known part before the issuer's path.
        "/.well-known/oauth-authorization-server/t/acme",
        "/.well-known/openid-configuration/t/acme",
    ];
    for (paths, issuer) in [(&default[..], ISSUER.to_owned()), (&acme[..], format!("{ISSUER}/t/acme"))] {
        let mut texts = Vec::new();
        for path in paths {
            let reply = browser.get(path).await;
            assert_eq!(reply.status, 200, "{path}: {}", reply.body);
            assert_eq!(reply.header("content-type"), Some("application/json"), "{path}");
            assert_eq!(reply.header("cache-control"), Some("public, max-age=300"), "{path}");
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{path}");
            assert_document(&reply.json(), &issuer);
            texts.push(reply.body);
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "one document, word for word");
    }
}

#[tokio::test]
async fn there_is_no_issuer_but_the_tenants() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    for path in [
        "/t/nobody/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/t/nobody",
        "/t/default/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/t/default",
        "/t/nobody/jwks",
        "/t/NOBODY/jwks",
        "/.well-known/oauth-authorization-server/x",
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.body);
    }
}

#[tokio::test]
async fn every_endpoint_that_is_announced_is_there() {
    let app = TestApp::start().await;
    app.kit.add_tenant("acme").await;
    let mut browser = app.browser();
    for base in ["", "/t/acme"] {
        let document = browser.get(&format!("{base}/.well-known/openid-configuration")).await.json();
        for (name, address) in document.as_object().unwrap() {
            if !(name.ends_with("_endpoint") || name == "jwks_uri") {
                continue;
            }
            let mut there = false;
            for method in [Method::GET, Method::POST] {
                let status = browser.send(method, address.as_str().unwrap(), None, &[]).await.status;
                assert!(status < 500, "{name}: {status}");
                there |= !matches!(status, 404 | 405);
            }
            assert!(there, "{name} at {address}");
        }
    }
}

#[tokio::test]
async fn keys_are_public_kept_for_minutes_and_asked_for_by_tag() {
    let app = TestApp::start().await;
    app.kit.add_tenant("acme").await;
    let mut browser = app.browser();
    let mut tags = Vec::new();
    for path in ["/jwks", "/t/acme/jwks"] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.header("content-type"), Some("application/jwk-set+json"));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        let tag = reply.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        for key in reply.json()["keys"].as_array().unwrap() {
            assert!(key["kid"].is_string() && key["use"] == "sig" && key["kty"].is_string(), "{key}");
            // Nothing of the private half (RFC 7518 §6.2.2, §6.3.2, §6.4).
            for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                assert!(key.get(member).is_none(), "{member} in {key}");
            }
        }
        // A weak or listed tag is the same document for a reader (RFC 9110 §13.1.2).
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = browser.send(Method::GET, path, None, &[("if-none-match", &known)]).await;
            assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
            // A 304 carries what the 200 would have told a cache (RFC 9110 §15.4.5).
            assert_eq!(again.header("etag"), Some(tag.as_str()), "{known}");
            assert_eq!(again.header("cache-control"), Some("public, max-age=300"), "{known}");
            assert_eq!(again.header("access-control-allow-origin"), Some("*"), "{known}");
        }
        let other = browser.send(Method::GET, path, None, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, 200);
        tags.push(tag);
    }
    assert_ne!(tags[0], tags[1], "each tenant has keys of its own");
}

#[tokio::test]
async fn a_look_at_the_head_is_enough_for_a_cache() {
    // Servers answer HEAD wherever they answer GET (RFC 9110 §9.1).
    let app = TestApp::start().await;
    app.kit.add_tenant("acme").await;
    let mut browser = app.browser();
    for path in [
        "/jwks",
        "/t/acme/jwks",
        "/.well-known/openid-configuration",
        "/t/acme/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/t/acme",
    ] {
        let whole = browser.get(path).await;
        let head = browser.send(Method::HEAD, path, None, &[]).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        // The length may be left out (RFC 9110 §9.3.2).
        for name in ["content-type", "cache-control", "etag", "access-control-allow-origin"] {
            assert_eq!(head.header(name), whole.header(name), "{name} of {path}");
        }
    }
}

#[tokio::test]
async fn below_a_path_of_the_public_url_the_well_known_part_still_comes_first() {
    let app = TestApp::start_with(|config| {
        config.public_url = portico::config::PublicUrl::parse("http://localhost:8080/id").unwrap();
    })
    .await;
    app.kit.add_tenant("acme").await;
    let mut browser = app.browser();
    for path in [
        "/id/.well-known/openid-configuration",
        "/id/t/acme/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/id",
        "/.well-known/oauth-authorization-server/id/t/acme",
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        assert_eq!(
            reply.json()["issuer"].as_str().unwrap().ends_with("/t/acme"),
            path.contains("acme"),
            "{path}"
        );
    }
    for path in
        ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/t/acme", "/jwks"]
    {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
}
