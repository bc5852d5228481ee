//! Forged and twisted JWTs over HTTP, wherever one is taken today: as a bearer token at userinfo, at
//! introspection, and as `id_token_hint`. Request objects, client assertions, logout tokens and the API's
//! bearer come with their issues; `crypto::attacks` tries the same on the verification itself.

use std::net::TcpListener;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use josekit::jwk::KeyPair as _;
use portico::crypto::{KeyFamily, SigningAlg, SigningKey};
use portico::domain::clients::TokenFormat;
use portico::domain::tenants::Tenant;
use portico::testkit::{authorize_path, confidential, member};
use serde_json::{Value, json};

use super::stage::{Stage, Tokens, claims, gives_nothing, header, invalid_token, refused, told, unproved};

/// Where a JWT is taken, with the type it must have there.
const TYPES: [&str; 2] = ["at+jwt", "JWT"];

impl Stage {
    /// Shows a token at every door; each must treat it as nothing.
    async fn refused_everywhere(&mut self, token: &str, what: &str) {
        self.refused_as_bearer(token, what).await;
        self.refused_as_hint(token, what).await;
    }

    async fn refused_as_bearer(&mut self, token: &str, what: &str) {
        let body = self.browser.post("/userinfo", &[("access_token", token)]).await;
        assert_eq!(body.status, 401, "{what}: {}", body.body);
        invalid_token(&body);
        // In a header it may not even be a token's syntax (RFC 6750 §2.1), or be too long for one.
        if token.len() < 8_000 && token.is_ascii() {
            let reply = self.browser.userinfo(token).await;
            assert!(matches!(reply.status, 400 | 401), "{what}: {} {}", reply.status, reply.body);
            gives_nothing(&reply);
        }
        let client = (self.client.id.clone(), self.client.secret.clone());
        let form = [("token", token)];
        let reply = self.browser.post_as("/introspect", (&client.0, &client.1), &form).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "{\"active\":false}"), "{what}");
        let reply = self.browser.post_as("/revoke", (&client.0, &client.1), &form).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""), "{what}: told nothing (RFC 7009 §2.2)");
    }

    async fn refused_as_hint(&mut self, token: &str, what: &str) {
        let path = authorize_path(&self.client, &[("prompt", "none"), ("id_token_hint", token)]);
        let (path, query) = path.split_once('?').expect("a query");
        // By POST, because some of these are longer than a URL may be.
        let method = reqwest::Method::POST;
        let reply = self.browser.send(method, path, Some(query.to_owned()), &[]).await;
        assert_eq!(reply.status, 303, "{what}: {}", reply.body);
        told(&reply, "invalid_request");
    }

    /// The doors do open for the real tokens.
    async fn doors_work(&mut self, tokens: &Tokens) {
        assert_eq!(self.browser.userinfo(&tokens.access).await.status, 200);
        assert!(self.is_active(&tokens.access).await);
        let hint = [("prompt", "none"), ("id_token_hint", tokens.id.as_str())];
        assert!(self.browser.code(&self.client, &hint).await.starts_with("ptc_"));
    }

    fn tenant(&self) -> &Tenant {
        &self.app.kit.tenant
    }
}

fn kid(tenant: &Tenant, alg: SigningAlg) -> String {
    tenant.ring.signer(alg).expect("a key").key().kid().to_owned()
}

fn input(header: &Value, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload))
}

fn with_signature(input: &str, signature: &[u8]) -> String {
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Under a good signature of the tenant's own key, so that only what is signed can be at fault.
fn signed(tenant: &Tenant, alg: SigningAlg, header: &Value, payload: &str) -> String {
    let input = input(header, payload);
    let key = tenant.ring.signer(alg).expect("a key").key();
    with_signature(&input, &key.sign(alg, input.as_bytes()).expect("a signature"))
}

/// Header and claims of a good token of this type, to be spoilt in one place.
fn model(stage: &Stage, tokens: &Tokens, typ: &str) -> (Value, Value) {
    let claims = claims(if typ == "JWT" { &tokens.id } else { &tokens.access });
    (json!({ "alg": "ES256", "kid": kid(stage.tenant(), SigningAlg::Es256), "typ": typ }), claims)
}

#[tokio::test]
async fn the_forger_of_these_tests_can_make_tokens_that_count() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    stage.doors_work(&tokens).await;
    let forged = |typ| {
        let (header, claims) = model(&stage, &tokens, typ);
        signed(stage.tenant(), SigningAlg::Es256, &header, &claims.to_string())
    };
    let made = Tokens { access: forged("at+jwt"), refresh: String::new(), id: forged("JWT") };
    stage.doors_work(&made).await;
}

#[tokio::test]
async fn a_048_no_algorithm_but_the_keys_own_counts() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    for typ in TYPES {
        let (header, claims) = model(&stage, &tokens, typ);
        for alg in ["none", "None", "nOnE", "NONE", "", "es256", "ES384", "RS1"] {
            let header = json!({ "alg": alg, "kid": header["kid"], "typ": typ });
            let bare = input(&header, &claims.to_string());
            for token in [format!("{bare}."), bare.clone(), with_signature(&bare, &[0; 64])] {
                stage.refused_everywhere(&token, &format!("alg {alg:?}, {typ}")).await;
            }
        }
        let (signed_part, _) = tokens.access.rsplit_once('.').expect("a signature");
        stage.refused_everywhere(&format!("{signed_part}."), "no signature").await;
    }
}

#[tokio::test]
async fn a_048_a_public_key_is_no_hmac_secret() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let jwks = stage.browser.get("/jwks").await;
    let set = jwks.json();
    let jwk = set["keys"].as_array().expect("keys").iter().find(|key| key["kty"] == "RSA").expect("RSA");
    let key = stage.tenant().ring.signer(SigningAlg::Rs256).expect("a key").key().clone();
    assert_eq!(jwk["kid"], key.kid());
    let pair =
        josekit::jws::RS256.key_pair_from_der(key.to_pkcs8().expect("a key").expose()).expect("a pair");
    let pem = pair.to_pem_public_key();
    let trimmed = String::from_utf8(pem.clone()).expect("text").trim_end().to_owned();
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().expect("n")).expect("base64url");
    let secrets = [
        ("PEM", pem),
        ("PEM without its last line end", trimmed.into_bytes()),
        ("DER", pair.to_der_public_key()),
        ("JWK", jwk.to_string().into_bytes()),
        ("JWK Set", jwks.body.clone().into_bytes()),
        ("modulus", modulus),
        ("nothing", Vec::new()),
    ];
    for typ in TYPES {
        let (_, claims) = model(&stage, &tokens, typ);
        let header = json!({ "alg": "HS256", "kid": key.kid(), "typ": typ });
        let input = input(&header, &claims.to_string());
        for (what, secret) in &secrets {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
            stage.refused_everywhere(&with_signature(&input, tag.as_ref()), what).await;
        }
    }
}

#[tokio::test]
async fn a_049_only_a_kid_of_this_tenant_names_a_key() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let other = stage.app.kit.add_tenant("other").await;
    let long = "k".repeat(10 * 1024);
    let kids = [
        "../../dev/null",
        "/dev/null",
        "file:///etc/passwd",
        "' OR '1'='1",
        "x'; DROP TABLE signing_keys; --",
        "",
        "\0",
        "%00",
        &long,
    ];
    for typ in TYPES {
        let (_, claims) = model(&stage, &tokens, typ);
        let claims = claims.to_string();
        for kid in kids {
            let header = json!({ "alg": "ES256", "kid": kid, "typ": typ });
            let token = signed(stage.tenant(), SigningAlg::Es256, &header, &claims);
            stage.refused_everywhere(&token, &format!("kid {kid:.20}")).await;
            // An empty file as key: the HMAC under no bytes at all.
            let header = json!({ "alg": "HS256", "kid": kid, "typ": typ });
            let input = input(&header, &claims);
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), input.as_bytes());
            stage.refused_everywhere(&with_signature(&input, tag.as_ref()), kid).await;
        }
        let theirs = json!({ "alg": "ES256", "kid": kid(&other, SigningAlg::Es256), "typ": typ });
        let token = signed(&other, SigningAlg::Es256, &theirs, &claims);
        stage.refused_everywhere(&token, "another tenant's key").await;
        let (ours, _) = model(&stage, &tokens, typ);
        let token = signed(&other, SigningAlg::Es256, &ours, &claims);
        stage.refused_everywhere(&token, "another tenant's key under our kid").await;
        let header = json!({ "alg": "ES256", "typ": typ });
        let token = signed(stage.tenant(), SigningAlg::Es256, &header, &claims);
        stage.refused_everywhere(&token, "no kid").await;
    }
    stage.doors_work(&tokens).await;
}

#[tokio::test]
async fn a_049_keys_and_addresses_in_the_header_are_not_looked_at() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let canary = TcpListener::bind("127.0.0.1:0").expect("a canary");
    canary.set_nonblocking(true).expect("a canary that does not wait");
    let url = format!("http://{}/keys.json", canary.local_addr().expect("an address"));
    let attacker = SigningKey::generate(KeyFamily::Ec, 0).expect("a key");
    let x5c = STANDARD.encode(attacker.to_pkcs8().expect("a key").expose());
    let lures = [
        json!({ "jwk": attacker.public_jwk() }),
        json!({ "jku": url }),
        json!({ "x5u": url }),
        json!({ "x5c": [x5c] }),
        json!({ "jku": url, "jwk": attacker.public_jwk(), "x5u": url }),
    ];
    for typ in TYPES {
        let (good, claims) = model(&stage, &tokens, typ);
        for kid in [good["kid"].clone(), json!(attacker.kid())] {
            for lure in &lures {
                let mut header = json!({ "alg": "ES256", "kid": kid, "typ": typ });
                for (name, value) in lure.as_object().expect("an object") {
                    header[name] = value.clone();
                }
                let input = input(&header, &claims.to_string());
                let signature = attacker.sign(SigningAlg::Es256, input.as_bytes()).expect("a signature");
                stage.refused_everywhere(&with_signature(&input, &signature), &lure.to_string()).await;
            }
        }
    }
    let hit = canary.accept().expect_err("the canary was called");
    assert_eq!(hit.kind(), std::io::ErrorKind::WouldBlock);
}

/// DER of an ECDSA signature (r, s), as X.509 writes it and JWS does not (RFC 7518 §3.4).
fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut value = bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
        if value.first().is_none_or(|first| *first >= 0x80) {
            value.insert(0, 0);
        }
        [&[2, u8::try_from(value.len()).expect("short")], value.as_slice()].concat()
    };
    let both = [integer(&raw[..32]), integer(&raw[32..])].concat();
    [&[0x30, u8::try_from(both.len()).expect("short")], both.as_slice()].concat()
}

#[tokio::test]
async fn a_050_degenerate_signatures_are_refused() {
    // RSA keys of 1,024 bits and small-order keys in a client's own JWKS come with client assertions.
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&order[at * 2..at * 2 + 2], 16).expect("hex")).collect();
    let (zero, mut one) = (vec![0; 32], vec![0; 32]);
    one[31] = 1;
    for typ in TYPES {
        let (header, claims) = model(&stage, &tokens, typ);
        let input = input(&header, &claims.to_string());
        for (r, s) in
            [(&zero, &zero), (&zero, &one), (&one, &zero), (&one, &one), (&order, &order), (&order, &zero)]
        {
            let signature = [r.as_slice(), s.as_slice()].concat();
            stage.refused_everywhere(&with_signature(&input, &signature), "r and s of no signature").await;
        }
        let key = stage.tenant().ring.signer(SigningAlg::Es256).expect("a key").key().clone();
        let good = key.sign(SigningAlg::Es256, input.as_bytes()).expect("a signature");
        stage.refused_everywhere(&with_signature(&input, &der(&good)), "DER").await;
        stage.refused_everywhere(&with_signature(&input, &good[..63]), "one byte short").await;
        stage.refused_everywhere(&with_signature(&input, &[&good[..], &[0]].concat()), "one byte long").await;

        // Ed25519: the neutral element and another point of small order as R, with s = 0.
        let header = json!({ "alg": "EdDSA", "kid": kid(stage.tenant(), SigningAlg::EdDsa), "typ": typ });
        let input = self::input(&header, &claims.to_string());
        let neutral = [vec![1], vec![0; 63]].concat();
        let mut order_two = vec![0xff; 32];
        order_two[0] = 0xec;
        order_two[31] = 0x7f;
        order_two.extend([0; 32]);
        for signature in [neutral, order_two, vec![0; 64]] {
            stage.refused_everywhere(&with_signature(&input, &signature), "small order").await;
        }
    }
}

#[tokio::test]
async fn a_052_no_credential_stands_in_for_another() {
    // Logout tokens, DPoP proofs, JARM responses and invitations come with their issues.
    let mut opaque = confidential();
    opaque.access_token_format = TokenFormat::Opaque;
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let sealed = stage.app.kit.add_client(&opaque).await;
    let code = stage.browser.code(&sealed, &[]).await;
    let sealed_access = member(&stage.browser.redeem(&sealed, &code).await, "access_token");
    assert!(sealed_access.starts_with("pta_"));
    let code = stage.browser.code(&stage.client, &[]).await;
    let session = stage.browser.cookies["portico_session"].clone();
    let secret = stage.client.secret.clone();

    for (what, token) in [
        ("an ID token", &tokens.id),
        ("a code", &code),
        ("a session cookie", &session),
        ("a client secret", &secret),
    ] {
        stage.refused_as_bearer(token, what).await;
    }
    stage.refused_at_userinfo(&tokens.refresh).await;
    for (what, token) in [
        ("an access token", &tokens.access),
        ("an opaque one", &sealed_access),
        ("a refresh token", &tokens.refresh),
        ("a code", &code),
        ("a session cookie", &session),
    ] {
        stage.refused_as_hint(token, what).await;
    }
    for wrong in [&tokens.access, &tokens.id, &code, &session, &secret, &sealed_access] {
        let reply = stage.browser.refresh(&stage.client, wrong).await;
        refused(&reply, 400, "invalid_grant");
    }
    for wrong in [&tokens.access, &tokens.id, &tokens.refresh, &session, &secret, &sealed_access] {
        let reply = stage.browser.redeem(&stage.client, wrong).await;
        refused(&reply, 400, "invalid_grant");
    }
    for wrong in [&tokens.access, &tokens.id, &tokens.refresh, &session, &code] {
        let reply = stage.browser.post_as("/introspect", (&stage.client.id, wrong), &[("token", "x")]).await;
        unproved(&reply);
    }
    // An access token under an ID token's type, and the other way round, signed by the tenant itself.
    for (typ, token) in [
        ("JWT", &tokens.access),
        ("at+jwt", &tokens.id),
        ("logout+jwt", &tokens.access),
        ("dpop+jwt", &tokens.access),
    ] {
        let header = json!({ "alg": "ES256", "kid": header(token)["kid"], "typ": typ });
        let forged = signed(stage.tenant(), SigningAlg::Es256, &header, &claims(token).to_string());
        stage.refused_everywhere(&forged, typ).await;
    }
    stage.doors_work(&tokens).await;
    assert_eq!(stage.browser.redeem(&stage.client, &code).await.status, 200, "nothing above used it up");
}

impl Stage {
    /// Introspection knows refresh tokens of their own client, so only userinfo is asked.
    async fn refused_at_userinfo(&mut self, token: &str) {
        invalid_token(&self.browser.post("/userinfo", &[("access_token", token)]).await);
        invalid_token(&self.browser.userinfo(token).await);
    }
}

#[tokio::test]
async fn a_054_extensions_and_ambiguous_headers_are_refused() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    for typ in TYPES {
        let (good, claims) = model(&stage, &tokens, typ);
        let claims = claims.to_string();
        for (name, value) in [
            ("crit", json!(["exp"])),
            ("crit", json!(["http://example.com/unknown"])),
            ("crit", json!([])),
            ("b64", json!(false)),
            ("alg", json!(["ES256"])),
            ("kid", json!(7)),
            ("typ", json!(null)),
        ] {
            let mut header = good.clone();
            header[name] = value;
            let token = signed(stage.tenant(), SigningAlg::Es256, &header, &claims);
            stage.refused_everywhere(&token, &header.to_string()).await;
        }
        let twice = good.to_string().replacen('{', "{\"alg\":\"none\",", 1);
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(twice), URL_SAFE_NO_PAD.encode(&claims));
        let key = stage.tenant().ring.signer(SigningAlg::Es256).expect("a key").key().clone();
        let signature = key.sign(SigningAlg::Es256, input.as_bytes()).expect("a signature");
        stage.refused_everywhere(&with_signature(&input, &signature), "alg twice").await;
    }
}

#[tokio::test]
async fn a_054_serialised_json_and_claims_of_another_form_are_refused() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    for typ in TYPES {
        let (good, claims) = model(&stage, &tokens, typ);
        let genuine = if typ == "JWT" { &tokens.id } else { &tokens.access };
        let parts: Vec<&str> = genuine.split('.').collect();
        let one = json!({ "protected": parts[0], "signature": parts[2] });
        let several = json!({ "payload": parts[1], "signatures": [one, one] }).to_string();
        stage.refused_everywhere(&several, "general JSON").await;
        let flat = json!({ "payload": parts[1], "protected": parts[0], "signature": parts[2] });
        stage.refused_everywhere(&flat.to_string(), "flattened JSON").await;
        for bad in [
            format!("{genuine}="),
            format!("{genuine}."),
            format!(".{genuine}"),
            genuine.replacen('.', ". ", 1),
            genuine.replacen('.', "..", 1),
        ] {
            stage.refused_everywhere(&bad, "another spelling").await;
        }
        for (name, value) in [
            ("sub", "[\"a\",\"b\"]"),
            ("sub", "{}"),
            ("sub", "null"),
            ("exp", "\"9999999999\""),
            ("exp", "1e400"),
            ("exp", "[9999999999]"),
            ("exp", "9999999999.5"),
            ("exp", "null"),
            ("iat", "\"0\""),
            ("iss", "[\"http://localhost:8080\"]"),
        ] {
            let mut odd = claims.clone();
            odd[name] = json!("@");
            let payload = odd.to_string().replace("\"@\"", value);
            let token = signed(stage.tenant(), SigningAlg::Es256, &good, &payload);
            stage.refused_everywhere(&token, &format!("{name} is {value}")).await;
        }
        for name in ["sub", "exp", "iss"] {
            let twice = claims.to_string().replacen('{', &format!("{{\"{name}\":{},", claims[name]), 1);
            let token = signed(stage.tenant(), SigningAlg::Es256, &good, &twice);
            stage.refused_everywhere(&token, &format!("{name} twice")).await;
            let mut without = claims.clone();
            without.as_object_mut().expect("an object").remove(name);
            let token = signed(stage.tenant(), SigningAlg::Es256, &good, &without.to_string());
            stage.refused_everywhere(&token, &format!("no {name}")).await;
        }
        for payload in ["[]", "\"a\"", "null", "", "{", "{} {}"] {
            let token = signed(stage.tenant(), SigningAlg::Es256, &good, payload);
            stage.refused_everywhere(&token, payload).await;
        }
        let mut elsewhere = claims.clone();
        elsewhere["iss"] = json!("http://localhost:8080/t/other");
        let token = signed(stage.tenant(), SigningAlg::Es256, &good, &elsewhere.to_string());
        stage.refused_everywhere(&token, "another issuer").await;
    }
    stage.doors_work(&tokens).await;
}
