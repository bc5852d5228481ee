//! Algorithms, keys and signatures that must not count.

use std::net::TcpListener;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use josekit::jwk::KeyPair as _;
use portico::crypto::{KeyFamily, SigningAlg, SigningKey};
use serde_json::json;

use super::{TYPES, input, kid, model, signed, with_signature};
use crate::security::scene::Stage;

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
        let input = super::input(&header, &claims.to_string());
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
