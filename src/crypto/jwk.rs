//! Public keys as JWKs and their thumbprints (RFC 7517, RFC 7638, RFC 8037).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The numbers of a public key, as aws-lc-rs hands them out.
pub(super) enum PublicParts<'a> {
    /// RFC 8017 `RSAPublicKey`, in DER.
    Rsa(&'a [u8]),
    /// An uncompressed P-256 point (SEC 1 §2.3.3): 0x04, x, y.
    Ec(&'a [u8]),
    /// An Ed25519 public key.
    Okp(&'a [u8]),
}

/// The published JWK, and the thumbprint that is its `kid`.
pub(super) fn describe(parts: &PublicParts<'_>) -> Option<(Value, String)> {
    let (required, alg) = match parts {
        PublicParts::Rsa(der) => {
            let (n, e) = rsa_numbers(der)?;
            (json!({ "e": text(e), "kty": "RSA", "n": text(n) }), None)
        }
        PublicParts::Ec(point) => {
            let (form, numbers) = point.split_first()?;
            if *form != 4 || numbers.len() != 64 {
                return None;
            }
            let (x, y) = numbers.split_at_checked(32)?;
            (json!({ "crv": "P-256", "kty": "EC", "x": text(x), "y": text(y) }), Some("ES256"))
        }
        PublicParts::Okp(x) => (json!({ "crv": "Ed25519", "kty": "OKP", "x": text(x) }), Some("EdDSA")),
    };
    // serde_json keeps members sorted and without blanks: exactly the form of RFC 7638 §3.
    let kid = text(digest::digest(&digest::SHA256, required.to_string().as_bytes()).as_ref());
    let mut jwk = required;
    let members = jwk.as_object_mut()?;
    members.insert("use".to_owned(), Value::from("sig"));
    members.insert("kid".to_owned(), Value::from(kid.as_str()));
    // An RSA key serves RS256 and PS256, and `alg` names only one; a reader takes it from the token.
    if let Some(alg) = alg {
        members.insert("alg".to_owned(), Value::from(alg));
    }
    Some((jwk, kid))
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Modulus and exponent, without leading zeros, of `SEQUENCE { INTEGER n, INTEGER e }`.
fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, rest) = element(0x30, der)?;
    let (n, after) = element(0x02, sequence)?;
    let (e, end) = element(0x02, after)?;
    (rest.is_empty() && end.is_empty()).then_some((magnitude(n), magnitude(e)))
}

/// One DER element of that tag: its content and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |sum, &byte| (sum << 8) | usize::from(byte)), rest)
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}

fn magnitude(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_8037_appendix_a_3() {
        let x = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let (jwk, kid) = describe(&PublicParts::Okp(&x)).unwrap();
        assert_eq!(kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(jwk["alg"], "EdDSA");
        assert_eq!(jwk["use"], "sig");
    }

    #[test]
    fn rsa_numbers_lose_their_sign_byte() {
        let der = [0x30, 0x08, 0x02, 0x02, 0x00, 0x81, 0x02, 0x02, 0x01, 0x01];
        assert_eq!(rsa_numbers(&der), Some((&[0x81][..], &[1, 1][..])));
        assert_eq!(rsa_numbers(&der[..9]), None);
        assert_eq!(rsa_numbers(&[0x30, 0x81]), None);
    }
}
