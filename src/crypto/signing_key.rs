//! One signing key pair.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256,
};
use serde_json::Value;

use super::alg::{KeyFamily, SigningAlg};
use super::jwk::{PublicParts, describe};
use crate::kernel::SecretBytes;

/// Why a key could not be made, read or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// RSA keys have 2048, 3072, 4096 or 8192 bits.
    #[error("an RSA signing key has 2048, 3072, 4096 or 8192 bits, not {0}")]
    RsaBits(u32),
    /// Not a PKCS#8 private key of the expected family, or one with wrong numbers.
    #[error("not an acceptable private key of this family in PKCS#8 form")]
    Rejected,
    /// The algorithm needs a key of another family.
    #[error("{0} does not work with a key of this family")]
    Family(SigningAlg),
    /// The library failed, out of memory or randomness.
    #[error("the cryptographic library failed")]
    Library,
}

/// A private key ready for use, with its public half parsed once.
pub struct SigningKey {
    pair: Pair,
    kid: String,
    jwk: Value,
}

enum Pair {
    Rsa { pair: Box<RsaKeyPair>, pkcs1: Box<ParsedPublicKey>, pss: Box<ParsedPublicKey> },
    Ec { pair: Box<EcdsaKeyPair>, public: Box<ParsedPublicKey> },
    Okp { pair: Box<Ed25519KeyPair> },
}

impl SigningKey {
    /// A new key. `rsa_bits` counts for RSA only; making an RSA key takes a tenth of a second to several
    /// seconds, so call this where blocking is allowed.
    ///
    /// # Errors
    /// [`KeyError::RsaBits`] for another size, [`KeyError::Library`] when the library fails.
    pub fn generate(family: KeyFamily, rsa_bits: u32) -> Result<Self, KeyError> {
        match family {
            KeyFamily::Rsa => {
                let size = match rsa_bits {
                    2048 => KeySize::Rsa2048,
                    3072 => KeySize::Rsa3072,
                    4096 => KeySize::Rsa4096,
                    8192 => KeySize::Rsa8192,
                    other => return Err(KeyError::RsaBits(other)),
                };
                Self::from_rsa(RsaKeyPair::generate(size).map_err(|_| KeyError::Library)?)
            }
            KeyFamily::Ec => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
                Self::from_ec(pair.map_err(|_| KeyError::Library)?)
            }
            KeyFamily::Okp => Self::from_okp(Ed25519KeyPair::generate().map_err(|_| KeyError::Library)?),
        }
    }

    /// Reads a private key (PKCS#8, RFC 5958) and checks it: RSA of 2048 to 8192 bits, a point on P-256.
    ///
    /// # Errors
    /// [`KeyError::Rejected`] for anything else.
    pub fn from_pkcs8(family: KeyFamily, der: &[u8]) -> Result<Self, KeyError> {
        match family {
            KeyFamily::Rsa => Self::from_rsa(RsaKeyPair::from_pkcs8(der).map_err(|_| KeyError::Rejected)?),
            KeyFamily::Ec => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
                Self::from_ec(pair.map_err(|_| KeyError::Rejected)?)
            }
            KeyFamily::Okp => {
                Self::from_okp(Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::Rejected)?)
            }
        }
    }

    /// The private key in PKCS#8 version 1, which every tool reads; to be sealed before it is stored.
    ///
    /// # Errors
    /// [`KeyError::Library`] when the library fails.
    pub fn to_pkcs8(&self) -> Result<SecretBytes, KeyError> {
        match &self.pair {
            Pair::Rsa { pair, .. } => pair.as_der().map(|der| SecretBytes::new(der.as_ref())),
            Pair::Ec { pair, .. } => pair.to_pkcs8v1().map(|der| SecretBytes::new(der.as_ref())),
            Pair::Okp { pair } => pair.to_pkcs8v1().map(|der| SecretBytes::new(der.as_ref())),
        }
        .map_err(|_| KeyError::Library)
    }

    fn from_rsa(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let public = pair.public_key().as_ref();
        let pkcs1 = parsed(ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public))?;
        let pss = parsed(ParsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public))?;
        let (jwk, kid) = describe(&PublicParts::Rsa(public)).ok_or(KeyError::Rejected)?;
        Ok(Self { pair: Pair::Rsa { pair: Box::new(pair), pkcs1, pss }, kid, jwk })
    }

    fn from_ec(pair: EcdsaKeyPair) -> Result<Self, KeyError> {
        let point = pair.public_key().as_ref();
        let public = parsed(ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point))?;
        let (jwk, kid) = describe(&PublicParts::Ec(point)).ok_or(KeyError::Rejected)?;
        Ok(Self { pair: Pair::Ec { pair: Box::new(pair), public }, kid, jwk })
    }

    fn from_okp(pair: Ed25519KeyPair) -> Result<Self, KeyError> {
        let described = describe(&PublicParts::Okp(pair.public_key().as_ref()));
        let (jwk, kid) = described.ok_or(KeyError::Rejected)?;
        Ok(Self { pair: Pair::Okp { pair: Box::new(pair) }, kid, jwk })
    }

    /// The key's family.
    pub fn family(&self) -> KeyFamily {
        match self.pair {
            Pair::Rsa { .. } => KeyFamily::Rsa,
            Pair::Ec { .. } => KeyFamily::Ec,
            Pair::Okp { .. } => KeyFamily::Okp,
        }
    }

    /// The key's public name: its SHA-256 thumbprint (RFC 7638), 43 characters of base64url.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as a JWK with `kid`, `use` and, except for RSA keys, `alg`.
    pub fn public_jwk(&self) -> &Value {
        &self.jwk
    }

    /// The length in bytes of the signatures this key makes.
    pub fn signature_len(&self) -> usize {
        match &self.pair {
            Pair::Rsa { pair, .. } => pair.public_modulus_len(),
            Pair::Ec { .. } | Pair::Okp { .. } => 64,
        }
    }

    /// Signs `message`. ES256 gives r‖s of 32 bytes each (RFC 7518 §3.4).
    ///
    /// # Errors
    /// [`KeyError::Family`] when `alg` needs another kind of key, [`KeyError::Library`] when the library
    /// fails.
    pub fn sign(&self, alg: SigningAlg, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match (&self.pair, alg) {
            (Pair::Okp { pair }, SigningAlg::EdDsa) => {
                pair.try_sign(message).map(|signature| signature.as_ref().to_vec())
            }
            (Pair::Ec { pair, .. }, SigningAlg::Es256) => {
                pair.sign(&SystemRandom::new(), message).map(|signature| signature.as_ref().to_vec())
            }
            (Pair::Rsa { pair, .. }, SigningAlg::Rs256 | SigningAlg::Ps256) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = SystemRandom::new();
                if alg == SigningAlg::Rs256 {
                    pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                } else {
                    pair.sign(&RSA_PSS_SHA256, &random, message, &mut signature)
                }
                .map(|()| signature)
            }
            _ => return Err(KeyError::Family(alg)),
        }
        .map_err(|_| KeyError::Library)
    }

    /// Whether `signature` is this key's over `message`; never with an algorithm of another family.
    pub fn verify(&self, alg: SigningAlg, message: &[u8], signature: &[u8]) -> bool {
        match (&self.pair, alg) {
            (Pair::Rsa { pkcs1, .. }, SigningAlg::Rs256) => pkcs1.verify_sig(message, signature).is_ok(),
            (Pair::Rsa { pss, .. }, SigningAlg::Ps256) => pss.verify_sig(message, signature).is_ok(),
            (Pair::Ec { public, .. }, SigningAlg::Es256) => public.verify_sig(message, signature).is_ok(),
            // Ed25519 signatures are deterministic (RFC 8032 §5.1.6), so the holder of the private key may
            // sign again and compare: a quarter of the cost, and no malleable or small-order form passes.
            (Pair::Okp { pair }, SigningAlg::EdDsa) => pair.try_sign(message).is_ok_and(|expected| {
                aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_ref(), signature).is_ok()
            }),
            _ => false,
        }
    }
}

fn parsed<E>(key: Result<ParsedPublicKey, E>) -> Result<Box<ParsedPublicKey>, KeyError> {
    key.map(Box::new).map_err(|_| KeyError::Rejected)
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} {})", self.family(), self.kid)
    }
}

#[cfg(test)]
mod tests {
    use josekit::jwk::KeyPair as _;

    use super::*;

    #[test]
    fn a_key_survives_storage() {
        for family in KeyFamily::ALL {
            let key = SigningKey::generate(family, 2048).unwrap();
            let again = SigningKey::from_pkcs8(family, key.to_pkcs8().unwrap().expose()).unwrap();
            assert_eq!((again.kid(), again.public_jwk()), (key.kid(), key.public_jwk()));
            for &alg in family.algs() {
                let signature = again.sign(alg, b"message").unwrap();
                assert_eq!(signature.len(), key.signature_len());
                assert!(key.verify(alg, b"message", &signature));
                assert!(!key.verify(alg, b"massage", &signature));
            }
        }
    }

    #[test]
    fn the_wrong_key_material_is_refused() {
        let ec = SigningKey::generate(KeyFamily::Ec, 0).unwrap().to_pkcs8().unwrap();
        for family in [KeyFamily::Rsa, KeyFamily::Okp] {
            assert_eq!(SigningKey::from_pkcs8(family, ec.expose()).err(), Some(KeyError::Rejected));
        }
        assert!(SigningKey::from_pkcs8(KeyFamily::Ec, &ec.expose()[1..]).is_err());
        assert_eq!(SigningKey::generate(KeyFamily::Rsa, 1024).err(), Some(KeyError::RsaBits(1024)));
        let small = josekit::jwk::alg::rsa::RsaKeyPair::generate(1024).unwrap().to_der_private_key();
        assert_eq!(SigningKey::from_pkcs8(KeyFamily::Rsa, &small).err(), Some(KeyError::Rejected), "A-050");
        let p384 = josekit::jws::ES384.generate_key_pair().unwrap().to_der_private_key();
        assert_eq!(SigningKey::from_pkcs8(KeyFamily::Ec, &p384).err(), Some(KeyError::Rejected));
    }

    #[test]
    fn algorithms_of_other_families_are_refused() {
        let key = SigningKey::generate(KeyFamily::Okp, 0).unwrap();
        assert_eq!(key.sign(SigningAlg::Es256, b"m"), Err(KeyError::Family(SigningAlg::Es256)));
        let signature = key.sign(SigningAlg::EdDsa, b"m").unwrap();
        assert!(!key.verify(SigningAlg::Es256, b"m", &signature));
        assert!(!format!("{key:?}").contains("PRIVATE"));
    }
}
