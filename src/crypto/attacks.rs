//! Forged and twisted tokens against our own verification (attacks.md §4, A-048 to A-054).

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::KeyPair as _;
use serde_json::{Map, Value, json};

use super::*;

type Claims = Map<String, Value>;

fn ring() -> KeyRing {
    let active = |&family| RingKey {
        key: Arc::new(SigningKey::generate(family, 2048).unwrap()),
        state: KeyState::Active,
    };
    KeyRing::new(KeyFamily::ALL.iter().map(active).collect()).unwrap()
}

fn kid(ring: &KeyRing, alg: SigningAlg) -> String {
    ring.signer(alg).unwrap().key().kid().to_owned()
}

fn check(ring: &KeyRing, token: &str) -> Result<Claims, JwtError> {
    verify_own(ring, token, TYP_ACCESS_TOKEN)
}

fn input(header: &Value, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload))
}

fn with_signature(input: &str, signature: &[u8]) -> String {
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token with any header and payload, under a good signature of our own key.
fn signed(ring: &KeyRing, alg: SigningAlg, header: &Value, payload: &str) -> String {
    let input = input(header, payload);
    let signature = ring.signer(alg).unwrap().key().sign(alg, input.as_bytes()).unwrap();
    with_signature(&input, &signature)
}

#[test]
fn every_algorithm_round_trips_and_every_flipped_bit_is_refused() {
    let ring = ring();
    for alg in SigningAlg::ALL {
        let token = sign(&ring, alg, TYP_ACCESS_TOKEN, &json!({ "sub": "a", "exp": 7 })).unwrap();
        let claims = check(&ring, &token).unwrap();
        assert_eq!(claims["sub"], "a", "{alg}");
        for at in (0..token.len()).step_by(7) {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(check(&ring, std::str::from_utf8(&bytes).unwrap()).is_err(), "{alg} at {at}");
        }
    }
}

#[test]
fn a_048_alg_none_in_every_spelling_is_refused() {
    let ring = ring();
    let kid = kid(&ring, SigningAlg::Rs256);
    for alg in ["none", "None", "nOnE", "NONE", "", " none", "none\u{0}"] {
        let input = input(&json!({ "alg": alg, "kid": kid, "typ": "at+jwt" }), "{\"sub\":\"a\"}");
        assert_eq!(check(&ring, &with_signature(&input, b"")), Err(JwtError::Algorithm), "{alg}");
        assert!(check(&ring, &input).is_err());
        assert!(check(&ring, &with_signature(&input, &[0; 64])).is_err());
    }
    let absent = input(&json!({ "kid": kid, "typ": "at+jwt" }), "{}");
    assert_eq!(check(&ring, &with_signature(&absent, b"")), Err(JwtError::Algorithm));
    for alg in SigningAlg::ALL {
        let header = json!({ "alg": alg.as_str(), "kid": self::kid(&ring, alg), "typ": "at+jwt" });
        let token = with_signature(&input(&header, "{}"), b"");
        assert_eq!(check(&ring, &token), Err(JwtError::Signature), "{alg}");
    }
}

#[test]
fn a_048_the_public_key_is_no_hmac_secret() {
    let ring = ring();
    let key = ring.signer(SigningAlg::Rs256).unwrap().key().clone();
    let jwk = key.public_jwk().to_string();
    let pair = josekit::jws::RS256.key_pair_from_der(key.to_pkcs8().unwrap().expose()).unwrap();
    let (der, pem) = (pair.to_der_public_key(), pair.to_pem_public_key());
    let pem_text = String::from_utf8(pem.clone()).unwrap();
    let secrets: [&[u8]; 5] = [&der, &pem, pem_text.trim_end().as_bytes(), jwk.as_bytes(), ring.jwks_json()];
    for alg in ["HS256", "hs256", "HS384", "HS512"] {
        for secret in secrets {
            let input = input(&json!({ "alg": alg, "kid": key.kid(), "typ": "at+jwt" }), "{\"sub\":\"a\"}");
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
            assert_eq!(check(&ring, &with_signature(&input, tag.as_ref())), Err(JwtError::Algorithm));
        }
    }
}

#[test]
fn a_048_one_familys_key_never_serves_anothers_algorithm() {
    let ring = ring();
    for named in SigningAlg::ALL {
        for used in SigningAlg::ALL.into_iter().filter(|used| used.family() != named.family()) {
            let header = json!({ "alg": used.as_str(), "kid": kid(&ring, named), "typ": "at+jwt" });
            let token = signed(&ring, used, &header, "{}");
            assert_eq!(check(&ring, &token), Err(JwtError::UnknownKey), "{used} with a key for {named}");
        }
    }
    let header = json!({ "alg": "PS256", "kid": kid(&ring, SigningAlg::Rs256), "typ": "at+jwt" });
    assert_eq!(check(&ring, &signed(&ring, SigningAlg::Rs256, &header, "{}")), Err(JwtError::Signature));
}

#[test]
fn a_049_only_a_kid_of_this_ring_names_a_key() {
    let ring = ring();
    let other = self::ring();
    let long = "k".repeat(10 * 1024);
    let bad_kids =
        ["../../dev/null", "/dev/null", "' OR 1=1 --", "x' UNION SELECT 'a", "", "\u{0}", long.as_str()];
    for bad in bad_kids.into_iter().chain([kid(&other, SigningAlg::Es256).as_str()]) {
        let header = json!({ "alg": "ES256", "kid": bad, "typ": "at+jwt" });
        assert_eq!(check(&ring, &signed(&ring, SigningAlg::Es256, &header, "{}")), Err(JwtError::UnknownKey));
    }
    let header = json!({ "alg": "ES256", "typ": "at+jwt" });
    assert_eq!(check(&ring, &signed(&ring, SigningAlg::Es256, &header, "{}")), Err(JwtError::UnknownKey));
    let foreign = sign(&other, SigningAlg::EdDsa, TYP_ACCESS_TOKEN, &json!({})).unwrap();
    assert_eq!(check(&ring, &foreign), Err(JwtError::UnknownKey), "another tenant's");
}

#[test]
fn a_049_a_key_in_the_header_is_never_used() {
    let (ring, attacker) = (ring(), ring());
    let attackers = attacker.signer(SigningAlg::Es256).unwrap().key().clone();
    for kid in [kid(&ring, SigningAlg::Es256), attackers.kid().to_owned()] {
        let header = json!({
            "alg": "ES256", "kid": kid, "typ": "at+jwt", "jwk": attackers.public_jwk(),
            "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x5u", "x5c": ["AAAA"],
        });
        assert!(check(&ring, &signed(&attacker, SigningAlg::Es256, &header, "{}")).is_err());
    }
}

#[test]
fn a_050_degenerate_signatures_are_refused() {
    let ring = ring();
    let header = json!({ "alg": "ES256", "kid": kid(&ring, SigningAlg::Es256), "typ": "at+jwt" });
    let input = input(&header, "{}");
    let key = ring.signer(SigningAlg::Es256).unwrap().key().clone();
    let good = key.sign(SigningAlg::Es256, input.as_bytes()).unwrap();
    assert!(check(&ring, &with_signature(&input, &good)).is_ok());
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
        0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut bad =
        vec![vec![0; 64], [order, order].concat(), der(&good), vec![0; 63], vec![0xff; 64], vec![1; 65]];
    bad.extend([good[..63].to_vec(), [&good[..], &[0]].concat(), der(&[0; 64])]);
    bad.extend([[&[0; 32], &good[32..]].concat(), [&good[..32], &[0; 32]].concat()]);
    for signature in bad {
        assert_eq!(check(&ring, &with_signature(&input, &signature)), Err(JwtError::Signature));
    }
    for small_order in [[0_u8; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        let header = json!({ "alg": "EdDSA", "kid": kid(&ring, SigningAlg::EdDsa), "typ": "at+jwt" });
        let token = with_signature(&self::input(&header, "{}"), &[small_order, [0; 32]].concat());
        assert_eq!(check(&ring, &token), Err(JwtError::Signature));
    }
}

/// The signature in the other encoding: SEQUENCE of two INTEGERs.
fn der(fixed: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut number = vec![0];
        number.extend(bytes);
        [&[2, u8::try_from(number.len()).unwrap()], &number[..]].concat()
    };
    let body = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
}

#[test]
fn a_052_a_token_of_another_type_is_refused() {
    let ring = ring();
    for typ in [TYP_JWT, TYP_LOGOUT_TOKEN, "AT+JWT", "application/at+jwt", "dpop+jwt", ""] {
        let token = sign(&ring, SigningAlg::EdDsa, typ, &json!({ "sub": "a" })).unwrap();
        assert_eq!(check(&ring, &token), Err(JwtError::Type), "{typ}");
    }
    let header = json!({ "alg": "EdDSA", "kid": kid(&ring, SigningAlg::EdDsa) });
    assert_eq!(check(&ring, &signed(&ring, SigningAlg::EdDsa, &header, "{}")), Err(JwtError::Type));
}

#[test]
fn a_053_monsters_are_refused_and_cheap() {
    let ring = ring();
    let nested = format!("{{\"a\":{}1{}}}", "[".repeat(4_000), "]".repeat(4_000));
    let header = json!({ "alg": "EdDSA", "kid": kid(&ring, SigningAlg::EdDsa), "typ": "at+jwt" });
    assert_eq!(check(&ring, &signed(&ring, SigningAlg::EdDsa, &header, &nested)), Err(JwtError::Claims));
    let deep_header = format!("{{\"alg\":\"EdDSA\",\"a\":{}1{}}}", "[".repeat(4_000), "]".repeat(4_000));
    let token = format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(deep_header));
    assert_eq!(check(&ring, &token), Err(JwtError::Header));
    let long = format!("{}.e30.AA", "A".repeat(1 << 20));
    for monster in
        [".".repeat(1 << 20), long, "[".repeat(10_000), "é.é.é".to_owned(), "\u{0}.\u{0}.".to_owned()]
    {
        assert!(check(&ring, &monster).is_err());
    }
    let jwe =
        format!("{}.AA.AA.AA.AA", URL_SAFE_NO_PAD.encode(r#"{"alg":"PBES2-HS256+A128KW","p2c":2147483647}"#));
    assert_eq!(check(&ring, &jwe), Err(JwtError::Shape));
}

#[test]
fn a_054_extensions_and_ambiguous_json_are_refused() {
    let ring = ring();
    let alg = SigningAlg::EdDsa;
    let base = json!({ "alg": "EdDSA", "kid": kid(&ring, alg), "typ": "at+jwt" });
    assert!(check(&ring, &signed(&ring, alg, &base, "{}")).is_ok());
    for (name, value) in [("crit", json!(["exp"])), ("crit", json!([])), ("b64", json!(false))] {
        let mut header = base.clone();
        header[name] = value;
        assert_eq!(check(&ring, &signed(&ring, alg, &header, "{}")), Err(JwtError::Critical));
    }
    for claims in
        [r#"{"sub":"a","sub":"b"}"#, r#"{"a":{"b":1,"b":2}}"#, r#"{"exp":1e400}"#, "[]", "\"a\"", "{} {}"]
    {
        assert_eq!(check(&ring, &signed(&ring, alg, &base, claims)), Err(JwtError::Claims), "{claims}");
    }
    let twice = base.to_string().replacen('{', "{\"alg\":\"none\",", 1);
    let input = format!("{}.e30", URL_SAFE_NO_PAD.encode(twice));
    let signature = ring.signer(alg).unwrap().key().sign(alg, input.as_bytes()).unwrap();
    assert_eq!(check(&ring, &with_signature(&input, &signature)), Err(JwtError::Header));
}

#[test]
fn a_054_claims_of_the_wrong_kind_do_not_become_a_value() {
    #[derive(serde::Deserialize)]
    struct Typed {
        #[serde(rename = "sub")]
        _sub: String,
        #[serde(flatten)]
        _life: Lifetime,
    }
    let ring = ring();
    let read = |claims: Value| {
        let token = sign(&ring, SigningAlg::EdDsa, TYP_ACCESS_TOKEN, &claims).unwrap();
        verify_own::<Typed>(&ring, &token, TYP_ACCESS_TOKEN).is_ok()
    };
    assert!(read(json!({ "sub": "a", "exp": 1 })));
    assert!(!read(json!({ "sub": ["a"], "exp": 1 })));
    assert!(!read(json!({ "sub": "a", "exp": "1" })));
    assert!(!read(json!({ "sub": "a" })));
}

#[test]
fn the_cache_counts_for_one_token_under_one_set_of_keys_only() {
    let cache = VerifiedCache::new(64);
    let key = Arc::new(SigningKey::generate(KeyFamily::Ec, 0).unwrap());
    let first = KeyRing::new(vec![RingKey { key: key.clone(), state: KeyState::Active }]).unwrap();
    let token = sign(&first, SigningAlg::Es256, TYP_ACCESS_TOKEN, &json!({ "sub": "a" })).unwrap();
    let read = |ring: &KeyRing, token: &str, typ| verify_own_cached::<Claims>(ring, token, typ, &cache);
    assert!(read(&first, &token, TYP_ACCESS_TOKEN).is_ok() && cache.len() == 1);
    assert!(read(&first, &token, TYP_ACCESS_TOKEN).is_ok() && cache.len() == 1);
    assert_eq!(read(&first, &token, TYP_JWT), Err(JwtError::Type));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let swapped: String = signature.chars().rev().collect();
    assert!(read(&first, &format!("{signed}.{swapped}"), TYP_ACCESS_TOKEN).is_err());
    let withdrawn = ring();
    assert_eq!(read(&withdrawn, &token, TYP_ACCESS_TOKEN), Err(JwtError::UnknownKey), "A-194");
    for n in 0..1_000 {
        let token = sign(&first, SigningAlg::Es256, TYP_ACCESS_TOKEN, &json!({ "n": n })).unwrap();
        read(&first, &token, TYP_ACCESS_TOKEN).unwrap();
    }
    assert!(cache.len() <= 64, "bounded");
}
