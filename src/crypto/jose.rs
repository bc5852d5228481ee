//! josekit's view of Portico's keys: its JOSE layer on top of aws-lc-rs.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::JoseError;
use josekit::jws::{JwsAlgorithm, JwsSigner, JwsVerifier};

use super::alg::SigningAlg;
use super::signing_key::{KeyError, SigningKey};

/// The `typ` of an ID token and of other JWTs without a type of their own (RFC 7519 §5.1).
pub const TYP_JWT: &str = "JWT";
/// The `typ` of an access token (RFC 9068 §2.1).
pub const TYP_ACCESS_TOKEN: &str = "at+jwt";
/// The `typ` of a logout token (OpenID Connect Back-Channel Logout §2.4).
pub const TYP_LOGOUT_TOKEN: &str = "logout+jwt";

const KNOWN_TYPES: [&str; 3] = [TYP_JWT, TYP_ACCESS_TOKEN, TYP_LOGOUT_TOKEN];

/// A key with one of its algorithms, and the protected headers it signs most, encoded once.
#[derive(Clone, Debug)]
pub struct KeySigner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    key: Arc<SigningKey>,
    alg: SigningAlg,
    headers: Vec<(&'static str, String)>,
}

impl KeySigner {
    /// Pairs a key with an algorithm.
    ///
    /// # Errors
    /// [`KeyError::Family`] when they do not fit.
    pub fn new(key: Arc<SigningKey>, alg: SigningAlg) -> Result<Self, KeyError> {
        if alg.family() != key.family() {
            return Err(KeyError::Family(alg));
        }
        let headers = KNOWN_TYPES.iter().map(|&typ| (typ, encode_header(alg, key.kid(), typ))).collect();
        Ok(Self(Arc::new(Inner { key, alg, headers })))
    }

    /// The key.
    pub fn key(&self) -> &Arc<SigningKey> {
        &self.0.key
    }

    /// The algorithm.
    pub fn alg(&self) -> SigningAlg {
        self.0.alg
    }

    /// A compact JWS (RFC 7515 §7.1) over `payload`, with `alg`, `kid` and `typ` in its header.
    ///
    /// # Errors
    /// [`KeyError::Library`] when the library fails.
    pub fn compact(&self, typ: &str, payload: &[u8]) -> Result<String, KeyError> {
        let made;
        let header = match self.0.headers.iter().find(|(known, _)| *known == typ) {
            Some((_, header)) => header,
            None => {
                made = encode_header(self.0.alg, self.0.key.kid(), typ);
                &made
            }
        };
        let characters = header.len() + 2 + (payload.len() + self.0.key.signature_len()) * 4 / 3 + 4;
        let mut token = String::with_capacity(characters);
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.0.key.sign(self.0.alg, token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

fn encode_header(alg: SigningAlg, kid: &str, typ: &str) -> String {
    let header = serde_json::json!({ "alg": alg.as_str(), "kid": kid, "typ": typ });
    URL_SAFE_NO_PAD.encode(header.to_string())
}

impl JwsAlgorithm for SigningAlg {
    fn name(&self) -> &str {
        self.as_str()
    }

    fn box_clone(&self) -> Box<dyn JwsAlgorithm> {
        Box::new(*self)
    }
}

impl JwsSigner for KeySigner {
    fn algorithm(&self) -> &dyn JwsAlgorithm {
        &self.0.alg
    }

    fn key_id(&self) -> Option<&str> {
        Some(self.0.key.kid())
    }

    fn signature_len(&self) -> usize {
        self.0.key.signature_len()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        self.0.key.sign(self.0.alg, message).map_err(|error| JoseError::InvalidSignature(error.into()))
    }

    fn box_clone(&self) -> Box<dyn JwsSigner> {
        Box::new(self.clone())
    }
}

impl JwsVerifier for KeySigner {
    fn algorithm(&self) -> &dyn JwsAlgorithm {
        &self.0.alg
    }

    fn key_id(&self) -> Option<&str> {
        Some(self.0.key.kid())
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        if self.0.key.verify(self.0.alg, message, signature) {
            Ok(())
        } else {
            Err(JoseError::InvalidSignature(KeyError::Rejected.into()))
        }
    }

    fn box_clone(&self) -> Box<dyn JwsVerifier> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use josekit::jwk::Jwk;
    use josekit::jws::{ES256, EdDSA, JwsHeader, PS256, RS256, deserialize_compact, serialize_compact};

    use super::*;
    use crate::crypto::alg::KeyFamily;

    /// josekit's own verifier on OpenSSL: an implementation that shares nothing with ours.
    fn foreign(alg: SigningAlg, key: &SigningKey) -> Box<dyn JwsVerifier> {
        let jwk = Jwk::from_map(key.public_jwk().as_object().unwrap().clone()).unwrap();
        match alg {
            SigningAlg::Rs256 => Box::new(RS256.verifier_from_jwk(&jwk).unwrap()),
            SigningAlg::Ps256 => Box::new(PS256.verifier_from_jwk(&jwk).unwrap()),
            SigningAlg::Es256 => Box::new(ES256.verifier_from_jwk(&jwk).unwrap()),
            SigningAlg::EdDsa => Box::new(EdDSA.verifier_from_jwk(&jwk).unwrap()),
        }
    }

    #[test]
    fn another_implementation_accepts_our_tokens_by_our_jwk() {
        for family in KeyFamily::ALL {
            let key = Arc::new(SigningKey::generate(family, 2048).unwrap());
            for &alg in family.algs() {
                let signer = KeySigner::new(key.clone(), alg).unwrap();
                let token = signer.compact(TYP_JWT, b"{\"a\":1}").unwrap();
                let (payload, header) = deserialize_compact(&token, &*foreign(alg, &key)).unwrap();
                assert_eq!(payload, b"{\"a\":1}");
                assert_eq!(header.key_id(), Some(key.kid()));
                let again = serialize_compact(b"x", &JwsHeader::new(), &signer).unwrap();
                assert!(deserialize_compact(&again, &signer).is_ok());
                assert!(deserialize_compact(&again, &*foreign(alg, &key)).is_ok());
            }
        }
    }

    #[test]
    fn a_type_that_is_not_known_beforehand_is_signed_too() {
        let key = Arc::new(SigningKey::generate(KeyFamily::Okp, 0).unwrap());
        let signer = KeySigner::new(key.clone(), SigningAlg::EdDsa).unwrap();
        let token = signer.compact("secevent+jwt", b"{}").unwrap();
        let (_, header) = deserialize_compact(&token, &*foreign(SigningAlg::EdDsa, &key)).unwrap();
        assert_eq!(header.token_type(), Some("secevent+jwt"));
    }

    #[test]
    fn algorithm_and_key_must_fit() {
        let key = Arc::new(SigningKey::generate(KeyFamily::Ec, 0).unwrap());
        assert_eq!(KeySigner::new(key, SigningAlg::Rs256).err(), Some(KeyError::Family(SigningAlg::Rs256)));
    }
}
